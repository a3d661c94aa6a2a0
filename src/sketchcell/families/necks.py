"""Cells that an unsure network joins, told apart at their necks."""

from __future__ import annotations

import edt
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label as connected_parts
from skimage.segmentation import relabel_sequential

from sketchcell.families.regions import Borders, rejoin
from sketchcell.families.valleys import grow, read_valleys

_CORE = 0.85  # of the depth that cells reach: what is deeper is a core
_LEAST_SURE = 0.05


def components(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the components (4-neighbours) of a mask, numbered from 1."""
    return np.asarray(connected_parts(mask, connectivity=1), np.int32)  # type: ignore[no-untyped-call]


def usual_depth(inside: NDArray[np.float32], depth: float) -> float:
    """Return the depth that cells reach, from that of all their pixels; where there are none, the deepest."""
    return float(np.percentile(inside, 95)) if inside.size else depth


def cut_necks(
    phi: NDArray[np.float32], labels: NDArray[np.int32], parting: float, depth: float, reached: float
) -> NDArray[np.int32]:
    """Divide components between cores where the signed distance has a sharp valley.

    A signed distance falls by one pixel a pixel towards the contact of two cells, from both sides; in the
    neck of one cell it is flat, there the nearest edge is beside. What a network has not learned to part it
    joins by a valley that is flatter than that; but then its cells are less deep than they are thick, too:
    the slope counts the more the shallower the flatter part is for its thickness, by the square. Of exact
    signed distances nothing is cut at a `parting` of ½ or more.

    Parameters
    ----------
    phi
        float32, shape (H, W), signed distance in pixels.
    labels
        int32, shape (H, W): components of φ > 0, 0 = background.
    parting
        The least slope of a valley that parts two cells, in pixels a pixel.
    depth
        At which φ is cut, in pixels.
    reached
        The `usual_depth` of the image's cells.

    Returns
    -------
    NDArray[np.int32]
        Shape (H, W), 0 where `labels` are; not all numbers are used.
    """
    inside = labels > 0
    if not inside.any():
        return labels
    cores = components(phi > _CORE * reached)
    owners = ndimage.maximum(labels, cores, np.arange(1, int(cores.max()) + 1)).astype(np.int32)
    several = np.bincount(owners, minlength=int(labels.max()) + 1) > 1
    doubtful = several[labels]
    if not doubtful.any():
        return labels
    seeds, _, _ = relabel_sequential(np.where(doubtful, cores, 0))  # type: ignore[no-untyped-call]
    parts = grow(phi, seeds, doubtful)
    count = int(parts.max())
    every = np.arange(count + 1)
    away = edt.edt(parts.astype(np.uint32), black_border=False)
    thickness = np.clip(ndimage.maximum(away, parts, every), 1, depth)
    sure = np.clip(ndimage.maximum(phi, parts, every) / thickness, _LEAST_SURE, 1) ** 2
    first, second, slope, weight = read_valleys(phi, parts, np.ones(count + 1))
    slope = (slope / np.minimum(sure[first], sure[second])).astype(np.float32)
    borders = Borders(first, second, slope, weight.astype(np.float32))
    return np.where(doubtful, labels.max() + rejoin(parts, count, borders, parting), labels)
