"""Feret diameters of many cells at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sketchcell.measure.hulls import Hulls

_AT_ONCE = 4_000_000  # distances
_Numbers = NDArray[np.float64]


def feret_diameters(hulls: Hulls, spacing: tuple[float, float]) -> tuple[_Numbers, _Numbers]:
    """Return the largest and the smallest distance of two parallel lines that touch a cell from outside.

    The outline runs through the middles of the pixels' sides, around the convex image: the largest one is
    `feret_diameter_max` of scikit-image.

    Parameters
    ----------
    hulls
        Of the cells.
    spacing
        Height and width of a pixel.

    Returns
    -------
    largest, smallest
        float64 ``(count,)``.
    """
    largest, smallest = np.zeros(hulls.corners.size), np.zeros(hulls.corners.size)
    first = np.cumsum(hulls.corners) - hulls.corners
    points = np.stack([hulls.row * spacing[0], hulls.column * spacing[1]], axis=-1)
    for corners in np.unique(hulls.corners):
        cells = np.flatnonzero(hulls.corners == corners)
        for part in np.array_split(cells, -(-cells.size * corners**2 // _AT_ONCE)):
            polygons = points[first[part][:, np.newaxis] + np.arange(corners)]
            largest[part] = _largest(polygons, spacing)
            smallest[part] = _smallest(polygons, spacing)
    return largest, smallest


def _largest(polygons: _Numbers, spacing: tuple[float, float]) -> _Numbers:
    """Return the diameters of polygons ``(N, K, 2)`` with half a pixel around each corner."""
    apart = np.abs(polygons[:, :, np.newaxis] - polygons[:, np.newaxis])
    tall = (apart + (spacing[0], 0)) ** 2
    wide = (apart + (0, spacing[1])) ** 2
    return np.asarray(np.sqrt(np.maximum(tall.sum(-1), wide.sum(-1)).max((1, 2))))


def _smallest(polygons: _Numbers, spacing: tuple[float, float]) -> _Numbers:
    """Return the widths of such polygons: one of the two lines lies along a side of them, or of a diamond."""
    sides = np.roll(polygons, -1, axis=1) - polygons
    normals = np.stack([-sides[..., 1], sides[..., 0]], axis=-1)
    diamond = np.broadcast_to([spacing[::-1], (spacing[1], -spacing[0])], (len(polygons), 2, 2))
    normals = np.concatenate([normals, diamond], axis=1)
    length = np.hypot(normals[..., 0], normals[..., 1])
    none = length == 0
    normals = normals / np.where(none, 1, length)[..., np.newaxis]
    along = normals @ np.swapaxes(polygons, 1, 2)
    width = along.max(-1) - along.min(-1) + (np.abs(normals) * spacing).max(-1)
    return np.asarray(np.where(none, np.inf, width).min(1), np.float64)
