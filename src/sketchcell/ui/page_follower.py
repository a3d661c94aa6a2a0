"""Work in the background on what is painted on the plane in view, told of each stroke."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import Any

from sketchcell.sketch import Sketch
from sketchcell.ui.curriculum import paint_of
from sketchcell.ui.jobs import Job
from sketchcell.ui.lesson import Paint
from sketchcell.ui.scribe import Scribe
from sketchcell.ui.spot import Painted
from sketchcell.ui.state import State

Work = Callable[[Sketch, deque[Paint]], Generator[Any, None, None]]
"""Makes an endless generator of a copy of the sketch, and of a queue of what is painted from then on."""


class PageFollower:
    """Runs one such generator at a time.

    Parameters
    ----------
    state, scribe
        As everywhere.
    on_items
        Takes what it yields.
    on_error
        Takes what it raises.
    """

    def __init__(
        self,
        state: State,
        scribe: Scribe,
        on_items: Callable[[list[Any]], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._state, self._scribe = state, scribe
        self._on_items, self._on_error = on_items, on_error
        self._paint: deque[Paint] | None = None
        self._job: Job | None = None
        self._ending: list[Job] = []
        scribe.painted.connect(self._on_painted)

    def start(self, work: Work) -> bool:
        """Begin anew with the plane in view; tell whether there is one."""
        self.stop()
        spot = self._state.spot
        if self._state.layers is None or spot is None:
            return False
        page = self._scribe.page(spot.plane)
        self._paint = deque()
        self._ending = [job for job in self._ending if job.is_alive]
        steps = work(Sketch(page.labels, page.boundaries), self._paint)
        self._job = Job(steps, on_items=self._on_items, on_error=self._on_error).start()
        return True

    def stop(self) -> None:
        """Expect nothing more."""
        if self._job is not None:
            self._job.stop()
            self._ending.append(self._job)
        self._job = self._paint = None

    def close(self) -> None:
        """Stop, and wait for the thread."""
        self.stop()
        self._scribe.painted.disconnect(self._on_painted)
        Job.end_all(self._ending)
        self._ending = []

    def _on_painted(self, painted: Painted) -> None:
        project = self._state.project
        if self._paint is not None and project is not None and painted.spot == self._state.spot:
            page = project.page(painted.spot.entry, painted.spot.plane)
            self._paint.append(paint_of(page, painted.spot, painted.window, None))
