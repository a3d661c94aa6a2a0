"""Perimeters of many cells at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_STRAIGHT = ((2, 0), (3, 0), (2, 1), (3, 1), (2, 2), (3, 2))
_DIAGONAL = ((0, 2), (1, 3))
_BOTH = ((1, 1), (1, 2))
_CODES = 45  # 0 to 2 neighbours left and right, 0 to 2 above and below, 0 to 4 diagonal ones


def border_steps(numbers: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """Return how many steps to the side, up or down, and diagonally the border of each cell has.

    The estimator of Benkrid and Crookes, as in `skimage.measure.perimeter`: a pixel of a cell that has one of
    another label, or the image's edge, beside, above or below it is of the border, and each stands for one
    straight or diagonal step or for half of both, by the neighbours that it has in the border. A straight
    step here also knows its direction, by those neighbours, so that pixels need not be square.

    Parameters
    ----------
    numbers
        int32 ``(H, W)``: number of each pixel's cell plus 1, 0 = background.
    count
        How many cells there are.

    Returns
    -------
    NDArray[np.float64]
        ``(count, 3)``.
    """
    padded = np.pad(numbers, 1)
    middle = padded[1:-1, 1:-1]
    inside = middle == padded[:-2, 1:-1]
    for beside in (padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]):
        inside &= middle == beside
    middle[inside] = 0
    flat, width = padded.ravel(), padded.shape[1]
    border = np.flatnonzero(flat)
    own = flat[border]

    def alike(*offsets: int) -> NDArray[np.int64]:
        found = np.zeros(border.size, np.int64)
        for offset in offsets:
            found += flat[border + offset] == own
        return found

    code = (alike(-1, 1) * 3 + alike(-width, width)) * 5
    code += alike(-width - 1, -width + 1, width - 1, width + 1)
    code += (own - 1).astype(np.int64) * _CODES
    table = np.bincount(code, minlength=count * _CODES).reshape(count, _CODES)
    return np.asarray(table @ _steps_of_codes(), np.float64)


def perimeters(steps: NDArray[np.float64], spacing: tuple[float, float]) -> NDArray[np.float64]:
    """Return the lengths of borders of so many steps, for pixels of this height and width."""
    height, width = spacing
    return np.asarray(steps @ np.array([width, height, np.hypot(height, width)]))


def _steps_of_codes() -> NDArray[np.float64]:
    steps = np.zeros((_CODES, 3))
    for code in range(_CODES):
        across, down, diagonal = code // 15, code // 5 % 3, code % 5
        kind = (across + down, diagonal)
        straight = 1.0 if kind in _STRAIGHT else 0.5 if kind in _BOTH else 0.0
        if straight:
            steps[code, :2] = straight * across / (across + down), straight * down / (across + down)
        steps[code, 2] = 1.0 if kind in _DIAGONAL else 0.5 if kind in _BOTH else 0.0
    return steps
