"""The table of the cells that are shown."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray

from sketchcell.inference import Progress
from sketchcell.measure.cells import measure
from sketchcell.ui.reading import Reading
from sketchcell.ui.spot import Spot

if TYPE_CHECKING:
    import pandas

_LENGTHS = ("perimeter", "major_axis", "minor_axis", "feret_diameter")
_SQUARE = 1e-3  # sides of a pixel that differ by less are equal


@dataclass(frozen=True)
class Pixel:
    """The size of a pixel: height, width, and their unit."""

    height: float
    width: float
    unit: str


def pixel_of(layer: Labels) -> Pixel | None:
    """Return the size of a layer's pixels, None if it has no unit."""
    unit = f"{layer.units[-1]:~}" if hasattr(layer.units[-1], "dimensionality") else str(layer.units[-1])
    if unit in ("pixel", "px", ""):
        return None
    return Pixel(abs(float(layer.scale[-2])), abs(float(layer.scale[-1])), unit.replace("µ", "u"))


def measuring(
    planes: Sequence[tuple[Spot, NDArray[np.int32]]], reading: Reading, pixel: Pixel | None
) -> Generator[Progress, None, pandas.DataFrame]:
    """Measure the cells of planes of one image.

    Parameters
    ----------
    planes
        Labels of each.
    reading
        Gives the pixels, for intensities.
    pixel
        Its size; None leaves the columns in physical units out.

    Yields
    ------
    Progress
        After each plane.

    Returns
    -------
    pandas.DataFrame
        As `sketchcell.measure.measure` says, in pixels. Of a stack, the first columns say which plane;
        the last ones are sizes in physical units, lengths only where pixels are square.

    Raises
    ------
    SketchcellError
        When the image cannot be read.
    """
    import pandas

    tables = []
    for number, (spot, labels) in enumerate(planes):
        yield Progress(number, len(planes), "measuring")
        table = measure(labels.copy(), reading.plane(spot))
        names = ("plane",) if len(spot.plane) == 1 else tuple(f"plane_{axis}" for axis in range(9))
        for column, (name, step) in enumerate(zip(names, spot.plane, strict=False)):
            table.insert(column, name, step)
        tables.append(table)
    together = pandas.concat(tables, ignore_index=True)
    return together if pixel is None else _with_units(together, pixel)


def _with_units(table: pandas.DataFrame, pixel: Pixel) -> pandas.DataFrame:
    unit = pixel.unit
    table[f"centroid_y_{unit}"] = table["centroid_y"] * pixel.height
    table[f"centroid_x_{unit}"] = table["centroid_x"] * pixel.width
    table[f"area_{unit}2"] = table["area"] * pixel.height * pixel.width
    if abs(pixel.height - pixel.width) <= _SQUARE * pixel.width:
        for name in _LENGTHS:
            table[f"{name}_{unit}"] = table[name] * pixel.width
    return table
