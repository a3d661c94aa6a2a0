"""The outlines of the cells that are selected, as a layer of their own."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray

from sketchcell.sketch import Window
from sketchcell.sketch.window import expand
from sketchcell.ui.frame import plane_placement, whole
from sketchcell.ui.jobs import Job
from sketchcell.ui.layers import mark
from sketchcell.ui.notify import tell
from sketchcell.ui.redraw import redraw
from sketchcell.ui.state import State
from sketchcell.ui.table.state import TableState

NAME = "selected cells"
_AT_ONCE = 40  # cells; more are outlined in the background
_RIM, _AROUND = 1, 2
_COLORS = {None: "transparent", 0: "transparent", _RIM: "#ffffff", _AROUND: "#000000"}


class Outlines:
    """Draws a white line around each selected cell in view, and a black one around that.

    Parameters
    ----------
    viewer, state
        As everywhere.
    table
        What is measured and selected.
    """

    def __init__(self, viewer: ViewerModel, state: State, table: TableState) -> None:
        self._viewer, self._state, self._table = viewer, state, table
        self._layer: Labels | None = None
        self._drawn: list[Window] = []
        self._job: Job | None = None
        self._ending: list[Job] = []
        table.events.picked.connect(self._draw)
        state.events.spot.connect(self._draw)
        state.events.layers.connect(self._on_layers)
        viewer.layers.events.removed.connect(self._on_removed)

    def close(self) -> None:
        """Take the layer away, and wait for the thread."""
        self._table.events.picked.disconnect(self._draw)
        self._state.events.spot.disconnect(self._draw)
        self._state.events.layers.disconnect(self._on_layers)
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        self._stop()
        Job.end_all(self._ending)
        self._remove()

    def _on_layers(self) -> None:
        self._stop()
        self._remove()

    def _remove(self) -> None:
        layer, self._layer = self._layer, None
        self._drawn = []
        if layer is not None:
            active = self._viewer.layers.selection.active
            with suppress(ValueError):  # it is gone already
                self._viewer.layers.remove(layer)
            if active is not None and active in self._viewer.layers:
                self._viewer.layers.selection.active = active

    def _on_removed(self, event: object) -> None:
        if self._layer is not None and event.value is self._layer:  # type: ignore[attr-defined]
            self._layer = None
            self._drawn = []

    def _stop(self) -> None:
        if self._job is not None:
            self._job.stop()
            self._ending = [job for job in self._ending if job.is_alive] + [self._job]
            self._job = None

    def _draw(self) -> None:
        layers, spot, measured = self._state.layers, self._state.spot, self._table.measured
        self._stop()
        self._wipe()
        if layers is None or spot is None or measured is None or not self._table.picked.size:
            return
        rows = np.intersect1d(self._table.picked, measured.rows_in(spot.plane), assume_unique=True)
        if not rows.size:
            return
        plane = layers.instances.data[layers.frame.index(spot.plane)]
        labels = measured.labels[rows]
        layer = self._layer or self._make()
        if rows.size > _AT_ONCE:
            self._job = Job(_outlining(plane, labels), on_done=self._take, on_error=tell).start()
            return
        for label, (top, left, bottom, right) in zip(labels, measured.boxes[rows], strict=True):
            window = expand((slice(top, bottom), slice(left, right)), 1, plane.shape)
            drawn = outline(plane[window], plane[window] == label)
            here = layer.data[window]
            here[drawn > 0] = drawn[drawn > 0]
            self._drawn.append(window)
            redraw(layer, window)

    def _take(self, drawn: NDArray[np.uint8]) -> None:
        self._job = None
        if self._layer is not None and self._layer.data.shape == drawn.shape:
            everywhere = whole(drawn.shape)
            self._layer.data[everywhere] = drawn
            self._drawn = [everywhere]
            redraw(self._layer, everywhere)

    def _wipe(self) -> None:
        if self._layer is None:
            return
        for window in self._drawn:
            self._layer.data[window] = 0
            redraw(self._layer, window)
        self._drawn = []

    def _make(self) -> Labels:
        image, layers = self._state.image, self._state.layers
        assert image is not None
        assert layers is not None
        active = self._viewer.layers.selection.active
        layer = Labels(
            np.zeros(layers.frame.planes.shape, np.uint8),
            name=NAME,
            opacity=1.0,
            colormap=DirectLabelColormap(color_dict=_COLORS),
            **plane_placement(image),
        )
        mark(layer, image, NAME)
        self._viewer.layers.append(layer)
        self._viewer.layers.selection = {active} if active is not None else set()
        self._viewer.layers.selection.active = active
        self._layer = layer
        return layer


def outline(labels: NDArray[np.int32], chosen: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return 1 on the outermost pixels of chosen cells, 2 on those just outside, 0 elsewhere.

    Parameters
    ----------
    labels
        int32 ``(H, W)``: touching chosen cells each have an outline.
    chosen
        bool ``(H, W)``: the pixels of the chosen cells.
    """
    drawn = np.zeros(labels.shape, np.uint8)
    for one, other in (
        (np.s_[1:, :], np.s_[:-1, :]),
        (np.s_[:, 1:], np.s_[:, :-1]),
    ):
        edge = labels[one] != labels[other]
        for here in (one, other):
            drawn[here][edge & chosen[here]] = _RIM
            around = edge & (chosen[one] != chosen[other]) & ~chosen[here]
            drawn[here][around & (drawn[here] == 0)] = _AROUND
    return drawn


def _outlining(
    plane: NDArray[np.int32], labels: NDArray[np.int64]
) -> Generator[None, None, NDArray[np.uint8]]:
    yield None
    kept = plane.copy()
    chosen = np.zeros(max(int(kept.max()), int(labels.max())) + 1, np.bool_)
    chosen[labels] = True
    yield None
    return outline(kept, chosen[kept])
