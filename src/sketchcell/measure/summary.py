"""Figures of a whole image: how many cells, how dense, how much of it they cover."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sketchcell.errors import SketchcellError
from sketchcell.measure.units import PixelSize, as_spacing

if TYPE_CHECKING:
    import pandas

_MEGA = 1e6  # pixels in a megapixel, µm² in a mm²


def summarize(
    table: pandas.DataFrame, shape: Sequence[int], pixel_size: PixelSize | None = None
) -> pandas.DataFrame:
    """Sum up the cells of an image.

    The figures of SAMCell's program (PLOS ONE 2025, doi:10.1371/journal.pone.0319532), and the density.

    Parameters
    ----------
    table
        As `sketchcell.measure.measure` returns it for one image or stack; cells may be left out.
    shape
        Of its labels, ``(H, W)`` or ``(…, H, W)``.
    pixel_size
        As there.

    Returns
    -------
    pandas.DataFrame
        One row an image; of a stack one a plane, with the columns of the table that say which.

        - ``cells``: how many
        - ``confluency``: share of the image that cells cover, 0 to 1
        - ``mean_area``: pixels of a cell; ``mean_area_um2`` if the size of a pixel is known
        - ``density_per_mpx``: cells in a million pixels; ``density_per_mm2`` if that size is known
        - ``mean_neighbours``: of a cell

        Means of no cells are NaN.

    Raises
    ------
    SketchcellError
        If the shape is not that of a plane or a stack, or does not fit the table.
    """
    import pandas

    if len(shape) < 2 or not all(side > 0 for side in shape):
        raise SketchcellError(f"The shape of an image is (H, W) or (…, H, W), not {tuple(shape)}.")
    spacing, leading = as_spacing(pixel_size), tuple(int(side) for side in shape[:-2])
    columns = plane_columns(len(leading))
    if [name for name in table if str(name).startswith("plane")] != columns:
        raise SketchcellError(f"The table does not belong to an image of shape {tuple(shape)}.")
    groups = dict(tuple(table.groupby(columns))) if columns else {(): table}
    pixels = math.prod(shape[-2:])
    rows: list[dict[str, Any]] = []
    for plane in np.ndindex(*leading):
        cells = groups.get(plane, table.iloc[:0])
        row = dict(zip(columns, plane, strict=True)) | {
            "cells": len(cells),
            "confluency": float(cells["area"].sum() / pixels),
            "mean_area": float(cells["area"].mean()),
        }
        if spacing is not None:
            row["mean_area_um2"] = row["mean_area"] * spacing[0] * spacing[1]
        row["density_per_mpx"] = len(cells) / pixels * _MEGA
        if spacing is not None:
            row["density_per_mm2"] = row["density_per_mpx"] / (spacing[0] * spacing[1])
        rows.append(row | {"mean_neighbours": float(cells["neighbours"].mean())})
    return pandas.DataFrame(rows)


def plane_columns(axes: int) -> list[str]:
    """Return the names of the columns that say which plane, for so many axes that are stepped through."""
    return ["plane"] if axes == 1 else [f"plane_{axis}" for axis in range(axes)]
