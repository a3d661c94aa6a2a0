"""What the first step of learning would otherwise wait for."""

from __future__ import annotations

from collections.abc import Generator

import torch


def warm_up() -> Generator[None, None, None]:
    """Let torch load its compiler, as it does with the first optimiser: about a second, felt in the window.

    Yields
    ------
    None
        Before it begins.
    """
    yield None
    torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])
