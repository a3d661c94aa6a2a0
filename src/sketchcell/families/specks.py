"""Small instances that an unsure network sees in the background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_HIGH = 0.9  # of the peaks that cells reach: a speck that is as high is a cell
_TINY = 0.4  # of the share, below which an instance is dropped however high it is


def without_specks(labels: NDArray[np.int32], map_: NDArray[np.floating], share: float) -> NDArray[np.int32]:
    """Drop instances that are small where the map is low, and tiny ones anywhere.

    Not for exact maps, where what is small is a cell all the same.

    Parameters
    ----------
    labels
        int32 (H, W): instances, 0 = background.
    map_
        float (H, W), the higher the more it speaks for a cell.
    share
        Of the typical area, below which an instance is small; below 0.4 of it, tiny. 0: nothing is dropped.

    Returns
    -------
    NDArray[np.int32]
        Shape (H, W); not all numbers are used.
    """
    area = np.bincount(labels.ravel())
    area[0] = 0
    ids = np.flatnonzero(area)
    if not ids.size or not share:
        return labels
    there = np.sort(area[ids])
    # the cell of the middle pixel: a crowd of specks cannot call itself typical, nor can one giant
    typical = min(there[np.searchsorted(np.cumsum(there), there.sum() / 2)], 2 * np.median(there))
    peak = ndimage.maximum(map_, labels, np.arange(area.size))
    low = peak < _HIGH * np.percentile(peak[ids], 90)
    small = area < share * typical
    return np.where(((small & low) | (area < _TINY * share * typical))[labels], 0, labels)
