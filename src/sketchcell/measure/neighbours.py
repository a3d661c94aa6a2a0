"""Which cells are neighbours: exact, by the distance of their nearest pixels."""

from __future__ import annotations

import math

import numpy as np

from sketchcell.measure.runs import Integers, Runs, within

_ROUNDING = 1e-9  # relative: 3 pixels of 0.1 µm are 0.3 µm


def neighbour_pairs(
    runs: Runs, distance: float, spacing: tuple[float, float], width: int
) -> tuple[Integers, Integers]:
    """Find all pairs of cells that touch or whose nearest pixels are at most a distance apart.

    Cells touch where pixels of theirs share a side or a corner. Distances are those of the middles of pixels;
    what lies between two cells does not matter.

    Parameters
    ----------
    runs
        Ordered by row and column.
    distance
        In the unit of `spacing`; 0 for touching cells only.
    spacing
        Height and width of a pixel.
    width
        Of the image, in pixels.

    Returns
    -------
    one, other
        Numbers of cells, int64 ``(N,)``: each pair in both orders, ordered by one, then by other.
    """
    found: list[Integers] = [np.empty(0, np.int64)]
    tall = int(np.ptp(runs.row)) if runs.row.size else 0
    for down in range(min(rows_reached(distance, spacing), tall) + 1):
        found.append(_pairs_of_rows(runs, down, _columns_reached(distance, spacing, down, width), width))
    count = max(runs.count, 1)
    one, other = np.divmod(_distinct(np.concatenate(found)), count)
    both = np.sort(np.concatenate([one * count + other, other * count + one]))
    return both // count, both % count


def rows_reached(distance: float, spacing: tuple[float, float]) -> int:
    """Return how many rows away a neighbour may be."""
    return max(1, math.floor(distance / spacing[0] * (1 + _ROUNDING)))


def _columns_reached(distance: float, spacing: tuple[float, float], down: int, width: int) -> int:
    room = (distance * (1 + _ROUNDING)) ** 2 - (down * spacing[0]) ** 2
    reach = math.floor(math.sqrt(max(room, 0.0)) / spacing[1])
    return min(max(reach, 1 if down <= 1 else 0), width)


def _pairs_of_rows(runs: Runs, down: int, reach: int, width: int) -> Integers:
    """Return codes of pairs of cells with pixels so many rows and at most so many columns apart."""
    stride = width + reach + 1
    first, last = runs.row * stride + runs.start, runs.row * stride + runs.stop - 1
    start = np.searchsorted(last, first + down * stride - reach)
    stop = np.searchsorted(first, last + down * stride + reach, side="right")
    run, place = within(stop - start)
    one, other = runs.number[run], runs.number[start[run] + place]
    apart = one != other
    one, other = one[apart], other[apart]
    return _distinct(np.minimum(one, other) * runs.count + np.maximum(one, other))


def _distinct(codes: Integers) -> Integers:
    # Of many codes that mostly repeat, sorting is several times as fast as the tables of `numpy.unique`.
    codes = np.sort(codes)
    return codes[np.diff(codes, prepend=-1) > 0]
