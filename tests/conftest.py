"""What every test starts from: the same seeds and few threads."""

import os

# Before torch, numpy and edt make their thread pools: idle threads that spin make everything else slow.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import random
from collections.abc import Iterator

import hypothesis
import numpy as np
import pytest

hypothesis.settings.register_profile("sketchcell", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("sketchcell")


@pytest.fixture(autouse=True, scope="session")
def _few_threads() -> None:
    import torch

    torch.set_num_threads(min(2, os.cpu_count() or 1))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKETCHCELL_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(autouse=True)
def _same_seeds() -> Iterator[None]:
    import torch

    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    yield
    torch.set_grad_enabled(True)
