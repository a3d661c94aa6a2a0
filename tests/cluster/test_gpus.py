"""Processes on one computer share out its GPUs."""

from types import SimpleNamespace

import pytest

from sketchcell.cluster import gpus


@pytest.fixture
def two_gpus(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setattr(
        "torch.cuda.get_device_properties", lambda number: SimpleNamespace(uuid=f"GPU-{number}")
    )
    return tmp_path


def test_each_its_own(two_gpus):
    first, held = gpus._claimed.__wrapped__()
    second, also_held = gpus._claimed.__wrapped__()
    assert (first, second) == ("cuda:0", "cuda:1")
    third, none = gpus._claimed.__wrapped__()
    assert third in ("cuda:0", "cuda:1")
    assert none is None
    held.release()
    assert gpus._claimed.__wrapped__()[0] == "cuda:0"
    also_held.release()


def test_without_a_gpu(monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    assert gpus._claimed.__wrapped__() == ("cpu", None)
