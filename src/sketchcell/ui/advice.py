"""What is missing of a sketch to learn well from it: one sentence at a time."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication
from skimage.measure import label as connected_parts
from skimage.morphology import convex_hull_image

from sketchcell.sketch import BACKGROUND, FIRST_OBJECT, PaintedObject, Sketch
from sketchcell.ui.curriculum import painted_spots
from sketchcell.ui.jobs import Job
from sketchcell.ui.scribe import Scribe
from sketchcell.ui.spot import Painted
from sketchcell.ui.state import State

NO_CELLS = "Only background so far: paint inside a few cells, too (W)."
NO_BACKGROUND = "Paint some background, too (Q): where there is no cell."
NO_EDGE = "Paint some background right beside a cell (Q), so that its edge is known."
TOUCHING = (
    "Two cells seem to touch in one colour: draw the line between them (T), or give each its own number (R)."
)
ONE_CELL = "Paint two or three more cells, so that it learns how they differ."

_SETTLE = 700  # ms without a stroke until something is said
_THICK = 4.0  # pixels: thinner objects are not judged by their shape
_SOLID = 0.93  # of two cells in one colour, less than this of the hull is filled
_NECK = 0.6  # of its thickness: an object that falls apart where it is thinner is two


class Advice:
    """Looks at the plane in view when nothing has been painted for a moment, and says what it lacks.

    Parameters
    ----------
    state, scribe
        As everywhere.
    """

    def __init__(self, state: State, scribe: Scribe) -> None:
        self._state, self._scribe = state, scribe
        self._job: Job | None = None
        self._ending: list[Job] = []
        self._soon = QTimer()
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SETTLE)
        self._soon.timeout.connect(self._look)
        scribe.painted.connect(self._on_painted)
        state.events.spot.connect(self._on_spot)

    def close(self) -> None:
        """Stop, and wait for the thread."""
        self._stop()
        self._scribe.painted.disconnect(self._on_painted)
        Job.end_all(self._ending)
        self._ending = []

    def _on_painted(self, painted: Painted) -> None:
        if painted.spot == self._state.spot:
            self._soon.start()

    def _on_spot(self) -> None:
        self._stop()
        self._state.advice = ""
        self._soon.start()

    def _look(self) -> None:
        spot, project = self._state.spot, self._state.project
        if spot is None or project is None or self._state.layers is None:
            return
        if QApplication.mouseButtons() != Qt.MouseButton.NoButton:  # the pen is down
            self._soon.start()
            return
        self._stop()
        page = self._scribe.page(spot.plane)
        elsewhere = any(other != spot for other in painted_spots(project))
        work = _advising(page.labels.copy(), page.boundaries.copy(), elsewhere)
        self._job = Job(work, on_done=self._say).start()

    def _say(self, advice: str) -> None:
        self._state.advice = advice

    def _stop(self) -> None:
        self._soon.stop()
        if self._job is not None:
            self._job.stop()
            self._ending = [job for job in self._ending if job.is_alive] + [self._job]
            self._job = None


def advise(sketch: Sketch, *, elsewhere: bool = False) -> str:
    """Return what is missing of a sketch, in a sentence; empty if nothing is.

    Parameters
    ----------
    sketch
        Of one plane.
    elsewhere
        Whether other planes are painted on, which may have what is missing here.
    """
    cells = sketch.labels >= FIRST_OBJECT
    background = bool((sketch.labels == BACKGROUND).any())
    if not cells.any():
        return NO_CELLS if background and not elsewhere else ""
    if not background and not sketch.boundaries.any() and not elsewhere:
        return NO_BACKGROUND
    if not (sketch.distances.valid & cells & ~sketch.boundaries).any():
        return NO_EDGE
    if any(_is_two(one) for one in sketch.objects):
        return TOUCHING
    if not background and not elsewhere:
        return NO_BACKGROUND
    return ONE_CELL if len(sketch.objects) == 1 and not elsewhere else ""


def _is_two(one: PaintedObject) -> bool:
    """Tell whether an object whose outline is known looks like two that touch."""
    if not one.surrounded or one.thickness < _THICK or one.cut:
        return False
    hull = convex_hull_image(one.mask)  # type: ignore[no-untyped-call]
    if one.area > _SOLID * np.count_nonzero(hull):
        return False
    cores = connected_parts(one.distance > _NECK * one.thickness)  # type: ignore[no-untyped-call]
    return bool(np.count_nonzero(np.bincount(cores.ravel())[1:] > 4) > 1)


def _advising(
    labels: NDArray[np.uint16], boundaries: NDArray[np.bool_], elsewhere: bool
) -> Generator[None, None, str]:
    yield None
    return advise(Sketch(labels, boundaries), elsewhere=elsewhere)
