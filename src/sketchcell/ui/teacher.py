"""The switch *Learn while I paint*: starts, feeds and stops the learner."""

from __future__ import annotations

from typing import Any

from napari.components import ViewerModel
from qtpy.QtCore import QTimer

from sketchcell.errors import SketchcellError
from sketchcell.learning import FitSettings, Moment, Moments, Step
from sketchcell.sketch import Window
from sketchcell.sketch.window import intersect
from sketchcell.ui.answers import Answer
from sketchcell.ui.curriculum import all_paint, paint_of, what_is_painted
from sketchcell.ui.jobs import Job
from sketchcell.ui.lesson import Glance, lesson
from sketchcell.ui.notify import tell
from sketchcell.ui.params import same_lesson
from sketchcell.ui.reading import Reading
from sketchcell.ui.results import Results
from sketchcell.ui.scribe import Scribe
from sketchcell.ui.shelf import Shelf, fits
from sketchcell.ui.spot import Painted
from sketchcell.ui.state import Phase, State, Tool
from sketchcell.ui.view import visible
from sketchcell.ui.workbench import Workbench

_ADVICE = {
    (False, False): "Waiting for strokes. Paint inside a few cells (W), then some empty background (Q).",
    (True, False): "Now paint inside a few cells: press W and brush over them.",
    (False, True): "Now paint some background too: press Q and brush where there is no cell.",
}
_LEARNING = "Learning from your strokes. The first cells appear in a moment."
_CORRECT = (
    "Learning. Paint over what is wrong: Q on false cells, W on missed ones, "
    "T between cells that stick together."
)
_ENOUGH = (
    "It has stopped improving. Paint where it is wrong, go back to a better moment in the curve, or keep it."
)
_SETTLE = 400  # ms after the last change of what is taught until learning begins again
_STOPPED = "Stopped. What was learned is kept; switch on to go on learning."


class Teacher:
    """Runs one lesson at a time, as long as the switch is on.

    Parameters
    ----------
    viewer
        napari's.
    state
        Shared by all parts of the interface.
    workbench, scribe, reading, results
        Give layers, what is painted, and images; and take the answers.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        state: State,
        workbench: Workbench,
        scribe: Scribe,
        reading: Reading,
        results: Results,
    ) -> None:
        self._viewer, self._state = viewer, state
        self._workbench, self._scribe, self._reading = workbench, scribe, reading
        self._results = results
        self._job: Job | None = None
        self._ending: list[Job] = []
        self._glance: Glance | None = None
        self._moments = Moments()
        self._shelf = Shelf(state, results)
        self._soon = QTimer()
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SETTLE)
        self._soon.timeout.connect(self._begin_again)
        scribe.painted.connect(self._on_painted)
        events = state.events
        events.learn.connect(self._on_learn)
        events.device.connect(self._begin_again)
        events.family.connect(self._on_family)
        events.network.connect(self._begin_again)
        events.params.connect(self._on_params)
        events.region.connect(self._begin_again)
        events.raw_maps.connect(self._look)
        events.spot.connect(self._look)
        events.progress.connect(self._on_progress)

    def close(self) -> None:
        """Stop, and wait for the learner's thread."""
        self._state.learn = False
        self._soon.stop()
        self._scribe.painted.disconnect(self._on_painted)
        Job.end_all(self._ending)
        self._ending = []

    def switch(self) -> None:
        """Switch learning on, or off."""
        self._state.learn = not self._state.learn

    def toggle_region(self) -> None:
        """Let a box be drawn to learn in; or learn everywhere again."""
        if self._state.region is not None:
            self._state.region = None
            return
        try:
            self._workbench.use(Tool.REGION)
        except SketchcellError as error:
            tell(error)

    def go_back(self, moment: Moment) -> None:
        """Take up the model of an earlier moment; learning, if it is on, goes on from there."""
        state = self._state
        learned = state.learn
        state.learn = False
        state.model = moment.model
        self._results.predict_view()
        state.message = f"Back at step {moment.step:,}."
        state.learn = learned

    def _on_learn(self, learn: bool) -> None:
        if not learn:
            self._stop()
            return
        try:
            if self._state.layers is None:
                self._workbench.start()
        except SketchcellError as error:
            self._fail(error)
            return
        self._try_to_begin()

    def _on_painted(self, painted: Painted) -> None:
        project = self._state.project
        if project is None or not self._state.learn:
            return
        if self._glance is None:
            self._try_to_begin()
            return
        page = project.page(painted.spot.entry, painted.spot.plane)
        self._glance.paint.append(paint_of(page, painted.spot, painted.window, self._state.region))

    def _try_to_begin(self) -> None:
        """Begin if enough is painted; else say what to paint next."""
        self._scribe.look()  # which may begin already
        project = self._state.project
        if project is None or self._job is not None:
            return
        painted = what_is_painted(project, self._state.region)
        if painted in _ADVICE:
            self._state.phase = Phase.WAITING
            self._state.message = _ADVICE[painted]
            return
        self._begin()

    def _begin(self) -> None:
        state = self._state
        assert state.project is not None
        self._drop_unfit()
        state.phase, state.message = Phase.STARTING, "Getting ready…"
        state.step = None
        state.losses.clear()
        state.improving = True
        settings = FitSettings(
            family=state.family, network=state.network, params=state.params, device=state.device
        )
        self._glance = Glance(None, self._view(), state.params, None, state.raw_maps)
        self._look()
        painted = all_paint(state.project, state.region)
        work = lesson(painted, self._reading, self._glance, settings, state.model or state.start)
        self._ending = [job for job in self._ending if job.is_alive]
        self._job = Job(work, on_items=self._take, on_error=self._fail).start()

    def _stop(self) -> None:
        self._soon.stop()
        if self._job is not None:
            self._job.stop()
            self._ending.append(self._job)
        learned = self._job is not None and self._state.model is not None
        self._job = self._glance = None
        self._state.phase = Phase.OFF
        self._state.message = _STOPPED if learned else ""

    def _on_family(self, new: str, old: str) -> None:
        """Put the old family's work aside and take up what there is of the new one."""
        self._stop()
        self._shelf.swap(old, new)
        self._moments, self._state.moments = Moments(), ()
        if self._state.learn:
            self._on_learn(True)
        else:
            self._state.message = _STOPPED if self._state.model is not None else ""

    def _on_params(self, new: Any, old: Any) -> None:
        if type(new) is type(old) and not same_lesson(new, old):
            self._soon.start()  # again after each change, so that who looks for a value is not in the way
        self._look()

    def _drop_unfit(self) -> None:
        if self._state.model is not None and not fits(self._state):
            self._state.model = None

    def _begin_again(self) -> None:
        self._drop_unfit()
        if self._state.learn:
            self._stop()
            self._on_learn(True)

    def _take(self, items: list[Any]) -> None:
        state = self._state
        steps = [item for item in items if isinstance(item, Step)]
        answers = [item for item in items if isinstance(item, Answer)]
        if steps:
            if state.phase is Phase.STARTING:
                state.phase, state.message = Phase.LEARNING, _LEARNING
            state.losses.extend(step.loss for step in steps)
            state.step = steps[-1]
        for item in items:
            if isinstance(item, Moment):
                self._take_moment(item)
        if answers:
            state.model = answers[-1].source.model
            self._results.show(answers[-1])
            if state.phase is Phase.LEARNING:
                state.message = _CORRECT if state.improving else _ENOUGH
        self._look()

    def _take_moment(self, moment: Moment) -> None:
        state = self._state
        self._moments.add(moment)
        state.moments = tuple(self._moments)
        state.improving = moment.improving

    def _view(self) -> Window:
        """Return what is in view of the plane, and in the region if there is one."""
        layers, region = self._state.layers, self._state.region
        assert layers is not None
        seen = visible(layers.sketch)
        return seen if region is None else intersect(seen, region) or region

    def _look(self) -> None:
        """Tell the learner what is in view and how it is to be shown."""
        layers, glance, spot = self._state.layers, self._glance, self._state.spot
        if layers is None or glance is None:
            return
        glance.window = self._view()
        glance.params, glance.with_raw = self._state.params, self._state.raw_maps
        glance.shown = None if spot is None else self._results.plane(layers, spot)
        glance.spot = spot

    def _on_progress(self, progress: float | None) -> None:
        """Rest while the whole image is segmented: two networks at once slow each other down."""
        if self._glance is None:
            return
        if progress is None and not self._glance.go.is_set():
            self._glance.go.set()
            self._state.phase, self._state.message = Phase.LEARNING, _CORRECT
        elif progress is not None and self._glance.go.is_set():
            self._glance.go.clear()
            self._state.phase = Phase.PAUSED
            self._state.message = "Learning rests while the whole image is segmented."

    def _fail(self, error: Exception) -> None:
        self._state.learn = False
        self._state.message = str(error) if isinstance(error, SketchcellError) else "Learning has failed."
        tell(error)
