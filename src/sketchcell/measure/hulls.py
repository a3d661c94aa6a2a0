"""Convex hulls of many cells at once, in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sketchcell.measure.runs import Integers, Runs, within

_Numbers = Integers


@dataclass(frozen=True)
class Hulls:
    """The convex images of cells, as `skimage.morphology.convex_hull_image` defines them.

    That is all pixels whose middle lies in, or on the edge of, the convex hull of the middles of the sides of
    the cell's pixels.

    Attributes
    ----------
    pixels
        Of each convex image, int64 ``(count,)``.
    corners
        How many corners the polygon around the middles of its pixels has, int64 ``(count,)``; at least 2,
        which may be the same.
    row, column
        The corners, cell by cell and around each, int64.
    """

    pixels: _Numbers
    corners: _Numbers
    row: _Numbers
    column: _Numbers

    @classmethod
    def of(cls, runs: Runs) -> Hulls:
        """Find them from runs ordered by cell."""
        cell, row, left, right = _row_ends(runs)
        heights, top = _extent(cell, row, runs.count)
        # Mirrored, a right side is a left one.
        sides = [_convex_side(cell, row, x, heights) for x in (left, -right)]
        cells, place = within(heights)
        rows = top[cells] + place
        pixels = np.bincount(cells, weights=1 - sides[0] - sides[1], minlength=runs.count)
        down, up = (left_corners(cells, rows, x) for x in sides)
        order = np.concatenate([np.flatnonzero(down), np.flatnonzero(up)[::-1]])
        column = np.where(np.arange(order.size) < down.sum(), sides[0][order], -sides[1][order])
        by_cell = np.argsort(cells[order], kind="stable")
        order, column = order[by_cell], column[by_cell]
        corners = np.bincount(cells[order], minlength=runs.count)
        return cls(pixels.astype(np.int64), corners, rows[order], column)


def left_corners(group: Integers, row: Integers, column: Integers) -> NDArray[np.bool_]:
    """Tell which points are corners of the left side of the convex hull of their group.

    Parameters
    ----------
    group, row, column
        Of each point, int64 ``(N,)``, ordered by group and row, one point a row.

    Returns
    -------
    NDArray[np.bool_]
        ``(N,)``; the first and the last point of a group always are.
    """
    corner = np.ones(group.size, np.bool_)
    left = np.arange(group.size)
    while left.size > 2:
        before, here, after = left[:-2], left[1:-1], left[2:]
        # A point right of the line between two others is no corner, whichever else are none.
        turn = (row[here] - row[before]) * (column[after] - column[before])
        turn -= (column[here] - column[before]) * (row[after] - row[before])
        drop = here[(group[before] == group[after]) & (turn <= 0)]
        corner[drop] = False
        changed = np.zeros(int(group[-1]) + 1, np.bool_)
        changed[group[drop]] = True
        left = left[corner[left] & changed[group[left]]]
    return corner


def _row_ends(runs: Runs) -> tuple[_Numbers, ...]:
    """Return for each row of each cell the cell, the row, the first and the last column."""
    new = np.ones(runs.row.size, np.bool_)
    new[1:] = (runs.number[1:] != runs.number[:-1]) | (runs.row[1:] != runs.row[:-1])
    first = np.flatnonzero(new)
    last = np.append(first[1:], runs.row.size)[: first.size] - 1
    return runs.number[first], runs.row[first], runs.start[first], runs.stop[last] - 1


def _extent(cell: Integers, row: Integers, count: int) -> tuple[_Numbers, _Numbers]:
    """Return the height of each cell and its first row; rows are ordered within cells."""
    ends = np.cumsum(np.bincount(cell, minlength=count))
    last = row[ends - 1]
    top = row[np.append(0, ends[:-1])[:count]]
    return last - top + 1, top


def _convex_side(cell: Integers, row: Integers, column: Integers, heights: Integers) -> _Numbers:
    """Return the first column of the convex image in every row of each cell.

    Around the hull of the pixels' middles lies a diamond of half a pixel: a row's end is the leftmost of half
    a pixel beside the hull there, and of the hull half a row above and below.
    """
    corner = left_corners(cell, row, column)
    cell, row, column = cell[corner], row[corner], column[corner]
    edge = np.flatnonzero(cell[1:] == cell[:-1])
    down, across = row[edge + 1] - row[edge], column[edge + 1] - column[edge]
    which, step = within(down)
    base, slope, run = column[edge][which], across[which], down[which]
    # Twice the numbers, so that halves are whole: rounded up to whole columns.
    at = _ceil(2 * step * slope - run, 2 * run) + base
    below = _ceil((2 * step + 1) * slope, 2 * run) + base

    cells, place = within(heights)
    rest = place < heights[cells] - 1
    result = np.empty(cells.size, np.int64)
    # The last row has no edge below it: its hull is at the last corner, a whole column.
    result[~rest] = column[np.append(cell[1:] != cell[:-1], True)[: cell.size]]
    result[rest] = np.minimum(at, below)
    following = np.flatnonzero(rest) + 1
    result[following] = np.minimum(result[following], below)
    return result


def _ceil(number: Integers, by: Integers) -> _Numbers:
    return -(-number // by)
