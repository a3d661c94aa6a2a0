"""Means over what is known."""

from __future__ import annotations

from torch import Tensor


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Return the mean of values where weights say so; 0 where nothing counts."""
    return (values * weights).sum() / weights.sum().clamp_min(1)
