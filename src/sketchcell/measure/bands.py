"""Planes read in bands of rows, so that labels and images may be larger than memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.images import Planes
from sketchcell.measure.labels import as_labels
from sketchcell.measure.runs import Integers, runs_of

_BAND = 8_000_000  # pixels


class LabelRows:
    """Labels whose rows can be read.

    Parameters
    ----------
    labels
        An array-like of shape ``(H, W)`` or ``(…, H, W)``, in memory or lazy (zarr, dask), or `Planes`
        without channels.

    Attributes
    ----------
    shape
        Of a plane.
    leading
        Of the axes before.

    Raises
    ------
    SketchcellError
        If it is no such array.
    """

    def __init__(self, labels: Any) -> None:
        if isinstance(labels, Planes):
            self._data: Any = labels
            self.shape, self.leading = labels.shape, labels.leading
            if labels.channel_count > 1:
                raise SketchcellError(
                    f"Labels have one channel, and these have {labels.channel_count} channels."
                )
            return
        if not (hasattr(labels, "shape") and hasattr(labels, "dtype")):
            labels = as_labels(labels, "array of labels")
        if len(labels.shape) < 2 or not all(labels.shape):
            raise SketchcellError(
                f"Labels must be one plane of pixels (H, W) or a stack (…, H, W), not an array of shape "
                f"{tuple(labels.shape)}."
            )
        self._data = labels
        self.shape, self.leading = tuple(labels.shape[-2:]), tuple(labels.shape[:-2])

    def read(self, plane: tuple[int, ...], rows: slice) -> Integers:
        """Return some rows of a plane, whole numbers that are not negative."""
        part = np.asarray(_rows(self._data, plane, rows, self.shape[1])).reshape(-1, self.shape[1])
        if part.dtype.kind == "u" and part.dtype.itemsize == 8 and int(part.max()) > np.iinfo(np.int64).max:
            raise SketchcellError(f"Labels must lie between 0 and {np.iinfo(np.int64).max}.")
        if part.dtype.kind == "u" or (part.dtype.kind == "i" and part.min() >= 0):
            return part
        return as_labels(part, "array of labels")

    @property
    def band(self) -> int:
        """How many rows to read at once: whole chunks of a lazy array."""
        chunks = getattr(self._data, "chunks", None)
        chunk = np.max(chunks[-2]) if chunks else 1
        return int(max(1, -(-_BAND // self.shape[1]) // chunk) * chunk)


class ImageRows:
    """The image of some labels, whose rows can be read.

    Parameters
    ----------
    image
        An array-like of the shape of the labels, or with one more axis, of channels, anywhere; or `Planes`.
    labels
        What it belongs to.

    Attributes
    ----------
    channels
        How many there are.

    Raises
    ------
    SketchcellError
        If it is no such array.
    """

    def __init__(self, image: Any, labels: LabelRows) -> None:
        if not isinstance(image, Planes) and not (hasattr(image, "shape") and hasattr(image, "dtype")):
            image = _as_array(image)
        if np.dtype(image.dtype).kind not in "buif":
            raise SketchcellError(
                f"The image holds values of type {image.dtype}; use an image of integers or of floating "
                "point numbers."
            )
        self._data, self._axis = image, None
        self._width, self.channels = labels.shape[1], 1
        whole = (*labels.leading, *labels.shape)
        if isinstance(image, Planes):
            shape = (*image.leading, *image.shape)
            self.channels = len(image.channels or range(image.channel_count))
            fits = shape == whole
        else:
            shape = tuple(image.shape)
            fits = shape == whole
            if len(shape) == len(whole) + 1:
                self._axis = _channel_axis(shape, whole)
                fits = self._axis is not None
                self.channels = shape[self._axis] if self._axis is not None else 1
        if not fits:
            raise SketchcellError(
                f"The image has the shape {shape} and its labels {whole}; they must be equal, but for an "
                "axis of channels."
            )

    def read(self, plane: tuple[int, ...], rows: slice) -> NDArray[Any]:
        """Return some rows of a plane, ``(C, h, W)``."""
        if self._axis is None:
            part = np.asarray(_rows(self._data, plane, rows, self._width))
            return part if part.ndim == 3 else part[np.newaxis]
        index: list[Any] = [*plane, rows, slice(None)]
        index.insert(self._axis, slice(None))
        # Axes that are picked from vanish.
        behind = len(plane) + 2 - self._axis
        return np.moveaxis(np.asarray(self._data[tuple(index)]), max(0, 2 - behind), 0)


@dataclass(frozen=True)
class Window:
    """Some rows of a plane that contain some cells whole, and what is near them.

    Attributes
    ----------
    rows
        Which.
    ids
        The cells.
    """

    rows: slice
    ids: Integers


def windows(labels: LabelRows, plane: tuple[int, ...], margin: int) -> Iterator[Window | None]:
    """Find windows of which each cell of a plane is in exactly one, with `margin` rows around it.

    Yields
    ------
    Window | None
        None after each band of rows that was searched, then the windows.
    """
    height, band = labels.shape[0], labels.band
    ids, top, bottom = _merged(*[np.empty(0, np.int64)] * 3)
    for start in range(0, height, band):
        runs, found, _ = runs_of(labels.read(plane, slice(start, min(start + band, height))))
        ids = np.append(ids, found.astype(np.int64))
        first = np.unique(runs.number, return_index=True)[1]
        last = runs.row.size - 1 - np.unique(runs.number[::-1], return_index=True)[1]
        top, bottom = np.append(top, runs.row[first] + start), np.append(bottom, runs.row[last] + start)
        yield None
    ids, top, bottom = _merged(ids, top, bottom)
    for start in range(0, height, band):
        here = (top >= start) & (top < start + band)
        if here.any():
            stop = min(int(bottom[here].max()) + 1 + margin, height)
            yield Window(slice(max(0, start - margin), stop), ids[here])


def _merged(ids: Integers, top: Integers, bottom: Integers) -> tuple[Integers, Integers, Integers]:
    order = np.argsort(ids, kind="stable")
    ids, top, bottom = ids[order], top[order], bottom[order]
    first = np.flatnonzero(np.diff(ids, prepend=-1))
    if not first.size:
        return ids, top, bottom
    return ids[first], np.minimum.reduceat(top, first), np.maximum.reduceat(bottom, first)


def _rows(data: Any, plane: tuple[int, ...], rows: slice, width: int) -> Any:
    if isinstance(data, Planes):
        return data.read_window(plane, (rows, slice(0, width)))
    return data[(*plane, rows)]


def _as_array(image: Any) -> NDArray[Any]:
    try:
        return np.asarray(image)
    except ValueError as error:
        raise SketchcellError("The image is no plane: its rows differ in length.") from error


def _channel_axis(shape: tuple[int, ...], labels: tuple[int, ...]) -> int | None:
    """Return the axis without which the shapes are equal; the last of several."""
    for axis in reversed(range(len(shape))):
        if shape[:axis] + shape[axis + 1 :] == labels:
            return axis
    return None
