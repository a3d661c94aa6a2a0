"""Threads that run dask tasks leave the rest of the process as it was."""

from concurrent.futures import ThreadPoolExecutor

import dask
import pytest
import torch
from dask.callbacks import Callback
from dask.delayed import delayed

from sketchcell.large import Threads


def tasks(count):
    return [delayed(pow, pure=False)(number, 2) for number in range(count)]


def test_results_come_with_their_numbers():
    assert sorted(Threads(2).run(tasks(9))) == [(number, number**2) for number in range(9)]


def test_threads_to_come_have_as_many_as_before():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        list(Threads(2).run(tasks(4)))
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(torch.get_num_threads).result() == 3
    finally:
        torch.set_num_threads(before)


def test_who_listens_to_dask_hears_their_own_tasks_only():
    heard = []
    with Callback(posttask=lambda key, *_: heard.append(key)):
        steps = Threads(1).run(tasks(3))
        next(steps)
        mine = delayed(pow)(3, 2)
        assert dask.compute(mine, scheduler="synchronous") == (9,)
        assert len(list(steps)) == 2
    assert heard == [mine.key]


def test_an_error_is_passed_on():
    with pytest.raises(ZeroDivisionError):
        list(Threads(2).run([delayed(divmod)(1, 0)]))
