"""One layout for every image: float32 channels first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketchcell.errors import SketchcellError

#: Longest axis that is taken for channels when an array does not say which of its axes they are.
MAX_CHANNELS = 16
#: Longest last axis that is taken for channels whatever the others are: grey, grey and one more, RGB, RGBA.
RGB_LIKE = 4
_LARGEST = 1e30  # of a value: beyond, sums of a few of them overflow in a network


def as_channels(image: ArrayLike, *, constant: bool = False) -> NDArray[np.float32]:
    """Bring an image plane to the one layout that the rest of the package works with.

    Parameters
    ----------
    image
        Any numeric or boolean array-like of shape ``(H, W)``, ``(H, W, C)`` or ``(C, H, W)``. With three axes
        the channels are, in this order: the last axis if it has at most 4 entries (grey, grey and one more,
        RGB, RGBA); the first axis if it is the shortest and has at most `MAX_CHANNELS` entries; the last axis
        under the same condition. An 8-bit fourth channel that is 255 everywhere is an opaque alpha channel
        and is dropped.
    constant
        Whether an image may show the same value everywhere.

    Returns
    -------
    float32 array of shape ``(C, H, W)``, contiguous, with the image's own intensities.

    Raises
    ------
    SketchcellError
        If the array is no image plane (number of axes, type, no pixels), holds NaN, infinite or huge
        values, or shows the same value everywhere. One constant channel among several is allowed.
    """
    try:
        array = np.asarray(image)
    except ValueError as error:
        raise SketchcellError("The image is no plane: its rows differ in length.") from error
    if array.dtype.kind not in "buif":
        raise SketchcellError(
            f"The image holds values of type {array.dtype}; use an image of integers or of floating point "
            "numbers."
        )
    if array.size == 0:
        raise SketchcellError(f"The image has no pixels (its shape is {array.shape}).")
    planes = _channels_first(array)
    channels = finite_channels(planes)
    if constant:
        return channels
    if all(plane.min() == plane.max() for plane in planes):
        raise SketchcellError(
            f"The image is constant (every pixel is {planes.flat[0]}); there is nothing to learn from or "
            "to segment."
        )
    if all(channel.min() == channel.max() for channel in channels):
        raise SketchcellError(
            f"The image's values, {planes.min()} to {planes.max()}, are all the same number at 32 bit; "
            "subtract the smallest and scale the rest."
        )
    return channels


def finite_channels(planes: NDArray[Any]) -> NDArray[np.float32]:
    """Return channels ``(C, H, W)`` of any type as float32, contiguous.

    Raises
    ------
    SketchcellError
        If they hold NaN, infinite or huge values.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        channels = np.ascontiguousarray(planes, dtype=np.float32)
    _require_finite(planes, channels)
    return channels


def channel_axis(shape: tuple[int, ...], most: int = MAX_CHANNELS) -> int | None:
    """Guess which of three axes are channels.

    Parameters
    ----------
    shape
        Of the array, three numbers.
    most
        Entries of an axis of channels; where it is the last one, up to 4 need no further reason.

    Returns
    -------
    0, 2 or, if no axis is short enough, None; see `as_channels` for the rules.
    """
    first, _, last = shape
    shortest = min(shape)
    if last <= RGB_LIKE:
        return 2
    if first == shortest and first <= most:
        return 0
    return 2 if last == shortest and last <= most else None


def _channels_first(array: NDArray[Any]) -> NDArray[Any]:
    if array.ndim == 2:
        return array[np.newaxis]
    if array.ndim != 3:
        raise SketchcellError(
            f"The image has {array.ndim} axes {array.shape}; give one plane of shape (rows, columns), with "
            "channels as a third axis if there are any."
        )
    axis = channel_axis(array.shape)
    if axis is None:
        raise SketchcellError(
            f"The image has three axes {array.shape} and none is short enough for channels (at most "
            f"{MAX_CHANNELS}); give stacks plane by plane and choose the channels to use."
        )
    planes = np.moveaxis(array, axis, 0)
    opaque = axis == 2 and len(planes) == 4 and array.dtype == np.uint8 and bool(np.all(planes[3] == 255))
    return planes[:3] if opaque else planes


def _require_finite(planes: NDArray[Any], channels: NDArray[np.float32]) -> None:
    if planes.dtype.kind != "f":
        return
    usable = np.abs(channels) <= _LARGEST  # false for NaN
    if bool(usable.all()):
        return
    nans = int(np.isnan(planes).any(axis=0).sum())
    if nans:
        raise SketchcellError(
            f"The image contains NaN (not a number) in {nans} pixels; replace them by real values."
        )
    infinite = int((~usable).any(axis=0).sum())
    raise SketchcellError(
        f"The image contains infinite or far too large values in {infinite} pixels; replace them."
    )
