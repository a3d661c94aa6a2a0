"""Cells before the first stroke: what the start model says about the image in view."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.images import as_channels
from sketchcell.inference import Progress
from sketchcell.pretrained import PRIOR, prior_for, suits, untouched
from sketchcell.sketch import Window
from sketchcell.ui.answers import Answer, Source, answer
from sketchcell.ui.jobs import Job
from sketchcell.ui.layers import pixels, plane_shape
from sketchcell.ui.results import Results
from sketchcell.ui.state import State
from sketchcell.ui.workbench import Workbench

_LARGEST = 1536  # pixels a side: of a larger image the middle is looked at
_MOST_PIXELS = 64_000_000  # of an image that is read before anybody has asked to
_SEEN = (
    "This is what the network knows before your first stroke. Paint over what is wrong: Q on false cells, "
    "W on missed ones; then switch on."
)


class FirstLook:
    """Finds cells as soon as an image is chosen, as long as nothing was learned yet.

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
        events = state.events
        for event in (events.image, events.start):
            event.connect(self._on_other)
        for event in (events.family, events.network, events.model):
            event.connect(self.look)
        events.learn.connect(self._on_learn)
        self.look()

    def close(self) -> None:
        """Stop, and wait for the thread."""
        self.stop()
        Job.end_all(self._ending)

    def stop(self) -> None:
        """Wait for no answer any more."""
        if self._job is not None:
            self._job.stop()
            self._ending = [job for job in self._ending if job.is_alive] + [self._job]
            self._job = None

    def look(self) -> None:
        """Look at the image, if there is something to look with and nothing was learned yet."""
        self.stop()
        state = self._state
        if state.image is None or state.model is not None or state.learn or state.start != PRIOR:
            return
        if not suits(state.family, state.network, state.params):
            return
        try:
            shape = plane_shape(state.image)
        except SketchcellError:
            return  # said when sketching begins
        if shape[0] * shape[1] > _MOST_PIXELS:
            return
        shown = np.zeros(shape, np.int32) if state.layers is None else state.layers.instances.data
        work = _look(state.image, state.family, state.params, shown, state.raw_maps)
        self._job = Job(work, on_done=self._on_done, on_error=self._on_error).start()

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
        state.model = new.source.model
        self._results.show(new)
        state.message = _SEEN

    def _on_error(self, error: Exception) -> None:
        self._job = None
        if not isinstance(
            error, SketchcellError
        ):  # an image that cannot be learned from is told at the start
            raise error


def _look(
    image: Image, family: str, params: Any, shown: NDArray[np.int32], with_raw: bool
) -> Generator[Progress | None, None, Answer]:
    yield None
    array = pixels(image)
    model = yield from prior_for([array], family, params)
    channels = model.config.normalization.apply(as_channels(array))
    yield None
    window = _middle(channels.shape[1], channels.shape[2])
    maps = yield from model.predicting_normalized(np.ascontiguousarray(channels[:, window[0], window[1]]))
    whole = maps.shape == shown.shape
    return answer(Source(model, maps, window, whole=whole), params, shown, with_raw)


def _middle(height: int, width: int) -> Window:
    rows, columns = (
        slice(max(0, (side - _LARGEST) // 2), max(0, (side - _LARGEST) // 2) + min(side, _LARGEST))
        for side in (height, width)
    )
    return rows, columns
