"""Labels of cells in a field: scattered, in clumps, or side by side without gaps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.draw import polygon
from skimage.measure import label as components

from sketchcell.synthetic.noise import between, smooth_noise
from sketchcell.synthetic.shapes import SHAPES, placed

Labels = NDArray[np.int32]

_SMALLEST = 0.3  # of a cell's area, that must be free for it


def scatter(
    random: np.random.Generator,
    shape: tuple[int, int],
    diameter: float,
    kind: str,
    cover: float,
    clumped: float,
) -> Labels:
    """Return cells one beside another; a later one lies behind the earlier ones.

    Parameters
    ----------
    random
        Where the chances come from.
    shape
        Height and width.
    diameter
        Of the disk that has a typical cell's area, in pixels.
    kind
        Of outline, in `SHAPES`.
    cover
        Share of the field that cells try to fill, 0…1.
    clumped
        Share of the cells that are put beside another one.
    """
    labels = np.zeros(shape, np.int32)
    spread, overlap = random.uniform(0.05, 0.35), random.uniform(0, 0.25)
    centres: list[tuple[float, float]] = []
    filled, wanted, count = 0, cover * labels.size, 0
    for _ in range(int(4 * wanted / (0.7 * diameter**2)) + 4):
        if filled >= wanted:
            break
        size = diameter * float(np.exp(random.normal(0, spread)))
        outline = placed(SHAPES[kind](random), size, random)
        if centres and random.uniform() < clumped:
            near = centres[int(random.integers(len(centres)))]
            reach, angle = size * random.uniform(0.6, 1.3), random.uniform(0, 2 * np.pi)
            centre = near[0] + reach * np.sin(angle), near[1] + reach * np.cos(angle)
        else:
            centre = random.uniform(0, shape[0]), random.uniform(0, shape[1])
        y, x = (outline + centre).T
        rows, columns = polygon(y, x, shape)  # type: ignore[no-untyped-call]
        free = labels[rows, columns] == 0
        if rows.size < 4 or free.sum() < max(1 - overlap, _SMALLEST) * rows.size:
            continue
        count += 1
        labels[rows[free], columns[free]] = count
        centres.append(centre)
        filled += int(free.sum())
    return whole(labels)


def tessellate(random: np.random.Generator, shape: tuple[int, int], diameter: float, cover: float) -> Labels:
    """Return cells that fill the field side by side, but for gaps between them and cells left out."""
    step = diameter * 0.9
    margin = 2
    grid = np.stack(
        np.meshgrid(*(np.arange(-margin, side / step + margin) for side in shape), indexing="ij"), -1
    ).reshape(-1, 2)
    seeds = (grid + random.uniform(-0.45, 0.45, grid.shape)) * step
    places = np.stack(np.meshgrid(*(np.arange(side) for side in shape), indexing="ij"), -1).astype(np.float32)
    bend = between(random, 0.02, 0.2) * diameter
    for axis in range(2):
        places[..., axis] += bend * smooth_noise(random, shape, diameter / between(random, 3, 8))
    stretch = np.array([1.0, between(random, 0.6, 1.6)])
    turn = random.uniform(0, np.pi)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * stretch
    distance, nearest = cKDTree(seeds @ turned).query(places.reshape(-1, 2) @ turned, k=2)
    gap = random.choice([0.0, random.uniform(0.5, 4)])
    kept = random.uniform(size=len(seeds)) < cover
    cell = kept[nearest[:, 0]] & (distance[:, 1] - distance[:, 0] > gap)
    return whole(np.where(cell, nearest[:, 0] + 1, 0).reshape(shape).astype(np.int32))


def whole(labels: Labels) -> Labels:
    """Return labels 1…n in which each cell is in one piece and has no frayed rim; splinters are dropped."""
    smooth = ndimage.median_filter(labels, 3)
    kept = np.where(smooth == labels, labels, 0)
    pieces: Labels = components(kept, connectivity=1).astype(np.int32)  # type: ignore[no-untyped-call]
    areas = np.bincount(pieces.ravel())
    large = areas >= max(6, 0.1 * float(np.median(areas[1:])) if areas.size > 1 else 0)
    large[0] = False
    ids = np.cumsum(large) * large
    result: Labels = ids[pieces].astype(np.int32)
    return result
