"""Groups of pixels, found by plain tensor operations of a fixed number."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

_JUMPS = 5  # of shortening the way to a group's number: paths of 2^5 joins


def spot_numbers(spots: Tensor) -> Tensor:
    """Return a number for each spot of a mask, 8-neighbours together.

    Parameters
    ----------
    spots
        bool, shape (H, W).

    Returns
    -------
    Tensor
        int64, shape (H · W,): for each pixel of a spot 1 + the index of one pixel of the spot, the same for
        all of them; 0 elsewhere.
    """
    flat = spots.flatten()
    every = torch.arange(flat.shape[0] + 1, device=flat.device)
    numbers = every[1:] * flat.long()
    changed = torch.ones((), dtype=torch.bool, device=flat.device)
    if torch.jit.is_scripting():  # type: ignore[attr-defined]
        while bool(changed):
            changed, numbers = _joined(changed, numbers, spots, every)
    else:
        numbers = _joined_in_a_loop(changed, numbers, spots, every)
    return numbers


def _joined_in_a_loop(changed: Tensor, numbers: Tensor, spots: Tensor, every: Tensor) -> Tensor:
    """Join until nothing changes, as a loop that stays one in ONNX."""
    from torch._higher_order_ops.while_loop import while_loop  # with it comes all of the compiler

    _, joined = while_loop(  # type: ignore[no-untyped-call]
        lambda changed, numbers: changed.clone(),
        lambda changed, numbers: _joined(changed, numbers, spots, every),
        (changed, numbers),
    )
    result: Tensor = joined
    return result


def _joined(changed: Tensor, numbers: Tensor, spots: Tensor, every: Tensor) -> tuple[Tensor, Tensor]:
    """Join each group of pixels with its neighbour of the highest number; tell whether there was one."""
    mask = spots.flatten().long()
    # pixels' numbers are exact in float64, which pooling takes in every runtime
    seen = F.max_pool2d(numbers.reshape(spots.shape)[None, None].double(), 3, 1, 1).flatten().long()
    parents = every.scatter_reduce(0, numbers, seen * mask, "amax")
    joined = shortened(parents).index_select(0, numbers) * mask
    return (joined != numbers).any(), joined


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
