"""Small instances that an unsure network sees in the background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_HIGH = 0.9  # of the peaks that cells reach: a speck that is as high is a cell
_TINY = 0.4  # of the share, below which an instance is dropped however high it is


def are_specks(area: NDArray[np.integer], peak: NDArray[np.floating], share: float) -> NDArray[np.bool_]:
    """Tell which instances are small where the map is low, or tiny anywhere.

    Not for exact maps, where what is small is a cell all the same.

    Parameters
    ----------
    area
        Shape (N,): pixels of all instances of an image, at least 1.
    peak
        Shape (N,): the highest value in them of a map that speaks for cells.
    share
        Of the typical area, below which an instance is small; below 0.4 of it, tiny. 0: none is a speck.

    Returns
    -------
    NDArray[np.bool_]
        Shape (N,).
    """
    if not area.size or not share:
        return np.zeros(area.shape, np.bool_)
    there = np.sort(area)
    # the cell of the middle pixel: a crowd of specks cannot call itself typical, nor can one giant
    typical = min(there[np.searchsorted(np.cumsum(there), there.sum() / 2)], 2 * np.median(there))
    low = peak < _HIGH * np.percentile(peak, 90)
    specks: NDArray[np.bool_] = (area < share * typical) & low | (area < _TINY * share * typical)
    return specks
