"""What each stroke teaches: where the distance to a cell's edge is known, where only bounded."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray

from sketchcell.sketch import Sketch, Window
from sketchcell.ui.colors import BOUND, EXACT
from sketchcell.ui.frame import plane_placement
from sketchcell.ui.layers import mark
from sketchcell.ui.lesson import Paint
from sketchcell.ui.notify import tell
from sketchcell.ui.page_follower import PageFollower
from sketchcell.ui.redraw import redraw
from sketchcell.ui.scribe import Scribe
from sketchcell.ui.state import State

NAME = "what strokes teach"
_LOOK = 0.05  # seconds between looks at what was painted
_EXACT, _BOUND = 1, 2


@dataclass(frozen=True, eq=False)
class _Known:
    window: Window
    codes: NDArray[np.uint8]


class KnownOverlay:
    """Shows the valid distance set of the plane in view while the switch is on.

    Parameters
    ----------
    viewer, state, scribe
        As everywhere.
    """

    def __init__(self, viewer: ViewerModel, state: State, scribe: Scribe) -> None:
        self._viewer, self._state = viewer, state
        self._layer: Labels | None = None
        self._follower = PageFollower(state, scribe, self._take, self._fail)
        state.events.known.connect(self._restart)
        state.events.spot.connect(self._restart)
        state.events.layers.connect(self._on_layers)
        viewer.layers.events.removed.connect(self._on_removed)

    def close(self) -> None:
        """Stop, and wait for the thread."""
        self._follower.close()
        self._viewer.layers.events.removed.disconnect(self._on_removed)

    def _restart(self) -> None:
        if self._state.known and self._follower.start(_follow):
            return
        self._follower.stop()
        if self._layer is not None:
            self._layer.visible = False

    def _on_layers(self) -> None:
        if self._layer is not None:
            self._layer.visible = False
        self._layer = None
        self._restart()

    def _take(self, items: list[_Known | None]) -> None:
        known = [item for item in items if item is not None]
        if not known or self._state.layers is None:
            return
        layer = self._layer or self._make()
        if not layer.visible:  # which napari would draw again as a whole
            layer.visible = True
        for item in known:
            layer.data[item.window] = item.codes
            redraw(layer, item.window)

    def _make(self) -> Labels:
        image, layers = self._state.image, self._state.layers
        assert image is not None
        assert layers is not None
        active = self._viewer.layers.selection.active
        colors = {None: "transparent", 0: "transparent", _EXACT: EXACT, _BOUND: BOUND}
        layer = Labels(
            np.zeros(layers.frame.planes.shape, np.uint8),
            name=NAME,
            opacity=0.75,
            colormap=DirectLabelColormap(color_dict=colors),
            **plane_placement(image),
        )
        mark(layer, image, NAME)
        self._viewer.layers.insert(self._viewer.layers.index(layers.boundaries) + 1, layer)
        self._viewer.layers.selection = {active} if active is not None else set()
        self._viewer.layers.selection.active = active
        self._layer = layer
        return layer

    def _on_removed(self, event: object) -> None:
        if self._layer is not None and event.value is self._layer:  # type: ignore[attr-defined]
            self._layer = None
            self._state.known = False

    def _fail(self, error: Exception) -> None:
        self._state.known = False
        tell(error)


def _follow(sketch: Sketch, paint: deque[Paint]) -> Generator[_Known | None, None, None]:
    """Say what is known on the whole plane, and again wherever something is painted, without end."""
    yield None
    yield _Known(sketch.window, _codes(sketch, sketch.window))
    while True:
        if not paint:
            time.sleep(_LOOK)
            yield None
            continue
        stroke = paint.popleft()
        changed = sketch.paint(stroke.window, stroke.labels, stroke.boundaries)
        if changed[0].start < changed[0].stop and changed[1].start < changed[1].stop:
            yield _Known(changed, _codes(sketch, changed))


def _codes(sketch: Sketch, window: Window) -> NDArray[np.uint8]:
    painted = (sketch.labels[window] > 0) | sketch.boundaries[window]
    codes: NDArray[np.uint8] = np.where(sketch.distances.valid[window], _EXACT, _BOUND).astype(np.uint8)
    codes[~painted] = 0
    return codes
