"""What belongs to a saved project beside its strokes: the cells, the model, and how far each image is."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QTimer

from sketchcell.errors import SketchcellError
from sketchcell.model import Model
from sketchcell.project import Project
from sketchcell.ui.jobs import Job
from sketchcell.ui.models import as_set
from sketchcell.ui.notify import tell
from sketchcell.ui.projects import Projects
from sketchcell.ui.results import Results
from sketchcell.ui.spot import Spot
from sketchcell.ui.state import State

_EVERY = 60_000  # ms

Cells = tuple[Spot, NDArray[np.int32]]


class Keeper:
    """Writes cells and model into the project ever so often, when an image is left, and at the end.

    Parameters
    ----------
    state, projects, results
        As everywhere.
    """

    def __init__(self, state: State, projects: Projects, results: Results) -> None:
        self._state, self._projects, self._results = state, projects, results
        self._job: Job | None = None
        self._kept_model: Model | None = None
        self._brought: set[Spot] = set()
        self._timer = QTimer()
        self._timer.setInterval(_EVERY)
        self._timer.timeout.connect(self.keep)
        self._timer.start()
        results.finished.connect(self._on_finished)
        state.events.spot.connect(self._on_spot)
        state.events.project.connect(self._on_project)

    def close(self) -> None:
        """Write what is new, and wait until it is written."""
        self._timer.stop()
        self.settle()

    def settle(self) -> None:
        """Write what is new before the project is closed, and wait until it is written."""
        if self._job is not None:
            self._job.wait()
            self._job = None
        project, cells, model = self._news()
        self._results.take_changed()  # no other project is to get them
        if project is None:
            return
        try:
            for _ in _keep(project, cells, model):
                pass
        except SketchcellError as error:
            tell(error)

    def keep(self) -> None:
        """Write what is new, in the background."""
        if self._job is not None:
            return
        project, cells, model = self._news()
        if project is not None and (cells or model is not None):
            self._job = Job(
                _keep(project, cells, model), on_done=self._on_done, on_error=self._on_error
            ).start()

    def _news(self) -> tuple[Project | None, list[Cells], Model | None]:
        state = self._state
        if state.project is None or state.project.unsaved:
            return None, [], None
        model = state.model if state.model is not self._kept_model else None
        self._kept_model = state.model
        cells = [(spot, plane.copy()) for spot, plane in self._results.take_changed()]
        return state.project, cells, None if model is None else as_set(model, state.params)

    def _on_done(self, _result: None) -> None:
        self._job = None

    def _on_error(self, error: Exception) -> None:
        self._job = None
        tell(error)

    def _on_project(self) -> None:
        self._brought.clear()

    def _on_finished(self) -> None:
        if self._state.project is not None:
            entry = self._state.project.entry(self._state.entry)
            if entry.state != "approved":
                self._projects.set_state("segmented")
        self.keep()

    def _on_spot(self, spot: Spot | None) -> None:
        """Show the cells that were there when the plane was left last."""
        layers, project = self._state.layers, self._state.project
        if spot is None or layers is None or project is None or project.unsaved or spot in self._brought:
            return
        self._brought.add(spot)
        if self._results.plane(layers, spot).any():
            return
        try:
            cells = project.instances(spot.entry, spot.plane)
        except SketchcellError as error:
            tell(error)
            return
        if cells is not None:
            self._results.bring_back(spot, cells)


def _keep(project: Project, cells: Sequence[Cells], model: Model | None) -> Generator[None, None, None]:
    for spot, plane in cells:
        yield None
        project.save_instances(spot.entry, spot.plane, plane)
    if model is not None:
        yield None
        project.save_model(model)
