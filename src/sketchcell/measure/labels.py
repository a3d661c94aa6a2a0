"""What the accuracy measures accept as labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketchcell.errors import SketchcellError

_LARGEST = np.iinfo(np.int64).max


def as_labels(labels: ArrayLike, what: str) -> NDArray[np.int64]:
    """Return labels as int64, 0 background.

    Parameters
    ----------
    labels
        Whole numbers that are not negative, of any type and shape; floating point numbers too if they are
        whole. A boolean array is a single object.
    what
        Name for complaints, for example "prediction".

    Raises
    ------
    SketchcellError
        For everything else.
    """
    try:
        array: NDArray[Any] = np.asarray(labels)
    except ValueError as error:
        raise SketchcellError(f"The {what} is no label image: its rows differ in length.") from error
    if array.dtype.kind not in "buif":
        raise SketchcellError(f"The {what} is no label image: it holds {array.dtype}, not whole numbers.")
    if array.dtype.kind == "f":
        array = array.astype(np.float64)
    if array.dtype.kind == "f" and not (np.isfinite(array).all() and (array == np.floor(array)).all()):
        raise SketchcellError(f"The {what} is no label image: it holds values that are not whole numbers.")
    if array.size and array.dtype.kind in "if" and array.min() < 0:
        raise SketchcellError(f"The {what} is no label image: it holds negative numbers.")
    if array.size and array.dtype.kind in "uf" and int(array.max()) > _LARGEST:
        # Only which pixels belong together matters.
        ids, places = np.unique(array, return_inverse=True)
        return places.astype(np.int64).reshape(array.shape) + int(ids[0] != 0)
    return array.astype(np.int64, copy=False)


def as_label_pair(truth: ArrayLike, predicted: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return a ground truth and a prediction as `as_labels` does.

    Raises
    ------
    SketchcellError
        Also if their shapes differ.
    """
    true, pred = as_labels(truth, "ground truth"), as_labels(predicted, "prediction")
    if true.shape != pred.shape:
        raise SketchcellError(
            f"The ground truth has the shape {true.shape} and the prediction {pred.shape}; they must be "
            "equal."
        )
    return true, pred


def require_planes(labels: NDArray[np.int64]) -> None:
    """Refuse what is neither a plane ``(H, W)`` nor a stack ``(Z, H, W)``."""
    if labels.ndim not in (2, 3):
        raise SketchcellError(
            f"Labels are a plane (H, W) or a stack of planes (Z, H, W), not an array of shape {labels.shape}."
        )
