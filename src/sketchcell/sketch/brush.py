"""Shapes that a hand draws, as pixel coordinates in the order in which they are painted."""

from math import comb

import numpy as np
from numpy.typing import NDArray

Pixels = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Rows and columns."""


def disk(radius: float) -> NDArray[np.int64]:
    """Return the offsets (N, 2) of the pixels within `radius` of the origin, the nearest first."""
    reach = int(radius)
    steps = np.arange(-reach, reach + 1)
    offsets = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    squared = (offsets**2).sum(axis=1)
    order = np.argsort(squared, kind="stable")
    inside: NDArray[np.int64] = offsets[order][squared[order] <= radius**2]
    return inside


def curve(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the pixels (N, 2) along the Bézier curve with the control points `points` (M, 2)."""
    length = float(np.hypot(*np.diff(points, axis=0).T).sum())
    t = np.linspace(0, 1, 2 + int(2 * length))[:, None]
    degree = len(points) - 1
    weights = [comb(degree, i) * t**i * (1 - t) ** (degree - i) for i in range(degree + 1)]
    along: NDArray[np.float64] = np.sum([w * p for w, p in zip(weights, points, strict=True)], axis=0)
    pixels: NDArray[np.int64] = np.rint(along).astype(np.int64)
    return pixels


def stamp(path: NDArray[np.int64], offsets: NDArray[np.int64], region: NDArray[np.bool_]) -> Pixels:
    """Draw `path` (N, 2) with the brush `offsets` (M, 2) for as long as its centre stays in `region`.

    Returns
    -------
    Pixels
        Those under the brush that lie in `region`, each once, as the brush meets them.
    """
    height, width = region.shape
    path = path[: _run(((path >= 0) & (path < (height, width))).all(axis=1))]
    path = path[: _run(region[path[:, 0], path[:, 1]])]
    at = (path[:, None] + offsets).reshape(-1, 2)
    at = at[(at >= 0).all(axis=1) & (at < (height, width)).all(axis=1)]
    at = at[region[at[:, 0], at[:, 1]]]
    _, first = np.unique(at[:, 0] * width + at[:, 1], return_index=True)
    rows, columns = at[np.sort(first)].T
    return rows, columns


def _run(flags: NDArray[np.bool_] | np.bool_) -> int:
    """Return how many of `flags` are set before the first that is not."""
    return int(flags.size if flags.all() else flags.argmin())
