"""From words to a client, and what can go wrong on the way."""

import os
import socket
import stat
import sys

import pytest

from sketchcell.cluster import connect
from sketchcell.cluster.connecting import parse_options, usual_scheduler
from sketchcell.cluster.versions import differences, versions
from sketchcell.errors import SketchcellError

LIMIT = 120


def test_two_local_workers():
    with connect("local:2") as client:
        assert len(client.nthreads()) == 2
        assert set(client.nthreads().values()) == {1}
        assert client.submit(sum, [1, 2]).result(LIMIT) == 3
    assert client.status == "closed"


@pytest.mark.slow
def test_an_address(site):
    site.worker()
    with connect(site.address) as client:
        assert client.submit(sum, [1, 2]).result(LIMIT) == 3
    assert site.scheduler.poll() is None  # not ours to end


def test_nobody_answers():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(SketchcellError, match=f"No scheduler answers at {address} within 1 s"):
            connect(address, timeout=1).__enter__()


def test_nobody_works(site):
    with pytest.raises(
        SketchcellError, match=f"has no workers; start some with 'dask worker {site.address}'"
    ):
        connect(site.address, timeout=1).__enter__()


def test_something_else_answers():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(SketchcellError, match="No scheduler answers"):
            connect(f"tcp://127.0.0.1:{other.getsockname()[1]}", timeout=1).__enter__()


@pytest.mark.parametrize(
    "word", ["", "locally", "local:", "local:0", "local:-1", "tcp://", "host:8786", "Slurm"]
)
def test_no_scheduler_of_that_name(word):
    with pytest.raises(SketchcellError, match="is no scheduler"):
        connect(word).__enter__()


def test_options_are_for_queues():
    with pytest.raises(SketchcellError, match="batch systems"):
        connect("local:1", options={"queue": "gpu"}).__enter__()


def test_other_versions():
    ours = versions()
    assert {"Python", "napari-sketchcell", "distributed", "torch"} <= ours.keys()
    assert differences(ours, ours) == ""
    theirs = ours | {"torch": "1.0"}
    del theirs["distributed"]
    told = differences(ours, theirs)
    assert f"torch 1.0 instead of {ours['torch']}" in told
    assert f"distributed none instead of {ours['distributed']}" in told


def test_a_worker_with_other_versions(site, monkeypatch):
    site.worker()
    here, ours = os.getpid(), versions()

    def answer():
        return ours | {"torch": "2.0" if os.getpid() == here else "1.0"}

    monkeypatch.setattr("sketchcell.cluster.versions.versions", answer)
    with pytest.raises(SketchcellError, match=r"has torch 1.0 instead of 2.0; install the same environment"):
        connect(site.address).__enter__()


def test_words_become_options():
    words = [
        "queue=gpu",
        "cores=4",
        "memory=16GB",
        "job-extra-directives=[--gres=gpu:1, --qos=short]",
        "walltime=01:00:00",
    ]
    options = parse_options(words)
    assert options["job_extra_directives"] == ["--gres=gpu:1", "--qos=short"]
    assert (options["queue"], options["cores"], options["memory"]) == ("gpu", 4, "16GB")
    assert options["walltime"] == "01:00:00"


@pytest.mark.parametrize("word", ["queue", "=gpu", "queue=[a"])
def test_words_that_are_no_options(word):
    with pytest.raises(SketchcellError, match="name=value"):
        parse_options([word])


@pytest.mark.parametrize(("gpus", "expected"), [(0, None), (1, None), (2, "local")])
def test_several_gpus_are_a_cluster(gpus, expected, monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)
    assert usual_scheduler() == expected


def program(folder, name, text):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """A folder of programs in front of all others, and options of a job."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path, {"cores": 1, "memory": "1GB", "walltime": "00:10:00", "queue": "gpu"}


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_a_batch_system(slurm):
    pytest.importorskip("dask_jobqueue")
    folder, options = slurm
    take = (
        f'cp "$1" {folder}/job.sh; setsid sh {folder}/job.sh >/dev/null 2>&1 & echo "Submitted batch job $!"'
    )
    program(folder, "sbatch", take)
    program(folder, "scancel", 'for id in "$@"; do kill -- -"$id"; done; true')
    with connect("slurm", jobs=1, options=options) as client:
        assert client.submit(sum, [1, 2]).result(LIMIT) == 3
    assert "#SBATCH -p gpu" in (folder / "job.sh").read_text()


def test_a_batch_system_that_is_not_here(monkeypatch, tmp_path):
    pytest.importorskip("dask_jobqueue")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SketchcellError, match="no 'bsub' here"):
        connect("lsf", options={"cores": 1, "memory": "1GB"}).__enter__()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_a_batch_system_that_refuses(slurm, monkeypatch):
    pytest.importorskip("dask_jobqueue")
    monkeypatch.setattr("sketchcell.cluster.connecting._SUBMITTING", 1.0)
    folder, options = slurm
    program(folder, "sbatch", 'echo "Invalid partition" >&2; exit 1')
    with pytest.raises(SketchcellError, match=r"slurm has not accepted the jobs.*#SBATCH -p gpu"):
        connect("slurm", options=options).__enter__()
    program(folder, "sbatch", "exit 0")
    with pytest.raises(SketchcellError, match="cores and memory"):
        connect("slurm").__enter__()


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SketchcellError, match=r"napari-sketchcell\[cluster\]"):
        connect("local:1").__enter__()
