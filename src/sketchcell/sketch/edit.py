"""One change of what is painted on one plane: sparse, invertible, and ready to be written down."""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.sketch.window import Window, checked

_START, _LENGTH, _BEFORE, _AFTER = range(4)
_LARGEST = np.iinfo(np.int32).max


@dataclass(frozen=True, eq=False)
class Edit:
    """Runs of pixels that change in the same way; no run passes the end of its row.

    Attributes
    ----------
    shape
        Height and width of the plane, in pixels.
    labels, boundaries
        int64 (N, 4), a row a run: flat index of its first pixel, its length in pixels, the value before and
        the value after. Those of the boundaries are 0 or 1.
    """

    shape: tuple[int, int]
    labels: NDArray[np.int64]
    boundaries: NDArray[np.int64]

    @classmethod
    def between(
        cls,
        window: Window,
        labels_before: NDArray[Any],
        labels_after: NDArray[Any],
        boundaries_before: NDArray[Any],
        boundaries_after: NDArray[Any],
        shape: tuple[int, int],
    ) -> Edit | None:
        """Return what differs between two states of a window, None if nothing does.

        Parameters
        ----------
        window
            Rows and columns, inside a plane of `shape`.
        labels_before, labels_after
            Whole numbers, of the window's shape.
        boundaries_before, boundaries_after
            The same; all that is not zero is a boundary.
        shape
            Height and width of the plane.

        Raises
        ------
        ValueError
            If the window is not inside the plane, an array does not fill it, or the plane has 2³¹ pixels.
        """
        if shape[0] * shape[1] > _LARGEST:
            raise ValueError(f"a plane of {shape} has too many pixels")
        rows, columns = checked(window, shape)
        size = (rows.stop - rows.start, columns.stop - columns.start)
        for array in (labels_before, labels_after, boundaries_before, boundaries_after):
            if array.shape != size:
                raise ValueError(f"an array of shape {array.shape} does not fill a window of shape {size}")
        corner = rows.start * shape[1] + columns.start
        labels = _runs(labels_before, labels_after, corner, shape[1])
        boundaries = _runs(_as_mask(boundaries_before), _as_mask(boundaries_after), corner, shape[1])
        return cls(shape, labels, boundaries) if len(labels) or len(boundaries) else None

    @property
    def window(self) -> Window:
        """The smallest window that holds all runs."""
        width = self.shape[1]
        runs = np.concatenate([self.labels, self.boundaries])
        rows, columns = runs[:, _START] // width, runs[:, _START] % width
        return (
            slice(int(rows.min()), int(rows.max()) + 1),
            slice(int(columns.min()), int((columns + runs[:, _LENGTH]).max())),
        )

    @property
    def painted(self) -> int:
        """How many more pixels of labels and of boundaries are painted after than before."""
        return _painted(self.labels) + _painted(self.boundaries)

    def inverse(self) -> Edit:
        """Return the edit that undoes this one."""
        swapped = [_START, _LENGTH, _AFTER, _BEFORE]
        return Edit(self.shape, self.labels[:, swapped], self.boundaries[:, swapped])

    def apply(self, labels: NDArray[Any], boundaries: NDArray[Any]) -> None:
        """Write the values after the edit into whole planes, in place.

        Parameters
        ----------
        labels, boundaries
            Of the edit's shape; whole numbers or bool.

        Raises
        ------
        ValueError
            If an array has another shape.
        """
        if labels.shape != self.shape or boundaries.shape != self.shape:
            raise ValueError(f"{labels.shape} and {boundaries.shape} are not the edit's shape {self.shape}")
        _write(self.labels, labels)
        _write(self.boundaries, boundaries)

    def encode(self) -> dict[str, Any]:
        """Return the edit as JSON can hold it.

        Returns
        -------
        dict
            ``shape``: height and width; ``labels`` and ``boundaries``: the runs as base64 of zlib of
            little-endian int32, column after column: all starts (the first one, then the steps from start to
            start), all lengths, all values before, all values after.
        """
        return {
            "shape": list(self.shape),
            "labels": _packed(self.labels),
            "boundaries": _packed(self.boundaries),
        }

    @classmethod
    def decode(cls, encoded: dict[str, Any]) -> Edit:
        """Return the edit that `encode` was given.

        Raises
        ------
        ValueError
            If that is no edit, or has runs outside its plane.
        """
        try:
            height, width = (int(length) for length in encoded["shape"])
            labels, boundaries = _unpacked(encoded["labels"]), _unpacked(encoded["boundaries"])
        except (KeyError, TypeError, zlib.error, binascii.Error) as error:
            raise ValueError("this is not an encoded edit") from error
        if height < 1 or width < 1:
            raise ValueError(f"an encoded edit has the shape {height, width}")
        for runs in (labels, boundaries):
            starts, lengths = runs[:, _START], runs[:, _LENGTH]
            inside = (starts >= 0) & (lengths > 0) & (starts + lengths <= height * width)
            if not inside.all() or (starts % width + lengths > width).any():
                raise ValueError("an encoded edit has runs outside its plane")
        return cls((height, width), labels, boundaries)


def _as_mask(array: NDArray[Any]) -> NDArray[np.bool_]:
    return array.astype(np.bool_, copy=False)


def _runs(before: NDArray[Any], after: NDArray[Any], corner: int, width: int) -> NDArray[np.int64]:
    """Return the runs of a window whose first pixel has the flat index `corner`."""
    changed = np.flatnonzero(before != after)
    if not changed.size:
        return np.empty((0, 4), np.int64)
    old, new = before.reshape(-1)[changed], after.reshape(-1)[changed]
    own_width = before.shape[1]
    first = np.ones(changed.size, np.bool_)
    first[1:] = (np.diff(changed) != 1) | (old[1:] != old[:-1]) | (new[1:] != new[:-1])
    first |= changed % own_width == 0
    at = np.flatnonzero(first)
    rows, columns = np.divmod(changed[at], own_width)
    lengths = np.diff(at, append=changed.size)
    return np.stack([corner + rows * width + columns, lengths, old[at], new[at]], axis=1).astype(np.int64)


def _write(runs: NDArray[np.int64], plane: NDArray[Any]) -> None:
    if not len(runs):
        return
    lengths = runs[:, _LENGTH]
    before = np.cumsum(lengths) - lengths  # pixels of the runs before each
    pixels = np.repeat(runs[:, _START] - before, lengths) + np.arange(int(lengths.sum()))
    np.put(plane, pixels, np.repeat(runs[:, _AFTER].astype(plane.dtype), lengths))


def _painted(runs: NDArray[np.int64]) -> int:
    more = (runs[:, _AFTER] != 0).astype(np.int64) - (runs[:, _BEFORE] != 0)
    return int((more * runs[:, _LENGTH]).sum())


def _packed(runs: NDArray[np.int64]) -> str:
    columns = runs.T.astype("<i4")
    columns[_START] = np.diff(columns[_START], prepend=np.int32(0))
    # A plane with thousands of cells is packed while a person waits: the fastest level is nearly as small.
    return base64.b64encode(zlib.compress(columns.tobytes(), 1)).decode("ascii")


def _unpacked(text: str) -> NDArray[np.int64]:
    data = np.frombuffer(zlib.decompress(base64.b64decode(text, validate=True)), "<i4")
    columns = data.reshape(4, -1).astype(np.int64)
    columns[_START] = np.cumsum(columns[_START])
    return np.ascontiguousarray(columns.T)
