"""Segmenting many images in the background of the window."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

from psygnal import Signal

from sketchcell.batch import (
    Order,
    Outcome,
    Source,
    WouldReplaceError,
    find_images,
    segmenting,
    summary,
    usual_workers,
)
from sketchcell.errors import SketchcellError
from sketchcell.images import check_writable
from sketchcell.inference import Progress
from sketchcell.model import Model, load_model
from sketchcell.networks import pick_device
from sketchcell.ui.jobs import Job
from sketchcell.ui.notify import inform, tell
from sketchcell.ui.state import State

_WORK = "segmenting"


class Batch:
    """Carries out one order at a time in the background.

    Parameters
    ----------
    state
        Told how far it is.
    """

    changed = Signal()
    """It has begun or ended."""
    news = Signal(list)
    """Outcomes of images since the last time."""
    asked = Signal(str)
    """The order would replace what others have made, which it says; `replace` carries it out."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._job: Job | None = None
        self._ending: list[Job] = []
        self._order: tuple[Model | Path, Order] | None = None
        self._first: tuple[float, float] | None = None  # time and share when the work itself began
        self.total = 0
        self.outcomes: list[Outcome] = []

    def close(self) -> None:
        """Stop, and wait for the thread."""
        self._stop()
        Job.end_all(self._ending)
        self._ending = []

    @property
    def runs(self) -> bool:
        """Whether something is being done."""
        return self._job is not None

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take, None while that cannot be said."""
        if self._job is None or self._first is None:
            return None
        began, before = self._first
        share = (self._state.batch or 0.0) - before
        return (time.monotonic() - began) * (1 - before - share) / share if share > 0.005 else None

    def start(self, model: Model | Path, order: Order) -> None:
        """Begin.

        Parameters
        ----------
        model
            In memory, or its folder.
        order
            What is to be done.

        Raises
        ------
        SketchcellError
            When there is nothing to do, labels cannot be written there, or another order is carried out.
        """
        if self._job is not None:
            raise SketchcellError(
                "Images are being segmented already: wait until that is done, or cancel it."
            )
        if not order.sources:
            raise SketchcellError("There are no images to segment: add files, or a folder.")
        check_writable(order.out)
        self.outcomes, self.total = [], len(order.sources)
        self._order, self._first = (model, order), None
        self._state.batch = 0.0
        self._ending = [job for job in self._ending if job.is_alive]
        work = _working(model, order, self._state.device)
        self._job = Job(work, on_items=self._take, on_done=self._on_done, on_error=self._fail).start()
        self.changed.emit()

    def replace(self) -> None:
        """Carry out the last order, and replace what others have made."""
        if self._order is not None:
            model, order = self._order
            self.start(model, replace(order, again=True))

    def cancel(self) -> None:
        """Stop after the tile that is being looked at; what is written stays."""
        if self._job is not None:
            self._stop()
            inform(f"Cancelled. {summary(self.outcomes)} The same order goes on from here.")

    def _stop(self) -> None:
        if self._job is not None:
            self._job.stop()
            self._ending.append(self._job)
            self._job = None
        self._state.batch = None
        self.changed.emit()

    def _take(self, items: list[Progress | Outcome]) -> None:
        outcomes = [item for item in items if isinstance(item, Outcome)]
        steps = [item for item in items if isinstance(item, Progress) and item.what == _WORK]
        self.outcomes += [one for one in outcomes if one.state != "running"]
        if steps:
            share = steps[-1].done / steps[-1].total
            self._first = self._first or (time.monotonic(), share)
            self._state.batch = share
        if outcomes:
            self.news.emit(outcomes)

    def _on_done(self, _: list[Outcome]) -> None:
        self._stop()
        inform(summary(self.outcomes))

    def _fail(self, error: Exception) -> None:
        self._stop()
        if isinstance(error, WouldReplaceError) and len(self.asked):
            self.asked.emit(str(error))
        else:
            tell(error)


def finding(
    words: Sequence[str | Path], recursive: bool, out: Path | None
) -> Generator[None, None, list[Source]]:
    """Find images, away from the window's thread."""
    yield None
    return find_images(words, recursive=recursive, out=out)


def _working(
    model: Model | Path, order: Order, device: str
) -> Generator[Progress | Outcome, None, list[Outcome]]:
    yield Progress(0, 1, "loading")
    if not isinstance(model, Model):
        model = load_model(model)
        model.network.to(pick_device(device))
    # The window and what is learned in it need the processor, too.
    workers = order.workers or max(1, usual_workers(len(order.sources)) // 2)
    return (yield from segmenting(model, replace(order, workers=workers)))
