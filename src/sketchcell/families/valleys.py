"""Watershed of a map whose peaks are cells, and which of its valleys really part two cells."""

from __future__ import annotations

import edt
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed

from sketchcell.families.regions import Borders, rejoin

_REACH = 2  # pixels from a valley's floor at which its slopes are read
_LEAST_SURE = 1e-3  # of 2p − 1
_SHARPEST = 2.0  # sharper makes no difference
_BARELY = 1e-6


def flood(map_: NDArray[np.float32], peak: float, fill: float) -> tuple[NDArray[np.int32], int]:
    """Return watershed parts: one for each connected spot (8-neighbours) of the map above `peak`.

    Parameters
    ----------
    map_
        float32, shape (H, W).
    peak
        Seeds are the spots above it.
    fill
        What is above it and reached from a seed belongs to a part; the rest, a spot of low values that holds
        no seed included, is background.

    Returns
    -------
    parts : NDArray[np.int32]
        Shape (H, W), 1…n, 0 = background.
    count : int
        n.
    """
    seeds = np.empty(map_.shape, np.int32)
    count = ndimage.label(map_ > peak, np.ones((3, 3), int), output=seeds)
    if not count:
        return seeds, 0
    return grow(map_, seeds, map_ > fill), int(count)


def grow(map_: NDArray[np.float32], seeds: NDArray[np.int32], mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the watershed of −map from seeds, (H, W), inside a mask; what none reaches is 0.

    Pixels of seeds that are equally high, as many are at half precision, come in the order of the image. In
    that of the heap, what happens far away would decide.
    """
    height = -map_.astype(np.float64)
    at = np.flatnonzero(seeds)
    if at.size:
        height.ravel()[at] += np.arange(at.size) * np.spacing(np.abs(height).max())
    parts: NDArray[np.int32] = watershed(height, seeds, mask=mask)  # type: ignore[no-untyped-call]
    return parts.astype(np.int32, copy=False)


def peaks_above(map_: NDArray[np.float32], peak: float) -> NDArray[np.float32]:
    """Return the highest value of each spot of a map (H, W) that is above `peak`; shape (n,)."""
    spots = np.empty(map_.shape, np.int32)
    count = ndimage.label(map_ > peak, np.ones((3, 3), int), output=spots)
    highest = np.zeros(count + 1, np.float32)
    np.maximum.at(highest, spots, map_)
    return highest[1:]


def join_flat_valleys(
    map_: NDArray[np.float32], parts: NDArray[np.int32], count: int, parting: float
) -> NDArray[np.int32]:
    """Merge neighbouring parts between which the map has no sharp valley.

    A distance map rises by one pixel a pixel from the contact of two cells, on both sides. In the neck of one
    cell, as of a peanut, it is flat: there the nearest edge is beside, not ahead. With M a part's largest
    distance to its rim, the rise over k = 2 px of a map that is divided by its maximum is k/M at a contact;
    a valley's sharpness is the mean rise on both sides and along the border, as a share of that.

    A network that is unsure flattens valleys too. Its peaks stay low, so that the sharpness counts the more
    the lower the higher peak p of the two is: divided by (2p − 1)², which is 1 for a perfect map.

    Parameters
    ----------
    map_
        float32, shape (H, W), normalised distances.
    parts
        int32, shape (H, W), 0…count, from `flood`.
    count
        The number of parts.
    parting
        Sharpness from which a valley is kept; 0 keeps all.
    """
    if count < 2 or parting <= 0:
        return parts
    every = np.arange(count + 1)
    depth = edt.edt(parts.astype(np.uint32), black_border=False)
    depth[~np.isfinite(depth)] = 1
    thickness = np.maximum(ndimage.maximum(depth, parts, every), 1)
    sure = np.clip(2 * ndimage.maximum(map_, parts, every) - 1, _LEAST_SURE, 1) ** 2
    first, second, sharpness, weight = read_valleys(map_, parts, thickness)
    sharpness = np.clip(sharpness / np.maximum(sure[first], sure[second]), -_SHARPEST, _SHARPEST)
    borders = Borders(first, second, sharpness.astype(np.float32), weight.astype(np.float32))
    return rejoin(parts, count, borders, parting)


def read_valleys(
    map_: NDArray[np.float32], parts: NDArray[np.int32], thickness: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """Return how sharp valleys are between parts, at each pair of 4-neighbours of two.

    Parameters
    ----------
    map_
        float32, shape (H, W), distances in any unit, larger than 0.
    parts
        int32, shape (H, W), 0…n.
    thickness
        float64, shape (n + 1,): for each part, the factor that makes the map's values pixels.

    Returns
    -------
    first, second : NDArray[np.int32]
        The ids of each pair, shape (N,).
    sharpness : NDArray[np.float64]
        Mean rise of the map on both sides, in pixels a pixel: 1 at the contact of two cells.
    weight : NDArray[np.float64]
        1, and next to nothing where parts are too thin to tell.
    """
    columns: list[list[NDArray[np.generic]]] = []
    for axis in (0, 1):
        ids, values = np.moveaxis(parts, axis, 0), np.moveaxis(map_, axis, 0)
        above, below = ids[:-1], ids[1:]
        row, column = np.nonzero((above != below) & (above > 0) & (below > 0))
        sharpness, sides = np.zeros(row.size), np.zeros(row.size)
        for floor, reach in ((row, -_REACH), (row + 1, _REACH)):
            slope = np.clip(floor + reach, 0, ids.shape[0] - 1)
            own = ids[floor, column]
            inside = ids[slope, column] == own
            rise = values[slope, column] - values[floor, column]
            sharpness += np.where(inside, rise * thickness[own] / _REACH, 0)
            sides += inside
        # a part too thin to be read has a say only where nothing else has
        weight = np.where(sides > 0, 1.0, _BARELY)
        columns.append([above[row, column], below[row, column], sharpness / np.maximum(sides, 1), weight])
    first, second, sharpness, weight = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    return first, second, sharpness, weight
