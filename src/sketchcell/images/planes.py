"""Any array as image planes: stacks, movies, channels, pyramids, lazily."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.images.layout import RGB_LIKE, channel_axis

_MOST_AXES = 6
_CHANNEL_NAMES = ("c", "channel", "channels")
_SHORTEST = 2  # pixels of a side
_SMALL = 4  # times the side of a sample: planes up to that are read whole for it
_WINDOWS = 3  # in each direction of a larger plane


class Planes:
    """A view of an array as planes, of which only those that are asked for are read.

    The last two axes without the channels are rows and columns of a plane; what lies before them is stepped
    through. Which axis holds channels is told, in this order, by `rgb`, by `channel_axis`, by a name in
    `axes` (``c``, ``channel``, ``channels``), and otherwise guessed: only an array with three axes has
    channels, if its last axis has at most 4 entries, or its first one has at most 4 and is the shortest. An
    axis with another name is not guessed to be channels.

    Parameters
    ----------
    data
        Anything with a shape, a type and slices: NumPy, dask, zarr, h5py. Or a pyramid: a list of such
        levels, highest resolution first; only that one is read.
    rgb
        Whether the last axis is red, green, blue and perhaps alpha. Alpha is left out.
    axes
        One name for each axis; that of the colours may be missing. Names that say nothing, such as numbers,
        may be among them.
    channel_axis
        The number of the axis that holds channels, None if none does, "guess" to find out.
    channels
        Which channels to read, in this order; None for all.

    Attributes
    ----------
    shape
        Rows and columns of a plane at full resolution.
    leading
        Sizes of the axes that are stepped through, () for a single plane.
    leading_axes
        Which axes of the data these are.
    channel_axis
        Which axis of the data holds the channels, None for a grey image.
    channel_count
        How many channels there are to choose from; 1 for a grey image.
    channels
        As chosen, None for all.
    dtype
        Of the data.

    Raises
    ------
    SketchcellError
        If there are fewer than two or more than six axes, planes have a side of less than 2 pixels, the
        values are no numbers, levels do not go from large to small, or axes or channels do not exist.
    """

    def __init__(
        self,
        data: Any,
        *,
        rgb: bool = False,
        axes: Sequence[str] | None = None,
        channel_axis: int | Literal["guess"] | None = "guess",
        channels: tuple[int, ...] | None = None,
    ) -> None:
        self._data = _full_resolution(data)
        shape = tuple(int(length) for length in self._data.shape)
        self.dtype = np.dtype(self._data.dtype)
        if self.dtype.kind not in "buif":
            raise SketchcellError(
                f"The image holds values of type {self.dtype}; use an image of integers or of floating point "
                "numbers."
            )
        if not 2 <= len(shape) <= _MOST_AXES:
            raise SketchcellError(
                f"The image has {len(shape)} axes {shape}; give one with 2 to {_MOST_AXES}: take a part of "
                "it, or remove axes with a single entry."
            )
        if not prod(shape):
            raise SketchcellError(f"The image has no pixels (its axes are {shape}).")
        self.channel_axis = _find_channels(shape, rgb, axes, channel_axis)
        others = [axis for axis in range(len(shape)) if axis != self.channel_axis]
        if len(others) < 2:
            raise SketchcellError(
                f"The image has the axes {shape}, and one of them holds channels: that leaves no rows and "
                "columns. Say which axis holds channels, or that none does."
            )
        self._rows, self._columns = others[-2:]
        self.leading_axes = tuple(others[:-2])
        self.leading = tuple(shape[axis] for axis in self.leading_axes)
        self.shape = shape[self._rows], shape[self._columns]
        if min(self.shape) < _SHORTEST:
            raise SketchcellError(
                f"Planes of this image would have {self.shape[0]} × {self.shape[1]} pixels (its axes are "
                f"{shape}); move rows and columns to the end, or say which axis holds channels."
            )
        self.channel_count = 1 if self.channel_axis is None else shape[self.channel_axis]
        if rgb:
            self.channel_count = min(self.channel_count, 3)
        self.channels = _checked_channels(channels, self.channel_count)

    def read(self, plane: tuple[int, ...]) -> NDArray[Any]:
        """Read one plane, and nothing else.

        Parameters
        ----------
        plane
            An index for each of the `leading` axes; () for a single plane.

        Returns
        -------
        ``(H, W)`` for grey images, else ``(C, H, W)`` with the chosen channels; with the values and the type
        of the data.

        Raises
        ------
        ValueError
            If there is no such plane.
        """
        return self.read_window(plane, (slice(0, self.shape[0]), slice(0, self.shape[1])))

    def read_window(self, plane: tuple[int, ...], window: tuple[slice, slice]) -> NDArray[Any]:
        """Read a window of rows and columns of one plane, as `read` does.

        Raises
        ------
        ValueError
            If there is no such plane, or the window does not lie inside it.
        """
        for span, side in zip(window, self.shape, strict=True):
            stop = side if span.stop is None else span.stop
            if span.step not in (None, 1) or not 0 <= (span.start or 0) < stop <= side:
                raise ValueError(f"window {window} is not inside a plane of shape {self.shape}")
        return np.asarray(self._part(plane, window))

    def sample(self, count: int = 9, side: int = 512) -> NDArray[np.float32]:
        """Read a small sample of the whole stack, whose percentiles scale all its planes alike.

        Parameters
        ----------
        count
            How many planes, evenly spread over all of them.
        side
            Each adds about `side` × `side` pixels: a regular grid of the plane, or windows where the plane is
            large.

        Returns
        -------
        float32 ``(C, h, w)`` with the chosen channels, one for grey images. The same every time.
        """
        total = prod(self.leading)
        chosen = np.unique(np.linspace(0, total - 1, min(count, total)).round().astype(int))
        windows = self._sample_windows(side)
        parts = []
        for index in chosen:
            plane = tuple(int(i) for i in np.unravel_index(index, self.leading)) if self.leading else ()
            parts += [self._part(plane, window) for window in windows]
        # Of lazy arrays, everything is computed here in one go.
        together: NDArray[Any] = np.asarray(np.concatenate(parts, axis=-1))
        together = together if self.channel_axis is not None else together[np.newaxis]
        return np.ascontiguousarray(together, dtype=np.float32)

    def _sample_windows(self, side: int) -> list[tuple[slice, slice]]:
        if prod(self.shape) <= (_SMALL * side) ** 2:
            rows, columns = (slice(0, length, max(1, length // side)) for length in self.shape)
            return [(rows, columns)]
        spans = []
        for length in self.shape:
            wide = min(length, max(1, side // _WINDOWS))
            starts = np.linspace(0, length - wide, _WINDOWS).round().astype(int)
            spans.append([slice(int(start), int(start) + wide) for start in starts])
        return [(rows, columns) for rows in spans[0] for columns in spans[1]]

    def _part(self, plane: tuple[int, ...], window: tuple[slice, slice]) -> Any:
        """Slice one plane, channels first; what is lazy stays so."""
        if len(plane) != len(self.leading) or not all(
            0 <= index < length for index, length in zip(plane, self.leading, strict=True)
        ):
            raise ValueError(f"there is no plane {plane} in a stack of {self.leading}")
        index: list[int | slice] = [slice(None)] * len(self._data.shape)
        for axis, place in zip(self.leading_axes, plane, strict=True):
            index[axis] = int(place)
        index[self._rows], index[self._columns] = window
        if self.channel_axis is None:
            return self._data[tuple(index)]
        wanted = self.channels or tuple(range(self.channel_count))
        # Not every array can pick: the channels from the first to the last wanted one are read.
        index[self.channel_axis] = slice(min(wanted), max(wanted) + 1)
        part = np.moveaxis(self._data[tuple(index)], self._place_of_channels(), 0)
        if wanted == tuple(range(min(wanted), max(wanted) + 1)):
            return part
        return part[[channel - min(wanted) for channel in wanted]]

    def _place_of_channels(self) -> int:
        axis = self.channel_axis
        return sum(other < axis for other in (self._rows, self._columns)) if axis is not None else 0


def _full_resolution(data: Any) -> Any:
    """Return the array itself, or the first level of a pyramid."""
    if not isinstance(data, Sequence) or not all(hasattr(level, "shape") for level in data):
        return data if hasattr(data, "shape") else _as_array(data)
    if not data:
        raise SketchcellError("The image has no resolution levels; give at least one.")
    sizes = [prod(level.shape) for level in data]
    if any(len(level.shape) != len(data[0].shape) for level in data) or any(
        large <= small for large, small in pairwise(sizes)
    ):
        raise SketchcellError(
            f"A list of images must be the levels of a pyramid, largest first; these have the shapes "
            f"{', '.join(str(tuple(level.shape)) for level in data)}. Put planes of one size into one array."
        )
    return data[0]


def _as_array(data: Any) -> NDArray[Any]:
    try:
        return np.asarray(data)
    except ValueError as error:
        raise SketchcellError("The image is no array: its rows differ in length.") from error


def _find_channels(
    shape: tuple[int, ...], rgb: bool, axes: Sequence[str] | None, asked: int | Literal["guess"] | None
) -> int | None:
    last = len(shape) - 1
    names = _checked_names(axes, len(shape), rgb)
    if rgb:
        if shape[last] not in (3, 4) or asked not in ("guess", last, -1):
            raise SketchcellError(
                f"A colour image has 3 or 4 colours in its last axis; this one has the axes {shape}. Show it "
                "without RGB, or move the colours to the end."
            )
        return last
    if asked is None:
        return None
    if asked != "guess":
        if not -len(shape) <= asked <= last:
            raise SketchcellError(f"There is no axis {asked} for channels; the image has the axes {shape}.")
        return asked % len(shape)
    named = [axis for axis, name in enumerate(names) if name in _CHANNEL_NAMES]
    if len(named) > 1:
        raise SketchcellError(f"The axes {list(names)} name channels twice; name one axis only.")
    if named:
        return named[0]
    guessed = channel_axis(shape, RGB_LIKE) if len(shape) == 3 else None
    return None if guessed is None or names[guessed] else guessed


def _checked_names(axes: Sequence[str] | None, count: int, rgb: bool) -> list[str]:
    """Return a name in small letters for each axis, "" where it says nothing."""
    if axes is None:
        return [""] * count
    if len(axes) not in (count, count - rgb):
        raise SketchcellError(f"The image has {count} axes, but {len(axes)} names for them: {list(axes)}.")
    plain = [str(name).strip("-0123456789 ").lower() for name in axes]
    return [*("" if name == "axis" else name for name in plain), ""][:count]


def _checked_channels(channels: tuple[int, ...] | None, count: int) -> tuple[int, ...] | None:
    if channels is None:
        return None
    if not channels or len(set(channels)) < len(channels) or not all(0 <= c < count for c in channels):
        raise SketchcellError(
            f"The channels {list(channels)} cannot be read; choose from 0 to {count - 1}, each once."
        )
    return tuple(int(channel) for channel in channels)
