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
import torch

from sketchcell.families import get_family
from sketchcell.model import Model, ModelConfig
from sketchcell.networks import build_network

pytest.importorskip("distributed")

# workers import the tasks by the name that the tests have for them
PATHS = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
LIMIT = 120  # seconds, after which something hangs


@pytest.fixture(scope="session")
def model():
    torch.manual_seed(0)
    network = build_network("compact", 1, 3)
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():
                parameter.normal_(0, 0.3)
    return Model(ModelConfig("flow", get_family("flow").Params(), "compact", 1), network)


@pytest.fixture(scope="session")
def images():
    random = np.random.default_rng(0)
    return [random.integers(0, 4000, (60, 75)).astype(np.uint16) for _ in range(12)]


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
