"""Thresholds found by the strokes instead of by hand."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from sketchcell.errors import SketchcellError
from sketchcell.families import params_of_stage
from sketchcell.inference import EmbeddingStore
from sketchcell.learning.example import Example
from sketchcell.learning.held_out import HeldOut
from sketchcell.learning.thresholds import fit_thresholds
from sketchcell.model import Model
from sketchcell.sketch import Sketch
from sketchcell.ui.curriculum import all_paint
from sketchcell.ui.jobs import Job
from sketchcell.ui.lesson import Paint
from sketchcell.ui.models import as_set
from sketchcell.ui.notify import inform, tell
from sketchcell.ui.params import with_thresholds
from sketchcell.ui.reading import Reading
from sketchcell.ui.scribe import Scribe
from sketchcell.ui.state import State

_EVERYTHING = HeldOut(1.0, 0)
_PATIENCE = 5.0  # seconds to wait for the thread when the dock closes


class Fitter:
    """Moves the sliders to where the cells agree best with what is painted.

    Parameters
    ----------
    state, scribe, reading
        As everywhere.
    """

    def __init__(self, state: State, scribe: Scribe, reading: Reading) -> None:
        self._state, self._scribe, self._reading = state, scribe, reading
        self._job: Job | None = None
        state.events.family.connect(self.stop)
        state.events.layers.connect(self.stop)

    def close(self) -> None:
        """Stop, and wait a moment for the thread."""
        if self._job is not None:
            Job.end_all([self._job], _PATIENCE)
        self.stop()

    def start(self) -> None:
        """Fit in the background.

        Raises
        ------
        SketchcellError
            When there is no model yet, or no sketch.
        """
        state = self._state
        if state.model is None or state.project is None:
            raise SketchcellError("There is nothing to fit yet: paint, and switch on 'Learn while I paint'.")
        if self._job is not None:
            return
        self._scribe.look()
        painted = all_paint(state.project, None)
        work = _fit(as_set(state.model, state.params), painted, self._reading)
        state.fitting = True
        self._job = Job(work, on_done=self._on_done, on_error=self._on_error).start()

    def stop(self) -> None:
        """Wait for no answer any more."""
        if self._job is not None:
            self._job.stop()
            self._job = None
        self._state.fitting = False

    def _on_done(self, result: tuple[Any, float | None]) -> None:
        self.stop()
        fitted, agreement = result
        before = self._state.params
        if agreement is None:
            inform("Too little is painted to judge by: paint in at least six cells, then fit again.")
            return
        self._state.params = with_thresholds(before, fitted)
        inform(f"{_changes(before, self._state.params)} Agreement with your strokes: {agreement:.0%}.")

    def _on_error(self, error: Exception) -> None:
        self.stop()
        tell(error)


def _fit(
    model: Model, painted: Iterable[Paint], reading: Reading
) -> Generator[None, None, tuple[Any, float | None]]:
    store = EmbeddingStore()
    examples = []
    for paint in painted:
        yield None
        sketch = Sketch(paint.labels, paint.boundaries)
        sample = reading.sample(paint.spot)
        example = Example(reading.plane(paint.spot), sketch, model.config.normalization, whole=sample)
        yield None
        example.rescale(model.config.scale)
        yield None
        example.embed_with(model.network, store)
        examples.append(example)
    yield None
    # while somebody paints nothing is held out: all strokes judge, and only clear differences count
    return fit_thresholds(model, examples, _EVERYTHING)


def _changes(before: Any, after: Any) -> str:
    changed = [
        f"{field.metadata['label']} {getattr(after, field.name):g}"
        for field in params_of_stage(type(after), "decode")
        if getattr(after, field.name) != getattr(before, field.name)
    ]
    return f"Fitted: {', '.join(changed)}." if changed else "No other thresholds are clearly better."
