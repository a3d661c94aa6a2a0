"""Training in two processes of the processor, as on two GPUs."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress

import numpy as np
import pytest

from sketchcell.cli import main
from sketchcell.measure import evaluate
from sketchcell.model import load_model
from sketchcell.sketch import simulate_sketch

pytest.importorskip("lightning_fabric")

LIMIT = 240  # seconds, after which something hangs


def words(desk, *more):
    given = ["train", desk.path("image.tif"), "--sketch", desk.path("sketch.tif"), "--out", desk.path("new")]
    return [*given, "--device", "cpu", "--devices", "2", *more]


def start(command, **options):
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, **options
    )


@pytest.fixture
def begun():
    """Start sketchcell in a process group of its own, of which nothing stays."""
    running = []

    def begin(words):
        running.append(start([sys.executable, "-m", "sketchcell", *words]))
        return running[-1]

    yield begin
    for process in running:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=LIMIT)


def children(process):
    with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
        return [int(word) for word in file.read().split()]


def when_learning(process):
    """Wait until both processes learn; return the id of the second."""
    until = time.monotonic() + LIMIT
    while time.monotonic() < until:
        for child in children(process):
            # its connection to the first process is there once both have joined
            sockets = sum(
                "socket" in os.readlink(f"/proc/{child}/fd/{name}")
                for name in os.listdir(f"/proc/{child}/fd")
            )
            if sockets > 2:
                time.sleep(5)
                return child
        assert process.poll() is None, process.communicate()
        time.sleep(0.2)
    raise AssertionError("the second process has not joined")


@pytest.mark.slow
def test_a_model_of_two(desk, begun):
    rows, columns = np.mgrid[:96, :96] // 24
    from_middle = np.hypot(*(np.mgrid[:96, :96] % 24 - 12))
    truth = np.where(from_middle < 9, 1 + rows * 4 + columns, 0)
    image = 1000 + 5000 * (truth > 0) + np.random.default_rng(0).normal(0, 300, truth.shape)
    desk.save("image.tif", image.astype(np.uint16))
    desk.save("sketch.tif", simulate_sketch(truth, 0.2).labels)
    process = begun(words(desk, "--steps", "60", "--batch", "4", "--seed", "3"))
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, err
    assert out.count("60 steps") == 1
    assert err == ""
    model = load_model(desk.path("new"))
    assert model.config.provenance["processes"] == 2
    assert {path.name for path in (desk.folder / "new").iterdir()} == {"config.json", "weights.safetensors"}
    assert evaluate(truth, model.segment(image)).ap50 > 0.8


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends signals")
def test_interrupted_both_stop_and_one_saves(desk, begun):
    process = begun(words(desk, "--seconds", "600"))
    when_learning(process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 130, err
    assert (out, err.count("Stopped after")) == ("", 1)
    assert load_model(desk.path("new")).config.provenance["steps"] > 0


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
@pytest.mark.parametrize("dies", ["first", "second"])
def test_one_that_dies_ends_the_other(desk, begun, dies):
    process = begun(words(desk, "--seconds", "600"))
    second = when_learning(process)
    os.kill(second if dies == "second" else process.pid, signal.SIGKILL)
    _, err = process.communicate(timeout=LIMIT)  # ends when nobody holds the pipe: both are gone
    assert "Traceback" not in err
    assert not (desk.folder / "new").exists()
    if dies == "second":
        assert process.returncode == 2
        assert err.count("One of the processes that learn together has ended") == 1


@pytest.mark.slow
def test_processes_that_another_launcher_started(desk, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            import hashlib, sys
            from sketchcell.images import read_image
            from sketchcell.inference import drain
            from sketchcell.learning import FitSettings, fit
            from sketchcell.learning.devices import device_team
            from sketchcell.model import encode_weights
            from sketchcell.sketch import Sketch

            settings = FitSettings(steps=12, batch=2, patch=64, device="cpu")
            with device_team([], devices=2, device="cpu") as team:
                steps = fit([read_image(sys.argv[1])], [Sketch(read_image(sys.argv[2]))], settings, team=team)
                model = drain(steps)
                digest = hashlib.sha256(encode_weights(model.network)).hexdigest()
                print(f"{team.rank} of {team.size}: {digest}, {model.config.params}\\n", end="", flush=True)
            """
        )
    )
    launch = ["-m", "torch.distributed.run", "--nproc_per_node", "2", "--rdzv_backend", "c10d"]
    images = [desk.path("image.tif"), desk.path("sketch.tif")]
    process = start([sys.executable, *launch, "--rdzv_endpoint", "localhost:0", str(script), *images])
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, err
    told = dict(line.split(" of 2: ") for line in out.splitlines())
    assert set(told) == {"0", "1"}
    assert told["0"] == told["1"]


def test_more_gpus_than_there_are(desk, refused, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    assert "1 GPU(s)" in refused(*words(desk, "--device", "cuda", "--devices", "2"))


def test_without_the_library(desk, refused, monkeypatch):
    monkeypatch.setitem(sys.modules, "lightning_fabric", None)
    assert "napari-sketchcell[distributed]" in refused(*words(desk))


def test_computers_that_do_not_know_of_each_other(desk, refused, monkeypatch):
    for name in ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK"):
        monkeypatch.delenv(name, raising=False)
    assert "srun" in refused(*words(desk, "--nodes", "2"))


def test_one_device_needs_no_library(desk, monkeypatch):
    monkeypatch.setitem(sys.modules, "lightning_fabric", None)
    given = [word for word in words(desk, "--steps", "2")]
    given[given.index("--devices") + 1] = "1"
    assert main(given) == 0
    config = json.loads((desk.folder / "new" / "config.json").read_text())
    assert "processes" not in config["provenance"]
