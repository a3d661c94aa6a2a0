"""Cells of all blocks become cells of the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from sketchcell.families import are_cells
from sketchcell.large.plan import Plan
from sketchcell.large.record import Record

_AGREED = 0.5  # of the pixels on a seam: two blocks mean the same cell


@dataclass(frozen=True, eq=False)
class Joined:
    """The cells of an image.

    Attributes
    ----------
    key
        int64 (N,), rising: the keys of all cells in all blocks.
    id
        int32 (N,): the id of each in the image, 0 for what is no cell.
    count
        How many ids there are.
    cut
        How many cells were larger than the halo, so that a block did not see all of them.
    largest
        The longest side of the box of what was seen of these, in working pixels; 0 if there are none.
    """

    key: NDArray[np.int64]
    id: NDArray[np.int32]
    count: int
    cut: int
    largest: int

    def ids(self, keys: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the ids of keys that are among them."""
        return self.id[np.searchsorted(self.key, keys)]


def join(plan: Plan, records: Sequence[Record], exact: float, params: Any) -> Joined:
    """Return the cells of all blocks, numbered.

    A cell that a block saw whole has the same key in each of its blocks. One that was cut has several: they
    are the same cell if at least half of their pixels on the seam agree.

    Parameters
    ----------
    plan
        Of the image.
    records
        One a block.
    exact
        Of the image's traits.
    params
        Of the family, at working size.
    """
    every = np.concatenate([record.key for record in records])
    key, place = np.unique(every, return_inverse=True)
    area, peak = np.zeros(key.size, np.int64), np.full(key.size, -np.inf, np.float32)
    cut = np.zeros(key.size, np.bool_)
    np.maximum.at(area, place, np.concatenate([record.area for record in records]))
    np.maximum.at(peak, place, np.concatenate([record.peak for record in records]))
    np.logical_or.at(cut, place, np.concatenate([record.cut for record in records]))
    pairs = _same(plan, records)
    # a block also sees cells behind its seam that do not reach into it; no pixel bears the keys of these
    pairs = np.searchsorted(key, pairs[np.isin(pairs, key).all(axis=1)])
    graph = sparse.coo_matrix((np.ones(len(pairs), np.int8), pairs.T), (key.size, key.size))
    groups, group = connected_components(graph, directed=False)
    together = np.zeros(groups, np.int64)
    highest, any_cut = np.full(groups, -np.inf, np.float32), np.zeros(groups, np.bool_)
    np.maximum.at(together, group, area)
    np.maximum.at(highest, group, peak)
    np.logical_or.at(any_cut, group, cut)
    keep = are_cells(together, highest, exact, params)
    # in the order of their first pixels
    first = np.full(groups, key.size)
    np.minimum.at(first, group, np.arange(key.size))
    order = np.argsort(first[keep], kind="stable")
    number = np.zeros(groups, np.int32)
    number[np.flatnonzero(keep)[order]] = np.arange(1, order.size + 1)
    size = np.concatenate([record.size for record in records])[(cut & keep[group])[place]]
    return Joined(key, number[group], order.size, int((any_cut & keep).sum()), int(size.max(initial=0)))


def _same(plan: Plan, records: Sequence[Record]) -> NDArray[np.int64]:
    """Return pairs of different keys that blocks on both sides of a seam give to the same cell, (N, 2)."""
    found = [np.zeros((0, 2), np.int64)]
    for number, record in enumerate(records):
        if record.right.size:
            found.append(_matched(record.right, records[number + 1].left))
        if record.below.size:
            found.append(_matched(record.below, records[number + plan.columns].top))
    return np.concatenate(found)


def _matched(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    both = (one > 0) & (other > 0) & (one != other)
    if not both.any():
        return np.zeros((0, 2), np.int64)
    pairs, shared = np.unique(np.stack([one[both], other[both]], 1), axis=0, return_counts=True)
    lengths = [np.unique(side, return_counts=True) for side in (one, other)]
    of_pair = [
        counts[np.searchsorted(keys, column)] for (keys, counts), column in zip(lengths, pairs.T, strict=True)
    ]
    matched: NDArray[np.int64] = pairs[shared >= _AGREED * np.maximum(*of_pair)]
    return matched
