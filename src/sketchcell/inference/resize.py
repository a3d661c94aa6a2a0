"""Images and labels at another size, whole or a window at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sketchcell.sketch import Window

Read = Callable[[Window], NDArray[np.float32]]


def resize_channels(channels: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Resize (C, H, W) bilinearly, smoothed where it shrinks; the same array if nothing changes."""
    old = channels.shape[1], channels.shape[2]
    if old == tuple(shape):
        return channels
    return resize_window(
        lambda window: channels[:, *window], old, shape, (slice(0, shape[0]), slice(0, shape[1]))
    )


def resize_window(
    read: Read, old: tuple[int, int], new: tuple[int, int], window: Window
) -> NDArray[np.float32]:
    """Return a window of a resized image, the same to the last bit as if the whole had been resized.

    Each pixel is the mean of those around its place, weighted by a triangle that reaches one pixel to both
    sides, of the image or of the new one, whichever are larger.

    Parameters
    ----------
    read
        Gives a window (C, h, w) of the image, float32.
    old, new
        Height and width of the image, and of the resized one.
    window
        Of the resized image.

    Returns
    -------
    NDArray[np.float32]
        Shape (C, h, w), contiguous.
    """
    if tuple(old) == tuple(new):
        return np.ascontiguousarray(read(window))
    rows, columns = (
        _taps(*sides, span) for sides, span in zip(zip(old, new, strict=True), window, strict=True)
    )
    around = tuple(slice(int(taps.min()), int(taps.max()) + 1) for taps, _ in (rows, columns))
    channels = read((around[0], around[1]))
    for axis, ((taps, weights), span) in enumerate(zip((rows, columns), around, strict=True), start=1):
        channels = _mixed(channels, taps - span.start, weights, axis)
    return channels


def _taps(old: int, new: int, span: slice) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return for each new pixel of a span the old ones that it is mixed of, and their shares; both (n, k)."""
    scale = old / new
    support = max(scale, 1.0)
    centre = (np.arange(span.start, span.stop) + 0.5) * scale
    first = np.floor(centre - support + 0.5).astype(np.int64)
    taps = first[:, None] + np.arange(int(np.ceil(2 * support)) + 1)
    weights = np.maximum(1 - np.abs(taps + 0.5 - centre[:, None]) / support, 0)
    weights[(taps < 0) | (taps >= old)] = 0
    weights /= weights.sum(1, keepdims=True)
    return np.clip(taps, 0, old - 1), weights.astype(np.float32)


def _mixed(
    channels: NDArray[np.float32], taps: NDArray[np.int64], weights: NDArray[np.float32], axis: int
) -> NDArray[np.float32]:
    shape = (1, -1, 1) if axis == 1 else (1, 1, -1)
    # one tap after the other: the order of the sum is the same for any window
    mixed = np.take(channels, taps[:, 0], axis) * weights[:, 0].reshape(shape)
    for tap, weight in zip(taps.T[1:], weights.T[1:], strict=True):
        mixed += np.take(channels, tap, axis) * weight.reshape(shape)
    return mixed


def resize_labels(labels: NDArray[np.int32], shape: tuple[int, int]) -> NDArray[np.int32]:
    """Resize (H, W) labels to the nearest; the same array if nothing changes."""
    if labels.shape == tuple(shape):
        return labels
    rows, columns = (nearest(old, new) for old, new in zip(labels.shape, shape, strict=True))
    resized: NDArray[np.int32] = labels[rows[:, None], columns[None, :]]
    return resized


def nearest(old: int, new: int, span: slice | None = None) -> NDArray[np.int64]:
    """Return for each new pixel, or a span of them, the nearest of the old ones."""
    pixels = np.arange(new) if span is None else np.arange(span.start, span.stop)
    return ((2 * pixels + 1) * old) // (2 * new)
