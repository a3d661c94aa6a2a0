"""The gap between touching cells: opened before signed distances are computed, closed in the instances."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sketchcell.sketch.ids import BACKGROUND, FIRST_OBJECT

UNKNOWN, OUTSIDE, INSIDE = 0, BACKGROUND, FIRST_OBJECT

_PAIRS = (((slice(None, -1), slice(None)), (slice(1, None), slice(None))),
          ((slice(None), slice(None, -1)), (slice(None), slice(1, None))))  # fmt: skip
_SLACK = 1.42  # pixels: a gap along a diagonal is up to this much wider


def open_gap(labels: NDArray[np.int32], boundaries: NDArray[np.bool_], gap: int) -> NDArray[np.int32]:
    """Return what is inside and what is outside cells once touching cells are kept apart.

    Cells touch where two 4-neighbours are painted as different objects. Such pixels, and those of drawn
    boundaries, are outside: the components of what is inside (4-neighbours) are cells. A pixel of a cell
    beside an unlabelled one may touch another cell that is not painted yet: whether it belongs to the gap
    is unknown.

    Parameters
    ----------
    labels
        int32 (H, W): 0 unlabelled, 1 background, 2 and more objects.
    boundaries
        bool (H, W).
    gap
        1: the pixel of the object with the larger id is taken, as thin as can be. 2: the pixels of both.

    Returns
    -------
    NDArray[np.int32]
        Shape (H, W): 0 unknown, 1 outside, 2 inside.
    """
    objects = np.where(boundaries, 0, labels)
    objects[objects == BACKGROUND] = 0
    unknown = (labels == 0) & ~boundaries
    touching = np.zeros(labels.shape, np.bool_)
    beside = np.zeros(labels.shape, np.bool_)
    for first, second in _PAIRS:
        one, other = objects[first], objects[second]
        contact = (one != other) & (one > 0) & (other > 0)
        touching[first] |= contact & ((one > other) | (gap > 1))
        touching[second] |= contact & ((other > one) | (gap > 1))
        beside[first] |= unknown[second]
        beside[second] |= unknown[first]
    inside = (objects > 0) & ~touching
    sides = np.where(inside & ~beside, INSIDE, UNKNOWN).astype(np.int32)
    sides[touching | boundaries | (labels == BACKGROUND)] = OUTSIDE
    return sides


def close_gap(labels: NDArray[np.int32], gap: int) -> NDArray[np.int32]:
    """Give the pixels between two instances that are no further apart than the gap to the nearer one.

    What lies between an instance and background stays as it is.

    Parameters
    ----------
    labels
        int32 (H, W): instances, 0 = background.
    gap
        Pixels that were taken from touching cells, 1 or 2.

    Returns
    -------
    NDArray[np.int32]
        Shape (H, W).
    """
    side = 2 * gap + 1
    highest = ndimage.maximum_filter(labels, side, mode="constant")
    lowest = ndimage.minimum_filter(
        np.where(labels > 0, labels, np.iinfo(np.int32).max), side, mode="nearest"
    )
    places = np.nonzero((labels == 0) & (lowest < highest))
    if not places[0].size:
        return labels
    rows, columns, distances = _around(gap)
    padded = np.pad(labels, gap)
    seen = padded[places[0] + rows[:, None] + gap, places[1] + columns[:, None] + gap]  # (K, N)
    first = (seen > 0).argmax(0)
    nearest = np.take_along_axis(seen, first[None], 0)[0]
    second = ((seen > 0) & (seen != nearest)).argmax(0)  # 0 where there is no other: never nearest, see below
    other = np.take_along_axis(seen, second[None], 0)[0]
    between = (other > 0) & (other != nearest) & (distances[first] + distances[second] <= gap + _SLACK)
    closed = labels.copy()
    closed[places] = np.where(between, nearest, 0)
    return closed


def _around(gap: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Return offsets of the pixels around one, nearest first, and their distances."""
    rows, columns = np.mgrid[-gap : gap + 1, -gap : gap + 1].reshape(2, -1)
    distances = np.hypot(rows, columns)
    order = np.argsort(distances, kind="stable")[1:]
    return rows[order], columns[order], distances[order]
