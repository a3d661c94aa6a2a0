"""Tasks on workers that fail, die, come late or lose their scheduler."""

import contextlib
import itertools
import threading
import time

import numpy as np
import pytest

from sketchcell.cluster import Done, connect, segment_on, send_model, working_on
from sketchcell.cluster.segmenting import segment_here
from sketchcell.errors import SketchcellError
from sketchcell.inference import Progress

from . import tasks


@pytest.fixture(scope="module")
def client():
    with connect("local:2") as client:
        yield client


def outcomes(steps):
    return [step for step in steps if isinstance(step, Done)]


def numbers(count, *more):
    return [(number, *more) for number in range(count)]


def test_every_task_once(client):
    done = outcomes(working_on(client, tasks.twice, numbers(50)))
    assert sorted((one.number, one.result, one.error) for one in done) == [
        (n, 2 * n, None) for n in range(50)
    ]


def test_no_task(client):
    assert list(working_on(client, tasks.twice, [])) == []


def test_progress(client):
    steps = [
        step for step in working_on(client, tasks.twice, numbers(9), total=9) if isinstance(step, Progress)
    ]
    assert (steps[-1].done, steps[-1].total) == (9, 9)
    assert [step.done for step in steps] == sorted(step.done for step in steps)


def test_endless_tasks_are_taken_as_workers_get_free(client):
    taken = []

    def endless():
        for number in itertools.count():
            taken.append(number)
            yield (number, 0.01)

    with contextlib.closing(working_on(client, tasks.slowly, endless())) as steps:
        for step in steps:
            if isinstance(step, Done) and step.number > 20:
                break
            assert len(taken) < 40
    assert len(taken) < 40


def test_one_fails_the_rest_goes_on(client):
    done = outcomes(working_on(client, tasks.fail, numbers(5)))
    failed = [one for one in done if one.error]
    assert [one.number for one in failed] == [2]
    assert str(failed[0].error) == "the third is broken"
    assert sorted(one.result for one in done if not one.error) == [0, 1, 3, 4]


def test_called_off(client, tmp_path, eventually):
    steps = working_on(client, tasks.note, numbers(1000, str(tmp_path)), ahead=100)
    next(step for step in steps if isinstance(step, Done))
    steps.close()
    eventually(lambda: not any(client.processing().values()))
    count = len(list(tmp_path.iterdir()))
    time.sleep(0.5)
    assert len(list(tmp_path.iterdir())) == count < 100


def test_segmented_as_here(client, model, images):
    done = outcomes(segment_on(client, model, images))
    assert len(done) == len(images)
    assert sum(one.result.max() for one in done) > 20
    for one in done:
        np.testing.assert_array_equal(one.result, model.segment(images[one.number]))


def test_the_model_travels_once(client, model, images, tmp_path):
    name = send_model(client, model)
    assert send_model(client, model.copy()) == name
    plugins = client.run(
        lambda dask_worker: [key for key in dask_worker.plugins if key.startswith("sketchcell")]
    )
    assert all(names == [name] for names in plugins.values())


def test_a_model_that_was_not_sent(client, images):
    (done,) = outcomes(working_on(client, segment_here, [("unknown", images[0], None)]))
    assert isinstance(done.error, SketchcellError)
    assert "has not got the model" in str(done.error)


@pytest.mark.slow
def test_a_worker_dies_and_the_result_is_the_same(model, images):
    with connect("local:2") as client:
        pids = list(client.run(tasks.os.getpid).values())
        done, killed = [], False
        for step in segment_on(client, model, images * 4):
            if isinstance(step, Done):
                done.append(step)
            if len(done) == 5 and not killed:
                tasks.os.kill(pids[0], tasks.signal.SIGKILL)
                killed = True
    assert sorted(one.number for one in done) == list(range(48))
    for one in done:
        assert one.error is None
        np.testing.assert_array_equal(one.result, model.segment(images[one.number % 12]))


@pytest.mark.slow
def test_a_task_that_killed_its_worker_is_done_by_another(tmp_path):
    with connect("local:2") as client:
        done = outcomes(working_on(client, tasks.die_once, numbers(10, str(tmp_path))))
    assert sorted(one.result for one in done) == list(range(10))


@pytest.mark.slow
def test_a_task_that_kills_every_worker_fails_alone():
    with connect("local:2") as client:
        done = outcomes(working_on(client, tasks.die_always, numbers(8), ahead=1))
    assert sorted(one.number for one in done) == list(range(8))
    assert [one.number for one in done if one.error] == [3]
    assert "may need more memory" in str(next(one.error for one in done if one.error))


@pytest.mark.slow
def test_a_worker_that_joins_late_gets_the_model(site, model, images, eventually):
    first = site.worker()
    with connect(site.address) as client:
        steps = segment_on(client, model, images * 2)
        done = [next(step for step in steps if isinstance(step, Done))]
        site.worker()
        eventually(lambda: len(client.nthreads()) == 2)
        site.kill(first)
        done += outcomes(steps)
    assert sorted(one.number for one in done) == list(range(24))
    assert not any(one.error for one in done)


@pytest.mark.slow
def test_the_scheduler_is_gone(site):
    site.worker()
    with connect(site.address, timeout=3) as client:
        steps = working_on(client, tasks.slowly, numbers(1000, 0.05))
        next(step for step in steps if isinstance(step, Done))
        killer = threading.Timer(0.5, site.kill, [site.scheduler])
        killer.start()
        with pytest.raises(SketchcellError, match=f"The scheduler at {site.address} is gone"):
            outcomes(steps)
        killer.join()


@pytest.mark.slow
def test_all_workers_are_gone(site):
    worker = site.worker()
    with connect(site.address) as client:
        steps = working_on(client, tasks.slowly, numbers(1000, 0.05), patience=2)
        next(step for step in steps if isinstance(step, Done))
        site.kill(worker)
        with pytest.raises(SketchcellError, match="no workers for 2 s"):
            outcomes(steps)
