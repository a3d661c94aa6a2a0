"""Groups of pixels, found by plain tensor operations of a fixed number."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

_ROUNDS = 12
_JUMPS = 5  # of shortening the way to a group's number: paths of 2^5 joins


def spot_numbers(spots: Tensor, rounds: int = _ROUNDS) -> Tensor:
    """Return a number for each spot of a mask, 8-neighbours together.

    Parameters
    ----------
    spots
        bool, shape (H, W).
    rounds
        Of joining neighbours; each joins all that are next to a larger group.

    Returns
    -------
    Tensor
        int64, shape (H · W,): for each pixel of a spot 1 + the index of one pixel of the spot, the same for
        all of them; 0 elsewhere.
    """
    flat = spots.flatten()
    index = torch.arange(flat.shape[0], device=flat.device)
    numbers = (index + 1) * flat.long()
    for _ in range(rounds):
        # pixels' numbers are exact in float64, which pooling takes in every runtime
        seen = F.max_pool2d(numbers.reshape(spots.shape)[None, None].double(), 3, 1, 1).flatten().long()
        parents = torch.arange(flat.shape[0] + 1, device=flat.device)
        parents = parents.scatter_reduce(0, numbers, seen * flat.long(), "amax")
        numbers = shortened(parents).index_select(0, numbers) * flat.long()
    return numbers


def shortened(parents: Tensor, jumps: int = _JUMPS) -> Tensor:
    """Let every number point to the end of its chain of parents; int64, shape (K,)."""
    for _ in range(jumps):
        parents = parents.index_select(0, parents)
    return parents


def grouped(keys: Tensor) -> tuple[Tensor, Tensor]:
    """Group equal keys.

    Parameters
    ----------
    keys
        int64, shape (P,).

    Returns
    -------
    order, group : Tensor
        int64, shape (P,): the order that sorts the keys, and, in that order, the number of each one's group.
    """
    ordered, order = keys.sort()
    changes = torch.cat((torch.zeros_like(ordered[:1]), (ordered[1:] != ordered[:-1]).long()))
    return order, changes.cumsum(0)


def summed(values: Tensor, group: Tensor, count: int) -> Tensor:
    """Sum values (P,) by group, float64, shape (count,)."""
    zeros = torch.zeros(count, dtype=torch.float64, device=values.device)
    return zeros.scatter_add(0, group, values.double())
