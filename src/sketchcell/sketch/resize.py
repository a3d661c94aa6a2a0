"""Sketches at another size: which pixel of one grid stands for which of the other.

Pixel i of n covers [i/n, (i+1)/n). A label is taken from the source pixel under the target pixel's centre.
Where the sketch shrinks, each source pixel belongs to the one target pixel that its centre falls in, and a
boundary in any of them marks it, so that a line one pixel wide stays closed and does not widen.
"""

import numpy as np
from numpy.typing import NDArray

from sketchcell.sketch.window import Window


def nearest(target: NDArray[np.int64], old: int, new: int) -> NDArray[np.int64]:
    """Return the source indices, of `old`, under the centres of the `target` indices, of `new`."""
    return (2 * target + 1) * old // (2 * new)


def first_source(target: NDArray[np.int64], old: int, new: int) -> NDArray[np.int64]:
    """Return the first source index whose centre falls in each target pixel or behind it."""
    return -((new - 2 * target * old) // (2 * new))


def resize_window(
    labels: NDArray[np.int32], boundaries: NDArray[np.bool_], window: Window, shape: tuple[int, int]
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return labels and boundaries of `window`, in pixels of the target, of a sketch resized to `shape`."""
    lines = boundaries
    for axis, (span, old, new) in enumerate(zip(window, labels.shape, shape, strict=True)):
        target = np.arange(span.start, span.stop, dtype=np.int64)
        source = nearest(target, old, new)
        labels = labels.take(source, axis=axis)
        if new >= old:
            lines = lines.take(source, axis=axis)
        elif target.size:
            starts = first_source(np.arange(span.start, span.stop + 1, dtype=np.int64), old, new)
            part = lines.take(np.arange(starts[0], starts[-1]), axis=axis)
            lines = np.logical_or.reduceat(part, starts[:-1] - starts[0], axis=axis)
        else:
            lines = lines.take(target, axis=axis)
    return labels, lines


def target_window(window: Window, shape: tuple[int, int], new_shape: tuple[int, int]) -> Window:
    """Return the window of the target that depends on `window` of the source.

    Outside it nothing changes when the source changes inside `window`.
    """
    spans = []
    for span, old, new in zip(window, shape, new_shape, strict=True):
        ends = np.array([span.start, span.stop], dtype=np.int64)
        if new >= old:
            # The first target index whose centre lies at or behind a source index: the same rule, mirrored.
            start, stop = first_source(ends, new, old)
        elif span.start == span.stop:
            start = stop = 0
        else:
            start, stop = nearest(ends - np.array([0, 1]), new, old) + np.array([0, 1])
        spans.append(slice(int(start), int(stop)))
    return spans[0], spans[1]
