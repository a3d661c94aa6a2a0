"""The cell table: one row an object."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketchcell.errors import SketchcellError
from sketchcell.images import as_channels
from sketchcell.measure.labels import as_labels

if TYPE_CHECKING:
    import pandas

# Names in scikit-image and in the table.
_COLUMNS = {
    "label": "label",
    "centroid-0": "centroid_y",
    "centroid-1": "centroid_x",
    "area": "area",
    "perimeter": "perimeter",
    "eccentricity": "eccentricity",
    "orientation": "orientation",
    "axis_major_length": "major_axis",
    "axis_minor_length": "minor_axis",
    "solidity": "solidity",
    "feret_diameter_max": "feret_diameter",
}
_PROPERTIES = (*dict.fromkeys(name.split("-")[0] for name in _COLUMNS),)


def measure(labels: ArrayLike, image: ArrayLike | None = None) -> pandas.DataFrame:
    """Measure every labelled object.

    Parameters
    ----------
    labels
        Instance labels ``(H, W)``, whole numbers, 0 background.
    image
        The image plane the labels belong to, in any layout that `sketchcell.images.as_channels` takes; it
        may be constant.

    Returns
    -------
    A data frame with one row an object, sorted by label: ``label``; ``centroid_y``, ``centroid_x`` (px);
    ``area`` (px²); ``perimeter`` (px); ``eccentricity`` (0 circle … 1 line); ``orientation`` (radians between
    the rows' axis and the major axis, -π/2 … π/2); ``major_axis``, ``minor_axis`` (px, of the ellipse with
    the same second moments); ``solidity`` (area / area of the convex hull); ``feret_diameter`` (px, largest);
    with an image also ``intensity_mean``, or ``intensity_mean_0``, ``intensity_mean_1``, … with several
    channels.

    Raises
    ------
    SketchcellError
        If the labels are no label image or the image has another shape.
    """
    import pandas
    from skimage.measure import regionprops_table

    checked = as_labels(labels, "array of labels")
    if checked.ndim != 2 or not checked.size:
        raise SketchcellError(f"Labels must be one plane of pixels, not an array of shape {checked.shape}.")
    if int(np.max(labels)) > np.iinfo(np.int32).max:
        raise SketchcellError(f"Labels must lie between 0 and {np.iinfo(np.int32).max}.")
    array, ids = _without_gaps(checked)
    properties: Callable[..., dict[str, Any]] = regionprops_table
    table = properties(array, properties=_PROPERTIES)
    frame = pandas.DataFrame(table)[list(_COLUMNS)].rename(columns=_COLUMNS)
    numbers = frame["label"]
    frame["label"] = ids[numbers]
    if image is None:
        return frame
    channels = as_channels(image, constant=True)
    if channels.shape[1:] != array.shape:
        raise SketchcellError(
            f"The image has the shape {channels.shape[1:]} and its labels {array.shape}; they must be equal."
        )
    counts = np.bincount(array.ravel(), minlength=1)
    for index, channel in enumerate(channels):
        sums = np.bincount(array.ravel(), weights=channel.ravel(), minlength=1)
        name = "intensity_mean" if len(channels) == 1 else f"intensity_mean_{index}"
        frame[name] = sums[numbers] / counts[numbers]
    return frame


def _without_gaps(labels: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return labels as numbers that are small enough for tables of all of them, and the id of each number."""
    largest = int(labels.max())
    if largest <= labels.size + 1024:
        return labels.astype(np.int32), np.arange(largest + 1)
    ids, numbers = np.unique(np.append(labels, 0), return_inverse=True)
    return numbers[:-1].reshape(labels.shape).astype(np.int32), ids
