"""Rectangular windows of an image."""

from collections.abc import Iterable

Window = tuple[slice, slice]
"""Rows and columns, each with integer start and stop inside the image and no step."""


def expand(window: Window, margin: int, shape: tuple[int, int]) -> Window:
    """Return `window` grown by `margin` pixels on each side and cut at the image's edge."""
    rows, columns = window
    return (
        slice(max(rows.start - margin, 0), min(rows.stop + margin, shape[0])),
        slice(max(columns.start - margin, 0), min(columns.stop + margin, shape[1])),
    )


def union(windows: Iterable[Window]) -> Window:
    """Return the smallest window that holds all `windows`; there must be at least one."""
    every = list(windows)
    return (
        slice(min(rows.start for rows, _ in every), max(rows.stop for rows, _ in every)),
        slice(min(columns.start for _, columns in every), max(columns.stop for _, columns in every)),
    )


def area(window: Window) -> int:
    """Return the number of pixels in `window`."""
    rows, columns = window
    return int((rows.stop - rows.start) * (columns.stop - columns.start))


def checked(window: Window, shape: tuple[int, int]) -> Window:
    """Return `window` with plain integers, or raise ValueError if it is not inside an image of `shape`."""
    spans = []
    for span, length in zip(window, shape, strict=True):
        start = 0 if span.start is None else int(span.start)
        stop = length if span.stop is None else int(span.stop)
        if span.step not in (None, 1) or not 0 <= start <= stop <= length:
            raise ValueError(f"window {window} is not inside an image of shape {shape}")
        spans.append(slice(start, stop))
    return spans[0], spans[1]


def within(window: Window, outer: Window) -> Window:
    """Return `window`, which must lie inside `outer`, in pixels counted from the corner of `outer`."""
    rows, columns = (
        slice(inner.start - around.start, inner.stop - around.start)
        for inner, around in zip(window, outer, strict=True)
    )
    return rows, columns


def intersect(one: Window, other: Window) -> Window | None:
    """Return what two windows share, None if nothing."""
    rows, columns = (
        slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(one, other, strict=True)
    )
    return (rows, columns) if rows.start < rows.stop and columns.start < columns.stop else None
