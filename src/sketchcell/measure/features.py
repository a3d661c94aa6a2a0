"""The columns of the cell table, from the pixels of a window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.measure.bands import ImageRows, LabelRows, Window
from sketchcell.measure.ellipses import Ellipses, Moments
from sketchcell.measure.ferets import feret_diameters
from sketchcell.measure.hulls import Hulls
from sketchcell.measure.intensities import STATISTICS, intensities
from sketchcell.measure.neighbours import neighbour_pairs
from sketchcell.measure.perimeters import border_steps, perimeters
from sketchcell.measure.runs import Integers, Runs, runs_of

Columns = dict[str, NDArray[Any]]
_PIXELS = (1.0, 1.0)
_SQUARE = 1e-9  # sides that differ by less, relatively, are equal


def features(
    labels: LabelRows,
    image: ImageRows | None,
    plane: tuple[int, ...],
    window: Window,
    spacing: tuple[float, float] | None,
    distance: float,
) -> tuple[Columns, tuple[Integers, Integers]]:
    """Measure the cells of a window.

    Returns
    -------
    columns
        By name, each ``(len(window.ids),)``.
    neighbours
        Ids of cells of the window, and of their neighbours; ordered.
    """
    found, ids, numbers = runs_of(labels.read(plane, window.rows))
    chosen = np.isin(ids, window.ids)
    runs = found.only(chosen).by_cell()
    steps = border_steps(numbers, found.count)[chosen]
    del numbers
    columns = {"label": ids[chosen].astype(np.int64)}
    columns |= _shape(runs, steps, spacing, window.rows.start, labels.shape)
    if image is not None:
        columns |= _intensities(runs, image, image.read(plane, window.rows))
    one, other = neighbour_pairs(found, distance, spacing or _PIXELS, labels.shape[1])
    here = chosen[one]
    return columns, (ids[one[here]].astype(np.int64), ids[other[here]].astype(np.int64))


def _shape(
    runs: Runs,
    steps: NDArray[np.float64],
    spacing: tuple[float, float] | None,
    above: int,
    shape: tuple[int, int],
) -> Columns:
    moments, hulls = Moments.of(runs), Hulls.of(runs)
    box = _boxes(runs)
    area = moments.pixels
    columns: Columns = {"centroid_y": moments.row + above, "centroid_x": moments.column}
    pixels = _lengths(moments, steps, hulls, _PIXELS)
    real = pixels
    if spacing is not None:
        columns |= {f"{name}_um": columns[name] * side for name, side in _by_side(spacing).items()}
        real = _lengths(moments, steps, hulls, spacing) if not _square(spacing) else _scaled(pixels, spacing)
    columns |= pixels
    if spacing is not None:
        columns |= {f"{name}_um{'2' * (name == 'area')}": values for name, values in real.items()}
    ellipses = Ellipses.of(moments, spacing or _PIXELS)
    columns |= {
        "eccentricity": ellipses.eccentricity,
        "orientation": ellipses.orientation,
        "aspect_ratio": _ratio(ellipses.major, ellipses.minor),
        "circularity": _ratio(4 * np.pi * real["area"], real["perimeter"] ** 2),
        "solidity": area / hulls.pixels,
        "extent": area / ((box[2] - box[0]) * (box[3] - box[1])),
    }
    box[0] += above
    box[2] += above
    columns |= dict(zip(("bbox_top", "bbox_left", "bbox_bottom", "bbox_right"), box, strict=True))
    columns["touches_border"] = (box[0] == 0) | (box[1] == 0) | (box[2] == shape[0]) | (box[3] == shape[1])
    return columns


def _lengths(
    moments: Moments, steps: NDArray[np.float64], hulls: Hulls, spacing: tuple[float, float]
) -> Columns:
    """Return what has a unit, for pixels of this height and width."""
    ellipses, area = Ellipses.of(moments, spacing), moments.pixels * spacing[0] * spacing[1]
    largest, smallest = feret_diameters(hulls, spacing)
    return {
        "area": area.astype(np.int64) if spacing == _PIXELS else area,
        "perimeter": perimeters(steps, spacing),
        "major_axis": ellipses.major,
        "minor_axis": ellipses.minor,
        "feret_max": largest,
        "feret_min": smallest,
        "equivalent_diameter": np.sqrt(4 * area / np.pi),
    }


def _scaled(lengths: Columns, spacing: tuple[float, float]) -> Columns:
    side = spacing[0]
    return {name: values * (side**2 if name == "area" else side) for name, values in lengths.items()}


def _square(spacing: tuple[float, float]) -> bool:
    return abs(spacing[0] - spacing[1]) <= _SQUARE * spacing[0]


def _by_side(spacing: tuple[float, float]) -> Mapping[str, float]:
    return {"centroid_y": spacing[0], "centroid_x": spacing[1]}


def _boxes(runs: Runs) -> list[Integers]:
    """Return first row, first column, and the row and column behind the last, of each cell."""
    if not runs.count:
        return [np.empty(0, np.int64) for _ in range(4)]
    first = np.flatnonzero(np.diff(runs.number, prepend=-1))
    rows, left, right = runs.row, runs.start, runs.stop
    return [
        np.minimum.reduceat(rows, first),
        np.minimum.reduceat(left, first),
        np.maximum.reduceat(rows, first) + 1,
        np.maximum.reduceat(right, first),
    ]


def _intensities(runs: Runs, image: ImageRows, pixels: NDArray[Any]) -> Columns:
    columns: Columns = {}
    for number, channel in enumerate(pixels):
        ending = "" if image.channels == 1 else f"_{number}"
        values = intensities(runs, channel)
        columns |= {f"intensity_{name}{ending}": row for name, row in zip(STATISTICS, values, strict=True)}
    return columns


def _ratio(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.float64]:
    """Divide; what is not defined is NaN."""
    result = np.full(len(one), np.nan)
    np.divide(one, other, out=result, where=other > 0)
    return result
