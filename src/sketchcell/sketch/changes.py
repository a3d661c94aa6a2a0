"""Tight windows around what changed."""

import numpy as np
from numpy.typing import NDArray

from sketchcell.sketch.window import Window, area

_WORTH_SPLITTING = 128 * 128


def tight_windows(changed: NDArray[np.bool_], window: Window) -> list[Window]:
    """Return windows that together hold every changed pixel; a long thin stroke gets several small ones.

    Parameters
    ----------
    changed
        bool, of the shape of `window`.
    window
        Where `changed` lies in the image.
    """
    box = _bounding_box(changed)
    if box is None:
        return []
    tight = tuple(
        slice(outer.start + inner.start, outer.start + inner.stop)
        for outer, inner in zip(window, box, strict=True)
    )
    whole: Window = (tight[0], tight[1])
    if area(whole) < _WORTH_SPLITTING:
        return [whole]
    rows, columns = whole
    part = changed[box]
    if part.shape[0] >= part.shape[1]:
        middle = (rows.start + rows.stop) // 2
        halves: list[Window] = [(slice(rows.start, middle), columns), (slice(middle, rows.stop), columns)]
        pieces = np.split(part, [middle - rows.start], axis=0)
    else:
        middle = (columns.start + columns.stop) // 2
        halves = [(rows, slice(columns.start, middle)), (rows, slice(middle, columns.stop))]
        pieces = np.split(part, [middle - columns.start], axis=1)
    split = [
        tighter for piece, half in zip(pieces, halves, strict=True) for tighter in tight_windows(piece, half)
    ]
    return split if sum(map(area, split)) < 0.6 * area(whole) else [whole]


def _bounding_box(mask: NDArray[np.bool_]) -> Window | None:
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return None
    columns = np.flatnonzero(mask.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
