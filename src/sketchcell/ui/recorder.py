"""What was painted since the last look: windows are noted while painting, and read by the learner."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels
from numpy.typing import NDArray

from sketchcell.sketch import Stroke, Window
from sketchcell.sketch.window import union
from sketchcell.ui.layers import SketchLayers

_MOST_WINDOWS = 16  # at once; more are joined


class Recorder:
    """Follows a sketch from one thread and hands its changes to another.

    Painting costs the window's thread one note (`labels_update` says where). Undo, redo and scripts only say
    that something has changed: then the sketch is compared with a copy, by the thread that takes the strokes.

    A window may be read while it is painted on. What is torn is read again, as its own note comes after it.

    Parameters
    ----------
    viewer
        Says which way round the image is shown.
    layers
        Whose sketch and boundaries to follow.
    """

    def __init__(self, viewer: ViewerModel, layers: SketchLayers) -> None:
        self._viewer = viewer
        self._layers = layers
        self._notes: deque[Window | None] = deque()  # None: anywhere
        self.labels: NDArray[np.int32] = layers.sketch.data.astype(np.int32)
        self.boundaries: NDArray[np.bool_] = layers.boundaries.data.astype(bool)
        for layer in (layers.sketch, layers.boundaries):
            layer.events.labels_update.connect(self._note_window)
            layer.events.set_data.connect(self._note_anything)

    def close(self) -> None:
        """Follow no longer."""
        for layer in (self._layers.sketch, self._layers.boundaries):
            layer.events.labels_update.disconnect(self._note_window)
            layer.events.set_data.disconnect(self._note_anything)

    def take(self) -> list[Stroke]:
        """Return what has changed since the last call; for one thread, which need not be the window's."""
        notes = [self._notes.popleft() for _ in range(len(self._notes))]
        known = [note for note in notes if note is not None]
        windows = _joined(known) if len(known) == len(notes) else self._compare()
        return [self._read(window) for window in windows]

    def _note_window(self, event: Any) -> None:
        if self._viewer.dims.displayed[-2] > self._viewer.dims.displayed[-1]:  # shown transposed
            self._notes.append(None)
            return
        height, width = event.data.shape[:2]
        top, left = (int(start) for start in event.offset)
        self._notes.append((slice(top, top + height), slice(left, left + width)))

    def _note_anything(self) -> None:
        self._notes.append(None)

    def _read(self, window: Window) -> Stroke:
        labels = self._layers.sketch.data[window].astype(np.int32)
        boundaries = self._layers.boundaries.data[window].astype(bool)
        self.labels[window], self.boundaries[window] = labels, boundaries
        return Stroke(0, window, labels, boundaries)

    def _compare(self) -> list[Window]:
        """Return the window in which the layers differ from what was read before."""
        changed = self._layers.sketch.data != self.labels
        changed |= (self._layers.boundaries.data != 0) != self.boundaries
        rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        if rows.size == 0:
            return []
        return [(slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))]


def holds(layer: Labels, low: int, high: int | None = None) -> bool:
    """Tell whether labels from `low` to `high` are painted anywhere; stops at the first it meets."""
    step = 256
    for top in range(0, layer.data.shape[0], step):
        rows = layer.data[top : top + step]
        if bool(np.any(rows >= low if high is None else (rows >= low) & (rows <= high))):
            return True
    return False


def _joined(windows: list[Window]) -> list[Window]:
    """Join windows that touch, as those along one stroke do."""
    apart: list[Window] = []
    for window in windows:
        touching = [other for other in apart if _touch(window, other)]
        apart = [other for other in apart if other not in touching]
        apart.append(union([window, *touching]))
    return apart if len(apart) <= _MOST_WINDOWS else [union(apart)]


def _touch(a: Window, b: Window) -> bool:
    return all(one.start <= other.stop and other.start <= one.stop for one, other in zip(a, b, strict=True))
