"""What the first step of learning, and the first look into a project, would otherwise wait for."""

from __future__ import annotations

from collections.abc import Generator
from importlib import import_module

import torch


def warm_up() -> Generator[None, None, None]:
    """Let torch load its compiler, as it does with the first optimiser, and zarr: a second each.

    Yields
    ------
    None
        Before it begins.
    """
    yield None
    import_module("zarr")
    yield None
    torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])
