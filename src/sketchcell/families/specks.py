"""Small instances that an unsure network sees in the background."""

from __future__ import annotations

import edt
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_DEEP = 0.85  # of the depth that cells reach: a speck that is as deep is a cell
_SURE = 0.95  # of the depth that cells have by their thickness: a map that reaches it is as good as exact


def without_specks(
    labels: NDArray[np.int32], phi: NDArray[np.float32], share: float, depth: float
) -> NDArray[np.int32]:
    """Drop instances that are both smaller and shallower than the others, if the map is not exact.

    Parameters
    ----------
    labels
        int32 (H, W): instances, 0 = background.
    phi
        float32 (H, W), signed distance in pixels.
    share
        Of the typical area; instances below it may be dropped.
    depth
        At which φ is cut, in pixels.

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
    every = np.arange(area.size)
    peak = ndimage.maximum(phi, labels, every)
    thickness = ndimage.maximum(edt.edt(labels.astype(np.uint32), black_border=False), labels, every)
    exact = np.clip(thickness - 0.5, 0.5, depth)
    if np.median(peak[ids] / exact[ids]) >= _SURE:
        return labels
    there = np.sort(area[ids])
    # the cell of the middle pixel: a crowd of specks cannot call itself typical, nor can one giant
    typical = min(there[np.searchsorted(np.cumsum(there), there.sum() / 2)], 2 * np.median(there))
    deep = _DEEP * np.percentile(phi[labels > 0], 95)
    return np.where(((area < share * typical) & (peak < deep))[labels], 0, labels)
