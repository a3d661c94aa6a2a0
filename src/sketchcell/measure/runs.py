"""Labels as runs: stretches of equal labels in a row, of which there are far fewer than pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Runs:
    """The runs of cells, ordered by row and column.

    Attributes
    ----------
    row, start, stop
        Where each is: its row, its first column, the column after its last one; int64 ``(R,)``.
    number
        Which cell it belongs to, from 0 on; int64 ``(R,)``.
    count
        How many cells there are.
    """

    row: Integers
    start: Integers
    stop: Integers
    number: Integers
    count: int

    @property
    def length(self) -> Integers:
        """Pixels of each."""
        return self.stop - self.start

    def only(self, chosen: NDArray[np.bool_]) -> Runs:
        """Return the runs of the chosen cells, which get new numbers in the same order.

        Parameters
        ----------
        chosen
            bool ``(count,)``.
        """
        here = chosen[self.number]
        number = (np.cumsum(chosen) - 1)[self.number[here]]
        return Runs(self.row[here], self.start[here], self.stop[here], number, int(chosen.sum()))

    def by_cell(self) -> Runs:
        """Return the runs ordered by cell, then by row and column."""
        order = np.argsort(self.number, kind="stable")
        return Runs(self.row[order], self.start[order], self.stop[order], self.number[order], self.count)


def runs_of(labels: Integers) -> tuple[Runs, Integers, NDArray[np.int32]]:
    """Find the runs of labels.

    Parameters
    ----------
    labels
        ``(H, W)``, 0 = background.

    Returns
    -------
    runs
        Of the cells.
    ids
        The label of each cell, ascending.
    numbers
        int32 ``(H, W)``: for each pixel the number of its cell plus 1, 0 = background.
    """
    height, width = labels.shape
    flat = np.ascontiguousarray(labels).ravel()
    changes = np.ones(flat.size, np.bool_)
    np.not_equal(flat[1:], flat[:-1], out=changes[1:])
    changes[::width] = True
    first = np.flatnonzero(changes)
    length = np.diff(first, append=flat.size)
    ids, number = np.unique(flat[first], return_inverse=True)
    if ids.size and ids[0] == 0:
        ids = ids[1:]
    else:
        number = number + 1
    numbers = np.repeat(number.astype(np.int32), length).reshape(height, width)
    cell = number > 0
    first, length = first[cell], length[cell]
    row = first // width
    start = first - row * width
    return Runs(row, start, start + length, number[cell] - 1, ids.size), ids, numbers


def within(counts: Integers) -> tuple[Integers, Integers]:
    """Return, for groups of so many members, the group of each member and its place in the group."""
    group = np.repeat(np.arange(counts.size), counts)
    return group, np.arange(group.size) - np.repeat(np.cumsum(counts) - counts, counts)
