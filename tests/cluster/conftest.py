import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from sketchcell.inference import drain
from sketchcell.pretrained import prior_for

pytest.importorskip("distributed")

# workers import the tasks by the name that the tests have for them
PATHS = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
LIMIT = 120  # seconds, after which something hangs


def cells(shape, seed=0):
    """An image of bright disks of different sizes."""
    random = np.random.default_rng(seed)
    image = np.zeros(shape)
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    for row in range(14, shape[0] - 10, 30):
        for column in range(14, shape[1] - 10, 30):
            y, x = row + random.uniform(-3, 3), column + random.uniform(-3, 3)
            image[np.hypot(rows - y, columns - x) < random.uniform(7, 11)] = 3000
    return (image + 500 + random.normal(0, 150, shape)).clip(0).astype(np.uint16)


@pytest.fixture(name="cells")
def _cells():
    return cells


@pytest.fixture(scope="session")
def images():
    return [cells((60, 75), seed) for seed in range(12)]


@pytest.fixture(scope="session")
def model(images):
    return drain(prior_for(images, "flow"))


class Site:
    """A scheduler and workers as processes of their own, which can be killed."""

    def __init__(self, folder):
        self.running, self.folder = [], folder
        words = ["--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0"]
        file = folder / "scheduler.json"
        self.scheduler = self._start("dask_scheduler", "--scheduler-file", str(file), *words)
        until = time.monotonic() + LIMIT
        while not file.exists() or not file.read_text():
            assert time.monotonic() < until
            assert self.scheduler.poll() is None
            time.sleep(0.1)
        self.address = json.loads(file.read_text())["address"]

    def _start(self, module, *words):
        command = [sys.executable, "-m", f"distributed.cli.{module}", *words]
        with open(self.folder / f"{module}.log", "a") as log:
            process = subprocess.Popen(
                command,
                stderr=log,
                stdout=log,
                start_new_session=True,
                env=os.environ | {"PYTHONPATH": PATHS},
            )
            self.running.append(process)
        return self.running[-1]

    def worker(self, *words):
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", *words]
        return self._start("dask_worker", self.address, *options)

    def kill(self, process):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(LIMIT)


@pytest.fixture
def site(tmp_path_factory):
    there = Site(tmp_path_factory.mktemp("site"))
    yield there
    for process in there.running:
        there.kill(process)


@pytest.fixture
def eventually():
    def wait(condition):
        until = time.monotonic() + LIMIT
        while not condition():
            assert time.monotonic() < until
            time.sleep(0.1)

    return wait
