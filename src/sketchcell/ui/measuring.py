"""The table of the cells that are shown."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pint
from napari.layers import Labels
from numpy.typing import NDArray

from sketchcell.inference import Progress
from sketchcell.measure.cells import measuring as measuring_plane
from sketchcell.measure.summary import plane_columns
from sketchcell.ui.layers import SketchLayers
from sketchcell.ui.reading import Reading
from sketchcell.ui.spot import Spot

if TYPE_CHECKING:
    import pandas

_PARTS = 100  # of a plane, for the progress


@dataclass(frozen=True)
class Pixel:
    """The size of a pixel in µm: height and width."""

    height: float
    width: float


def pixel_of(layer: Labels) -> Pixel | None:
    """Return the size of a layer's pixels, None if its unit is no length."""
    sides = [_micrometres(layer.units[axis], layer.scale[axis]) for axis in (-2, -1)]
    return Pixel(*sides) if all(sides) else None


def micrometres(layers: SketchLayers, axes: tuple[str, ...]) -> dict[str, float]:
    """Return the size of a pixel along depth, rows and columns, those that have a unit of length."""
    places: dict[str, Any] = {"y": -2, "x": -1}
    for number, name in enumerate(axes):
        one_step = tuple(int(other == number) for other in range(len(axes)))
        places[name] = layers.frame.index(one_step).index(1) if name == "z" else None
    sizes = {}
    for axis, place in places.items():
        if place is None:
            continue
        step = pint.Quantity(abs(layers.sketch.scale[place]), layers.sketch.units[place])
        try:
            sizes[axis] = float(step.m_as("um"))
        except pint.DimensionalityError:
            continue
    return sizes


def measuring(
    planes: Sequence[tuple[Spot, NDArray[np.int32]]],
    reading: Reading,
    pixel: Pixel | None,
    neighbour_distance: float = 0.0,
) -> Generator[Progress, None, pandas.DataFrame]:
    """Measure the cells of planes of one image.

    Parameters
    ----------
    planes
        Labels of each.
    reading
        Gives the pixels, for intensities.
    pixel
        Its size; None leaves the columns in µm out.
    neighbour_distance
        As `sketchcell.measure.measure` takes it.

    Yields
    ------
    Progress
        After each part of a plane.

    Returns
    -------
    pandas.DataFrame
        As `sketchcell.measure.measure` says. Of a stack, the first columns say which plane.

    Raises
    ------
    SketchcellError
        When the image cannot be read.
    """
    import pandas

    size = None if pixel is None else (pixel.height, pixel.width)
    tables = []
    for number, (spot, labels) in enumerate(planes):
        yield Progress(number * _PARTS, len(planes) * _PARTS, "measuring")
        steps = measuring_plane(
            labels.copy(), reading.plane(spot), pixel_size=size, neighbour_distance=neighbour_distance
        )
        table = yield from _within(steps, number, len(planes))
        names = plane_columns(len(spot.plane))
        for column, (name, step) in enumerate(zip(names, spot.plane, strict=True)):
            table.insert(column, name, step)
        tables.append(table)
    return pandas.concat(tables, ignore_index=True)


def _within(
    steps: Generator[Progress, None, pandas.DataFrame], number: int, count: int
) -> Generator[Progress, None, pandas.DataFrame]:
    """Pass on the progress in one of several planes as that of all."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        yield Progress(number * _PARTS + _PARTS * step.done // step.total, count * _PARTS, step.what)


def _micrometres(unit: Any, scale: float) -> float:
    """Return a length in µm, 0 if it is none."""
    if not (hasattr(unit, "is_compatible_with") and unit.is_compatible_with("um")):
        return 0.0
    return abs(float((float(scale) * unit).to("um").magnitude))
