"""Valid distances after a stroke, at the cost of what the stroke can have changed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sketchcell.sketch.valid import ValidDistances, bounded, solve
from sketchcell.sketch.window import Window, area, expand, union


def update_valid_distances(
    distances: ValidDistances,
    labels: NDArray[np.int32],
    boundaries: NDArray[np.bool_],
    changed: Sequence[Window],
) -> Window:
    """Bring `distances` up to date after `labels` or `boundaries` changed inside the windows `changed`.

    A change in a window R matters only to R and to the pixels whose old distance reaches R. They are found by
    looking at frames around R, since they are star-shaped about it, and computed in a window that grows until
    every one of them has its nearest non-same pixel inside.

    Parameters
    ----------
    distances
        What was true before the change; modified in place.
    labels, boundaries
        The arrays after the change.
    changed
        At least one window; the tighter around the changed pixels, the faster.

    Returns
    -------
    Window
        Where labels, distances or validity may have changed.
    """
    affected = [_affected_window(distances.distance, window) for window in changed]
    for window, around in zip(changed, affected, strict=True):
        _recompute(distances, labels, boundaries, window, around)
    return union(affected)


def _affected_window(distance: NDArray[np.float32], changed: Window) -> Window:
    """Return a window around `changed` outside which no pixel's distance reaches `changed`."""
    shape = (distance.shape[0], distance.shape[1])
    margin = 4
    while True:
        frame = expand(changed, margin, shape)
        if not _reached(distance, changed, frame):
            return frame
        margin *= 2


def _reached(distance: NDArray[np.float32], changed: Window, frame: Window) -> bool:
    """Tell whether a distance on the frame's outline, but for the image's edge, may reach `changed`."""
    rows, columns = frame
    below, right = (length - 1 for length in distance.shape)
    away_rows, away_columns = _steps_away(changed, frame)
    for row, at in ((rows.start, 0), (rows.stop - 1, -1)):
        if 0 < row < below and (distance[row, columns] + 1.01 >= np.hypot(away_rows[at], away_columns)).any():
            return True
    for column, at in ((columns.start, 0), (columns.stop - 1, -1)):
        if (
            0 < column < right
            and (distance[rows, column] + 1.01 >= np.hypot(away_rows, away_columns[at])).any()
        ):
            return True
    return False


def _steps_away(changed: Window, frame: Window) -> list[NDArray[np.float32]]:
    """Return, for each row and each column of `frame`, how far it is from `changed`, in pixels."""
    away = []
    for inner, outer in zip(changed, frame, strict=True):
        index = np.arange(outer.start, outer.stop, dtype=np.float32)
        away.append(np.maximum(np.maximum(inner.start - index, index - (inner.stop - 1)), 0))
    return away


def _recompute(
    distances: ValidDistances,
    labels: NDArray[np.int32],
    boundaries: NDArray[np.bool_],
    changed: Window,
    around: Window,
) -> None:
    """Compute anew the pixels in `changed` and those within `around` whose distance reaches it."""
    shape = (labels.shape[0], labels.shape[1])
    while True:
        distance, valid = solve(labels[around], boundaries[around])
        certain = distance < _to_outside(around, shape)
        if area(around) == labels.size:
            certain[...] = True
        away_rows, away_columns = _steps_away(changed, around)
        reach = distances.distance[around] + np.float32(0.01)
        needed = np.hypot(away_rows[:, None], away_columns) <= reach
        if not (needed & ~certain).any():
            break
        rows, columns = around
        around = expand(around, max(rows.stop - rows.start, columns.stop - columns.start) // 2, shape)
    np.copyto(distances.distance[around], distance, where=certain)
    np.copyto(distances.valid[around], valid, where=certain)
    bounded(distances, around)


def _to_outside(window: Window, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return the distance from each pixel of `window` to the nearest one of the image outside it."""
    sides = []
    for span, length in zip(window, shape, strict=True):
        index = np.arange(span.start, span.stop, dtype=np.float32)
        before = index - (span.start - 1) if span.start > 0 else np.full_like(index, np.inf)
        after = span.stop - index if span.stop < length else np.full_like(index, np.inf)
        sides.append(np.minimum(before, after))
    return np.minimum(sides[0][:, None], sides[1])
