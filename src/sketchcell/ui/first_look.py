"""Cells before the first stroke, and on each plane that comes into view while nothing is learned."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QTimer

from sketchcell.errors import SketchcellError
from sketchcell.images import Planes, as_channels
from sketchcell.inference import Progress
from sketchcell.model import Model
from sketchcell.pretrained import PRIOR, prior_for, suits, untouched
from sketchcell.sketch import Window
from sketchcell.ui.answers import Answer, Source, answer
from sketchcell.ui.frame import Plane
from sketchcell.ui.jobs import Job
from sketchcell.ui.layers import planes_of
from sketchcell.ui.results import Results
from sketchcell.ui.spot import Spot
from sketchcell.ui.state import State
from sketchcell.ui.workbench import Workbench

_LARGEST = 1536  # pixels a side: of a larger image the middle is looked at
_MOST_PIXELS = 64_000_000  # of a plane that is read before anybody has asked to
_SETTLE = 120  # ms that a plane must stay in view before it is looked at
_SEEN = (
    "This is what the network knows before your first stroke. Paint over what is wrong: Q on false cells, "
    "W on missed ones; then switch on."
)


class FirstLook:
    """Finds cells as soon as a plane comes into view that has none, as long as nothing is being learned.

    Parameters
    ----------
    state, workbench, results
        As everywhere.
    """

    def __init__(self, state: State, workbench: Workbench, results: Results) -> None:
        self._state = state
        self._workbench, self._results = workbench, results
        self._job: Job | None = None
        self._ending: list[Job] = []
        self._open = True
        self._soon = QTimer()
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SETTLE)
        self._soon.timeout.connect(self.look)
        events = state.events
        for event in (events.image, events.start):
            event.connect(self._on_other)
        for event in (events.family, events.network, events.model):
            event.connect(self.look)
        events.learn.connect(self._on_learn)
        events.spot.connect(self._on_spot)
        self.look()

    def close(self) -> None:
        """Stop, and wait for the thread."""
        self._open = False
        self.stop()
        Job.end_all(self._ending)

    def stop(self) -> None:
        """Wait for no answer any more."""
        self._soon.stop()
        if self._job is not None:
            self._job.stop()
            self._ending = [job for job in self._ending if job.is_alive] + [self._job]
            self._job = None

    def look(self) -> None:
        """Look at the plane in view, if there is something to look with and nothing is known of it yet."""
        self.stop()
        state = self._state
        if not self._open or state.image is None or state.learn or state.progress is not None:
            return
        model = state.model
        if model is None and (state.start != PRIOR or not suits(state.family, state.network, state.params)):
            return
        if model is not None and (model.config.family != state.family or not self._is_new()):
            return
        try:
            planes = planes_of(state.image)
        except SketchcellError:
            return  # said when sketching begins
        if planes.shape[0] * planes.shape[1] > _MOST_PIXELS:
            return
        plane = tuple(length // 2 for length in planes.leading) if state.spot is None else state.spot.plane
        shown = np.zeros(planes.shape, np.int32)
        if state.layers is not None and state.spot is not None:
            shown = self._results.plane(state.layers, state.spot)
        work = _look(planes, plane, state.family, model, state.params, shown, state.raw_maps)
        self._job = Job(work, on_done=self._on_done, on_error=self._on_error).start()

    def _is_new(self) -> bool:
        """Tell whether no cells are known of the plane in view."""
        layers, spot = self._state.layers, self._state.spot
        return layers is not None and spot is not None and not self._results.plane(layers, spot).any()

    def _on_spot(self, spot: Spot | None) -> None:
        if spot is None:
            self.stop()
        elif self._open and self._state.model is not None and not self._state.learn:
            self._soon.start()

    def _on_other(self) -> None:
        """Begin anew on another image, or from another start; what was learned from strokes is kept."""
        if self._state.model is not None and untouched(self._state.model):
            self._state.model = None  # looks
        else:
            self.look()

    def _on_learn(self, learn: bool) -> None:
        if learn:
            self.stop()
        else:
            self.look()

    def _on_done(self, new: Answer) -> None:
        self._job = None
        state = self._state
        if state.layers is None:
            self._workbench.prepare()
        spot = state.spot
        if spot is None:
            return
        if spot.plane == new.source.spot.plane:
            self._results.show(replace(new, source=replace(new.source, spot=spot)))
        if state.model is None:
            state.model = new.source.model
            state.message = _SEEN
        if spot.plane != new.source.spot.plane:
            self.look()

    def _on_error(self, error: Exception) -> None:
        self._job = None
        # what an image cannot be learned from for is told at the start
        if not isinstance(error, SketchcellError):
            raise error


def _look(
    planes: Planes,
    plane: Plane,
    family: str,
    model: Model | None,
    params: Any,
    shown: NDArray[np.int32],
    with_raw: bool,
) -> Generator[Progress | None, None, Answer]:
    yield None
    array = planes.read(plane)
    sample = as_channels(planes.sample(), constant=True) if planes.leading else None
    yield None
    if model is None:
        model = yield from prior_for([array], family, params)
    channels = model.config.normalization.apply(as_channels(array), sample)
    yield None
    window = _middle(channels.shape[1], channels.shape[2])
    maps = yield from model.predicting_normalized(np.ascontiguousarray(channels[:, window[0], window[1]]))
    source = Source(model, maps, Spot("", plane), window, whole=maps.shape == shown.shape)
    return answer(source, params, shown, with_raw)


def _middle(height: int, width: int) -> Window:
    rows, columns = (
        slice(max(0, (side - _LARGEST) // 2), max(0, (side - _LARGEST) // 2) + min(side, _LARGEST))
        for side in (height, width)
    )
    return rows, columns
