"""Labels from elsewhere, taken for annotation: a layer of the window, or a file."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels
from numpy.typing import NDArray
from qtpy.QtCore import QTimer

from sketchcell.errors import SketchcellError
from sketchcell.images import read_label_stack
from sketchcell.sketch import BACKGROUND, Window
from sketchcell.sketch.gestures import from_labels
from sketchcell.ui.frame import Frame, Plane
from sketchcell.ui.jobs import Job
from sketchcell.ui.layers import is_ours
from sketchcell.ui.notify import inform, tell
from sketchcell.ui.scribe import Scribe
from sketchcell.ui.state import State
from sketchcell.ui.workbench import Workbench

_TILE = 512  # pixels a side: so much is painted at a time
_TURN = 0.015  # seconds of the window's thread at a time
_AHEAD = 32  # tiles that wait to be painted


@dataclass(frozen=True, eq=False)
class _Tile:
    plane: Plane
    window: Window
    labels: NDArray[np.uint16]
    share: float


class Importer:
    """Paints labels as one step for undo, a little at a time, so that the window stays alive.

    Parameters
    ----------
    viewer, state, workbench, scribe
        As everywhere.
    """

    def __init__(self, viewer: ViewerModel, state: State, workbench: Workbench, scribe: Scribe) -> None:
        self._viewer, self._state = viewer, state
        self._workbench, self._scribe = workbench, scribe
        self._job: Job | None = None
        self._ending: list[Job] = []
        self._waiting: deque[_Tile] = deque()
        self._read = False
        self._plane: Plane | None = None
        self._shift = 0
        self._turn = QTimer()
        self._turn.timeout.connect(self._paint)
        state.events.layers.connect(self._on_layers)

    def close(self) -> None:
        """Stop, and wait for the thread; what is painted stays."""
        self._stop()
        Job.end_all(self._ending)
        self._ending = []

    @property
    def sources(self) -> list[Labels]:
        """The labels layers of the window that fit the image, those of its sketch left out."""
        layers = self._state.layers
        if layers is None:
            return []
        fitting = {layers.frame.shape, _stack_shape(layers.frame), layers.frame.planes.shape}
        return [
            layer
            for layer in self._viewer.layers
            if isinstance(layer, Labels)
            and not is_ours(layer)
            and layer not in layers
            and not layer.multiscale
            and tuple(layer.data.shape) in fitting
        ]

    def from_layer(self, layer: Labels, *, complete: bool) -> None:
        """Paint what a layer holds.

        Parameters
        ----------
        layer
            Of the image's size, or of the size of the plane in view.
        complete
            Whether all cells are labelled, so that the rest is background.

        Raises
        ------
        SketchcellError
            When there is no image, or something is being imported.
        """
        self._start(lambda: layer.data, f"The layer '{layer.name}'", complete)

    def from_file(self, path: Path, *, complete: bool) -> None:
        """Paint what a label image holds, as `from_layer`; what is wrong with the file is told later."""
        self._start(lambda: read_label_stack(path)[0], f"'{path.name}'", complete)

    def cancel(self) -> None:
        """Stop; what is painted already is one step for undo."""
        if self._job is not None:
            self._stop()
            inform("The import was cancelled. What was painted until then stays; Ctrl+Z takes it away.")

    def _start(self, read: Callable[[], Any], name: str, complete: bool) -> None:
        if self._job is not None:
            raise SketchcellError("Labels are being imported already: wait until that is done, or cancel it.")
        layers = self._state.layers or self._workbench.start()
        in_view = None if self._state.spot is None else self._state.spot.plane
        work = _reading(read, name, layers.frame, in_view, complete, self._waiting)
        self._waiting.clear()
        self._plane, self._read = None, False
        self._state.importing = 0.0
        self._scribe.look()
        self._scribe.hold()
        self._ending = [job for job in self._ending if job.is_alive]
        self._job = Job(work, on_done=self._on_read, on_error=self._on_error).start()
        self._turn.start(0)

    def _paint(self) -> None:
        """Paint what has been read, for a moment."""
        until = time.perf_counter() + _TURN
        self._turn.setInterval(0 if self._waiting else 20)
        while self._waiting and time.perf_counter() < until:
            tile = self._waiting.popleft()
            self._put(tile)
            if self._job is None:  # whoever was told of the paint has ended it
                return
            self._state.importing = tile.share
        if self._read and not self._waiting:
            self._stop()
            inform("The labels are annotation now; Ctrl+Z takes them away again.")

    def _put(self, tile: _Tile) -> None:
        page = self._scribe.page(tile.plane)
        if tile.plane != self._plane:  # numbers that are painted already belong to other cells
            self._plane = tile.plane
            self._shift = max(int(page.labels.max()) - BACKGROUND, 0)
        old, lines = page.labels[tile.window], page.boundaries[tile.window]
        new = tile.labels.astype(np.int32)
        new[new > BACKGROUND] += self._shift
        labels = np.where(new > 0, new, old)
        self._scribe.edit([(tile.plane, tile.window, labels, lines & (new == 0))])

    def _stop(self) -> None:
        self._turn.stop()
        if self._job is None:
            return
        self._job.stop()
        self._ending.append(self._job)
        self._job = None
        self._waiting.clear()
        self._scribe.release()
        self._state.importing = None

    def _on_read(self, _: None) -> None:
        self._read = True

    def _on_error(self, error: Exception) -> None:
        self._stop()
        tell(error)

    def _on_layers(self) -> None:
        self._stop()


def _stack_shape(frame: Frame) -> tuple[int, ...]:
    return (*frame.planes.leading, *frame.planes.shape)


def _reading(
    read: Callable[[], Any],
    name: str,
    frame: Frame,
    in_view: Plane | None,
    complete: bool,
    waiting: deque[_Tile],
) -> Generator[None, None, None]:
    """Turn labels into annotation, tile by tile, not far ahead of whoever paints them."""
    yield None
    planes = _planes(read(), name, frame, in_view)
    for number, (plane, labels) in enumerate(planes):
        painted = np.asarray(from_labels(labels(), complete=complete).labels, np.uint16)
        windows = list(_windows(frame.planes.shape))
        for part, window in enumerate(windows, start=1):
            while len(waiting) > _AHEAD:
                time.sleep(0.01)
                yield None
            tile = painted[window]
            if tile.any():
                waiting.append(_Tile(plane, window, tile, (number + part / len(windows)) / len(planes)))
            yield None


def _planes(
    data: Any, name: str, frame: Frame, in_view: Plane | None
) -> list[tuple[Plane, Callable[[], NDArray[Any]]]]:
    """Return the planes of a stack of labels, and what reads each."""
    shape = tuple(data.shape)
    if shape == frame.planes.shape and in_view is not None:
        return [(in_view, lambda: np.asarray(data))]
    if shape == _stack_shape(frame):
        return [(plane, partial(_read_plane, data, plane)) for plane in frame.all_planes()]
    if shape == frame.shape:
        return [(plane, partial(_read_plane, data, frame.index(plane))) for plane in frame.all_planes()]
    raise SketchcellError(
        f"{name} has {_size(shape)} pixels and the image {_size(_stack_shape(frame))}: import labels that "
        "were made on this image, at its full size."
    )


def _read_plane(data: Any, index: tuple[int, ...]) -> NDArray[Any]:
    return np.asarray(data[index])


def _windows(shape: tuple[int, int]) -> Iterator[Window]:
    for row in range(0, shape[0], _TILE):
        for column in range(0, shape[1], _TILE):
            yield slice(row, min(row + _TILE, shape[0])), slice(column, min(column + _TILE, shape[1]))


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(str(length) for length in shape)
