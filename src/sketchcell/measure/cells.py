"""The cell table: one row an object."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from sketchcell.errors import SketchcellError
from sketchcell.images import as_channels

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
        Instance labels ``(H, W)``, integers, 0 background.
    image
        The image plane the labels belong to, in any layout that `sketchcell.images.as_channels` takes.

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

    array = np.asarray(labels)
    if array.ndim != 2 or array.dtype.kind not in "bui":
        raise SketchcellError(
            f"Labels must be one plane of whole numbers, not {array.dtype} of shape {array.shape}."
        )
    if array.size and (array.min() < 0 or array.max() > np.iinfo(np.int32).max):
        raise SketchcellError(f"Labels must lie between 0 and {np.iinfo(np.int32).max}.")
    array = array.astype(np.int32)
    properties: Callable[..., dict[str, Any]] = regionprops_table
    table = properties(array, properties=_PROPERTIES)
    frame = pandas.DataFrame(table)[list(_COLUMNS)].rename(columns=_COLUMNS)
    if image is None:
        return frame
    channels = as_channels(image)
    if channels.shape[1:] != array.shape:
        raise SketchcellError(
            f"The image has the shape {channels.shape[1:]} and its labels {array.shape}; they must be equal."
        )
    counts = np.bincount(array.ravel(), minlength=1)
    for index, channel in enumerate(channels):
        sums = np.bincount(array.ravel(), weights=channel.ravel(), minlength=1)
        name = "intensity_mean" if len(channels) == 1 else f"intensity_mean_{index}"
        frame[name] = sums[frame["label"]] / counts[frame["label"]]
    return frame
