"""Where the network is in doubt: places to paint next, and how sure it is of each cell."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image
from numpy.typing import NDArray
from qtpy.QtCore import QTimer

from sketchcell.errors import SketchcellError
from sketchcell.images import as_channels
from sketchcell.inference import Progress
from sketchcell.learning import Hints, confidence, looking_again, looking_for_hints
from sketchcell.model import Model
from sketchcell.sketch import Window
from sketchcell.ui.colors import doubt_colormap
from sketchcell.ui.frame import plane_placement
from sketchcell.ui.jobs import Job
from sketchcell.ui.layers import SketchLayers, mark
from sketchcell.ui.models import as_set
from sketchcell.ui.notify import inform, tell
from sketchcell.ui.reading import Reading
from sketchcell.ui.results import Results
from sketchcell.ui.scribe import Scribe
from sketchcell.ui.spot import Spot
from sketchcell.ui.state import Found, Place, State
from sketchcell.ui.view import visible

NAME = "doubt"
_LARGEST = 2048 * 2048  # pixels: of a larger plane what is in view is looked at
_REST = 8000  # ms at least between two judgements of the cells while learning
_CELLS_ACROSS = 8  # of a hint's size, to be in view when one jumps to it
_NONE = "The network is in doubt nowhere here. Look at another part of the image, or accept what is right."


class Doubt:
    """Ranks doubtful places when asked, and judges each cell while that is shown.

    Parameters
    ----------
    viewer, state, scribe, reading, results
        As everywhere.
    """

    def __init__(
        self, viewer: ViewerModel, state: State, scribe: Scribe, reading: Reading, results: Results
    ) -> None:
        self._viewer, self._state, self._scribe = viewer, state, scribe
        self._reading, self._results = reading, results
        self._layer: Image | None = None
        self._asking: Job | None = None
        self._judging: Job | None = None
        self._ending: list[Job] = []
        self._at = -1
        self._soon = QTimer()
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._judge)
        events = state.events
        events.spot.connect(self.forget)
        events.model.connect(self._on_model)
        events.found.connect(self._on_found)
        events.by_confidence.connect(self._on_found)
        events.layers.connect(self._on_layers)
        viewer.layers.events.removed.connect(self._on_removed)

    def close(self) -> None:
        """Stop, and wait for the threads."""
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        self._soon.stop()
        Job.end_all([job for job in (self._asking, self._judging, *self._ending) if job is not None])
        self._asking = self._judging = None
        self._ending = []

    def next(self) -> None:
        """Bring the next doubtful place into view; look for some first if there are none.

        Raises
        ------
        SketchcellError
            When there is no model yet.
        """
        places = [place for place in self._state.hints if not self._is_painted(place)]
        if not places:
            self.ask()
            return
        self._at = (self._at + 1) % len(places)
        self.go(places[self._at])

    def ask(self) -> None:
        """Look for doubtful places in the background, and bring the first one into view.

        Raises
        ------
        SketchcellError
            When there is no model yet.
        """
        state = self._state
        if state.model is None or state.layers is None or state.spot is None:
            raise SketchcellError("There is no model to be in doubt yet: paint, and switch on learning.")
        if self._asking is not None:
            return
        page = self._scribe.page(state.spot.plane)
        window = self._window(state.layers)
        painted = (page.labels[window] > 0) | page.boundaries[window]
        model = as_set(state.model, state.params)
        work = _hints(model, self._reading, state.spot, window, painted)
        state.asking = True
        self._asking = Job(work, on_done=self._on_hints, on_error=self._on_ask_error).start()

    def go(self, place: Place) -> None:
        """Bring a place into view."""
        layers = self._state.layers
        if layers is None:
            return
        index = (*layers.frame.point_in_view(self._viewer, layers.sketch)[:-2], place.row, place.column)
        world = layers.sketch.data_to_world(index)
        camera = self._viewer.scene.camera
        seen = min(span.stop - span.start for span in visible(layers.sketch))
        camera.center = (*camera.center[:-2], *world[-2:])
        camera.zoom *= max(seen / (2 * max(place.radius, 4.0) * _CELLS_ACROSS), 1.0)
        self._state.message = f"Here: {place.reason}. Correct it, or accept it with A; N goes on."

    def forget(self) -> None:
        """Keep no hints: another plane is looked at, or the network has changed."""
        if self._asking is not None:
            self._asking.stop()
            self._ending.append(self._asking)
            self._asking = None
        self._state.asking = False
        self._state.hints = ()
        self._at = -1
        if self._layer is not None:
            self._layer.visible = False

    def _window(self, layers: SketchLayers) -> Window:
        height, width = layers.frame.planes.shape
        if height * width <= _LARGEST:
            return slice(0, height), slice(0, width)
        return visible(layers.sketch)

    def _is_painted(self, place: Place) -> bool:
        spot = self._state.spot
        if spot is None:
            return True
        return bool(self._scribe.page(spot.plane).labels[int(place.row), int(place.column)])

    def _on_hints(self, answer: tuple[Spot, Window, Hints]) -> None:
        self._asking = None
        self._state.asking = False
        spot, window, hints = answer
        if spot != self._state.spot or self._state.layers is None:
            return
        rows, columns = window
        self._state.hints = tuple(
            Place(hint.row + rows.start, hint.column + columns.start, hint.radius, hint.score, hint.reason)
            for hint in hints.places
        )
        self._show(window, hints.map)
        if self._state.hints:
            self.next()
        else:
            inform(_NONE)

    def _on_ask_error(self, error: Exception) -> None:
        self._asking = None
        self._state.asking = False
        tell(error)

    def _show(self, window: Window, doubtful: NDArray[np.float32]) -> None:
        layers, image = self._state.layers, self._state.image
        assert layers is not None
        assert image is not None
        if self._layer is None:
            active = self._viewer.layers.selection.active
            self._layer = Image(
                np.zeros(layers.frame.planes.shape, np.float32),
                name=NAME,
                colormap=doubt_colormap(),
                contrast_limits=(0.0, 1.0),
                blending="translucent",
                **plane_placement(image),
            )
            mark(self._layer, image, NAME)
            self._viewer.layers.insert(self._viewer.layers.index(image) + 1, self._layer)
            self._viewer.layers.selection.active = active
        self._layer.data[:] = 0
        self._layer.data[window] = doubtful
        self._layer.visible = True
        self._layer.refresh(extent=False, highlight=False, thumbnail=False)

    def _on_model(self) -> None:
        """Hints of a network that has learned on are still good to look at, those of another are not."""
        if self._state.model is None:
            self.forget()

    def _on_layers(self) -> None:
        self.forget()
        self._layer = None

    def _on_removed(self, event: object) -> None:
        if self._layer is not None and event.value is self._layer:  # type: ignore[attr-defined]
            self._layer = None

    def _on_found(self, _news: Found | bool | None = None) -> None:
        """Judge the cells again a moment after they have changed."""
        if self._state.by_confidence and not self._soon.isActive():
            self._soon.start(_REST if self._state.learn and self._state.confidence is not None else 100)

    def _judge(self) -> None:
        state = self._state
        if state.model is None or state.layers is None or state.spot is None or self._judging is not None:
            return
        labels = self._results.plane(state.layers, state.spot)
        window = self._window(state.layers)
        if not labels[window].any():
            return
        model = as_set(state.model, state.params)
        work = _confidence(model, self._reading, state.spot, window, labels[window].copy())
        self._judging = Job(work, on_done=self._on_judged, on_error=self._on_judge_error).start()

    def _on_judged(self, answer: tuple[Spot, NDArray[np.float32]]) -> None:
        self._judging = None
        spot, sure = answer
        if spot == self._state.spot:
            self._state.confidence = sure

    def _on_judge_error(self, error: Exception) -> None:
        self._judging = None
        self._state.by_confidence = False
        tell(error)


def _normalized(model: Model, reading: Reading, spot: Spot, window: Window) -> NDArray[np.float32]:
    whole = as_channels(reading.plane(spot), constant=True)
    channels = model.config.normalization.apply(whole, reading.sample(spot))
    return np.ascontiguousarray(channels[:, window[0], window[1]])


def _hints(
    model: Model, reading: Reading, spot: Spot, window: Window, painted: NDArray[np.bool_]
) -> Generator[Progress | None, None, tuple[Spot, Window, Hints]]:
    yield None
    hints = yield from looking_for_hints(model, _normalized(model, reading, spot, window), painted)
    return spot, window, hints


def _confidence(
    model: Model, reading: Reading, spot: Spot, window: Window, labels: NDArray[np.int32]
) -> Generator[Any, None, tuple[Spot, NDArray[np.float32]]]:
    yield None
    again = yield from looking_again(model, _normalized(model, reading, spot, window))
    return spot, confidence(labels, again)
