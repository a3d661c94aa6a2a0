"""How fast a network learns over a run, and the moving average of what it learned."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from sketchcell.learning.settings import FitSettings

_FULL_SPEED = 1000  # painted pixels
_SLOWEST = 0.1
_LAST_RATE = 0.02  # of the learning rate, where the end is known
_AVERAGED = 0.98  # of the moving average of weights: about 50 steps

Tensors = tuple[Tensor, ...] | list[Tensor]


def learning_rate(settings: FitSettings, steps: int, share: float) -> float:
    """Return the learning rate of the next step, as a share of the largest.

    Parameters
    ----------
    settings
        Say how it falls.
    steps
        That were taken.
    share
        Of the run that is over, 0…1.
    """
    warm = min(1.0, (steps + 1) / max(settings.warm_up, 1))
    if settings.schedule == "constant" or (settings.steps is None and settings.seconds is None):
        return warm
    if settings.schedule == "linear":
        return warm * (1 - share)
    return warm * (_LAST_RATE + (1 - _LAST_RATE) * (1 + math.cos(math.pi * share)) / 2)


def careful(painted: int) -> float:
    """Return how fast a network that knows cells may learn from few strokes, as a share.

    A few dabs repeated for many steps would make it forget more than they teach.

    Parameters
    ----------
    painted
        Pixels, at the working scale.
    """
    return min(max(painted / _FULL_SPEED, _SLOWEST), 1.0)


def moving_average(
    averaged: Tensors,
    current: Tensors,
    count: Tensor | int,
) -> None:
    """Average over the last steps, and over all of them at the beginning."""
    # frozen weights are shared, see `Network.__deepcopy__`
    apart = [(a, c) for a, c in zip(averaged, current, strict=True) if a.data_ptr() != c.data_ptr()]
    if not apart:
        return
    averaged, current = ([pair[side] for pair in apart] for side in (0, 1))
    if not averaged[0].is_floating_point():  # counters of batch normalisation
        torch._foreach_copy_(averaged, current)
        return
    decay = min(_AVERAGED, (1 + int(count)) / (10 + int(count)))
    torch._foreach_lerp_(averaged, current, 1 - decay)
