"""Intensity statistics of many cells at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.measure.runs import Integers, Runs, within

#: What is found for each channel.
STATISTICS = ("mean", "std", "min", "max", "median", "sum")
_AT_ONCE = 4_000_000  # pixels


def intensities(runs: Runs, image: NDArray[Any]) -> NDArray[np.float64]:
    """Find the statistics of the pixels of each cell.

    Parameters
    ----------
    runs
        Ordered by cell; every cell has at least one.
    image
        ``(H, W)``.

    Returns
    -------
    NDArray[np.float64]
        ``(len(STATISTICS), count)``, in their order. The deviation is that of all pixels, not of a sample.

    Raises
    ------
    SketchcellError
        If a cell has pixels that are not finite.
    """
    result = np.empty((len(STATISTICS), runs.count))
    if not runs.count:
        return result
    flat = np.ascontiguousarray(image).ravel()
    pixels = np.bincount(runs.number, runs.length, minlength=runs.count).astype(np.int64)
    per_cell = np.bincount(runs.number, minlength=runs.count)
    first_run = np.cumsum(per_cell) - per_cell
    begin = runs.row * image.shape[1] + runs.start
    # Cells of a size together make a table with few gaps, of which whole rows are sorted.
    order = np.argsort(pixels, kind="stable")
    for cells in _groups(pixels[order]):
        chosen = order[cells]
        member, place = within(per_cell[chosen])
        run = first_run[chosen][member] + place
        which, step = within(runs.length[run])
        result[:, chosen] = _statistics(flat[begin[run][which] + step], pixels[chosen])
    return result


def _groups(pixels: Integers) -> list[slice]:
    """Cut ascending sizes into groups whose tables are not too large, and mostly filled."""
    groups, start = [], 0
    while start < pixels.size:
        stop = int(np.searchsorted(pixels, pixels[start] * 1.25, side="right"))
        stop = min(stop, start + max(1, _AT_ONCE // int(pixels[stop - 1])))
        groups.append(slice(start, stop))
        start = stop
    return groups


def _statistics(values: NDArray[Any], pixels: Integers) -> NDArray[np.float64]:
    """Return the statistics of values that stand together cell by cell."""
    small = values.dtype.itemsize <= 2 or values.dtype == np.float32
    values = values.astype(np.float32 if small else np.float64)  # what is sorted fastest and exact
    if not np.isfinite(values).all():
        raise SketchcellError(
            "The image contains NaN (not a number) or infinite values in cells; replace them by real values."
        )
    start = np.cumsum(pixels) - pixels
    total = np.add.reduceat(values, start, dtype=np.float64)
    mean = total / pixels
    squares = np.add.reduceat((values - np.repeat(mean, pixels)) ** 2, start)
    table = np.full((pixels.size, int(pixels.max())), np.inf, values.dtype)
    table[np.arange(table.shape[1]) < pixels[:, np.newaxis]] = values
    table.sort(axis=1)
    at = np.arange(pixels.size)
    halves = table[at, (pixels - 1) // 2].astype(np.float64), table[at, pixels // 2].astype(np.float64)
    return np.stack(
        [mean, np.sqrt(squares / pixels), table[:, 0], table[at, pixels - 1], sum(halves) / 2, total]
    )
