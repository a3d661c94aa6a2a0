"""The cell table: one row a cell."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketchcell.errors import SketchcellError
from sketchcell.images import Planes
from sketchcell.inference import Progress, drain
from sketchcell.measure.bands import ImageRows, LabelRows, Window, windows
from sketchcell.measure.features import Columns, features
from sketchcell.measure.neighbours import rows_reached
from sketchcell.measure.runs import Integers
from sketchcell.measure.summary import plane_columns
from sketchcell.measure.units import PixelSize, as_spacing

if TYPE_CHECKING:
    import pandas

_Confidence = Mapping[int, float] | ArrayLike


def measure(
    labels: ArrayLike | Planes,
    image: ArrayLike | Planes | None = None,
    *,
    pixel_size: PixelSize | None = None,
    neighbour_distance: float = 0.0,
    confidence: _Confidence | None = None,
) -> pandas.DataFrame:
    """Measure every labelled cell.

    Plain names are in pixels, whatever the size of a pixel is: ``area`` is the number of pixels,
    ``perimeter`` a length in pixels. With `pixel_size`, names ending in ``_um`` and ``_um2`` stand beside
    them, in µm and µm². Numbers without a unit are those of the real shape.

    Parameters
    ----------
    labels
        Instance labels ``(H, W)``, whole numbers, 0 background; or a stack of planes ``(…, H, W)``, of which
        each is measured by itself. In memory, or lazy (zarr, dask): it is read in bands of rows.
    image
        What the labels were found in: of the same shape, or with an axis of channels anywhere. May be lazy.
    pixel_size
        In µm: a number, ``(y, x)``, ``(z, y, x)``, or a mapping from the names ``y`` and ``x``. None, or a
        mapping without both, if it is not known.
    neighbour_distance
        How far apart the nearest pixels of neighbours may be, from middle to middle: in µm if the size of a
        pixel is known, else in pixels. Cells that touch, at a side or a corner of pixels, are always
        neighbours.
    confidence
        Of each cell, by label: a mapping, or an array whose entry i belongs to the label i, as
        `sketchcell.learning.confidence.confidence` gives it.

    Returns
    -------
    pandas.DataFrame
        One row a cell, ordered by plane and label.

        - ``plane`` of a stack; ``plane_0``, ``plane_1``, … where more than one axis is stepped through
        - ``label``
        - ``centroid_y``, ``centroid_x``, ``area``, ``perimeter``, ``major_axis``, ``minor_axis``,
          ``feret_max``, ``feret_min``, ``equivalent_diameter``; with `pixel_size` each of them in µm too
        - ``eccentricity`` (0 circle … 1 line), ``orientation`` (radians from the rows' axis to the major one,
          -π/2 … π/2), ``aspect_ratio``, ``circularity``, ``solidity``, ``extent``
        - ``bbox_top``, ``bbox_left``, ``bbox_bottom``, ``bbox_right``: rows and columns, the last two behind
          the cell; ``touches_border``: whether it touches the image's border
        - ``neighbours``: how many, ``neighbour_ids``: a tuple of their labels
        - ``confidence``, if given; NaN where it is not known
        - with an image, ``intensity_mean``, ``_std``, ``_min``, ``_max``, ``_median``, ``_sum``; of several
          channels ``intensity_mean_0``, …

    Raises
    ------
    SketchcellError
        If the labels are no label image, the image has another shape or holds NaN in a cell, or a size or
        distance is not above 0.
    """
    return drain(
        measuring(
            labels,
            image,
            pixel_size=pixel_size,
            neighbour_distance=neighbour_distance,
            confidence=confidence,
        )
    )


def measuring(
    labels: ArrayLike | Planes,
    image: ArrayLike | Planes | None = None,
    *,
    pixel_size: PixelSize | None = None,
    neighbour_distance: float = 0.0,
    confidence: _Confidence | None = None,
) -> Generator[Progress, None, pandas.DataFrame]:
    """Do what `measure` does, step by step.

    Yields
    ------
    Progress
        After each band of rows.
    """
    import pandas

    rows = LabelRows(labels)
    pixels = None if image is None else ImageRows(image, rows)
    spacing = as_spacing(pixel_size)
    distance = _checked_distance(neighbour_distance)
    margin = rows_reached(distance, spacing or (1.0, 1.0))
    tables: list[pandas.DataFrame] = []
    bands = -(-rows.shape[0] // rows.band)
    done, total = 0, 2 * bands * math.prod(rows.leading)
    for plane in np.ndindex(*rows.leading):
        parts = []
        for window in windows(rows, plane, margin):
            if window is not None:
                parts.append(features(rows, pixels, plane, window, spacing, distance))
            done += 1
            yield Progress(done, total, "measuring")
        if not parts:
            nothing = Window(slice(0, 1), np.empty(0, np.int64))
            parts.append(features(rows, pixels, plane, nothing, spacing, distance))
        done = 2 * bands * (len(tables) + 1)
        tables.append(pandas.DataFrame(_joined(plane, parts)))
    return _with_confidence(pandas.concat(tables, ignore_index=True), confidence)


def _joined(plane: tuple[int, ...], parts: list[tuple[Columns, tuple[Integers, Integers]]]) -> dict[str, Any]:
    """Return the columns of a plane, ordered by label."""
    columns = {name: np.concatenate([part[name] for part, _ in parts]) for name in parts[0][0]}
    order = np.argsort(columns["label"])
    columns = {name: values[order] for name, values in columns.items()}
    one, other = (np.concatenate([pairs[side] for _, pairs in parts]) for side in (0, 1))
    order = np.lexsort((other, one))
    one, other = one[order], other[order].tolist()
    start, stop = (np.searchsorted(one, columns["label"], side=side) for side in ("left", "right"))
    intensities = {name: columns.pop(name) for name in [*columns] if name.startswith("intensity_")}
    ids = np.empty(start.size, object)
    ids[:] = [tuple(other[a:b]) for a, b in zip(start, stop, strict=True)]
    names = plane_columns(len(plane))
    planes = {name: np.full(start.size, step) for name, step in zip(names, plane, strict=True)}
    return planes | columns | {"neighbours": stop - start, "neighbour_ids": ids} | intensities


def _with_confidence(table: pandas.DataFrame, confidence: _Confidence | None) -> pandas.DataFrame:
    if confidence is None:
        return table
    values: NDArray[np.float64] = np.full(len(table), np.nan)
    if isinstance(confidence, Mapping):
        values[:] = [confidence.get(int(label), np.nan) for label in table["label"]]
    else:
        known = np.asarray(confidence, np.float64)
        if known.ndim != 1:
            raise SketchcellError(f"Confidence is one number a label, not an array of shape {known.shape}.")
        label = table["label"].to_numpy()
        values[label < known.size] = known[label[label < known.size]]
    table.insert(table.columns.get_loc("neighbour_ids") + 1, "confidence", values)
    return table


def _checked_distance(distance: float) -> float:
    number = float(distance)
    if not (math.isfinite(number) and number >= 0):
        raise SketchcellError(f"The distance of neighbours is a number from 0 on, not {distance}.")
    return number
