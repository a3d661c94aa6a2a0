"""One session of learning: the live loop, fed with what is painted, its predictions made to show."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.inference import Progress
from sketchcell.learning import (
    FitSettings,
    Leave,
    Moment,
    Prediction,
    Sheet,
    Step,
    View,
    live,
)
from sketchcell.learning.sheets import Message
from sketchcell.model import Model
from sketchcell.sketch import Sketch, Stroke, Window
from sketchcell.ui.answers import Answer, Source, answer
from sketchcell.ui.reading import Reading
from sketchcell.ui.spot import Spot


@dataclass(frozen=True, eq=False)
class Paint:
    """What is painted in a window of a plane; copies, so that they can cross to another thread."""

    spot: Spot
    window: Window
    labels: NDArray[np.int32]
    boundaries: NDArray[np.bool_]


@dataclass
class Glance:
    """What the window's thread wants of the learner; written there, read by the learner between steps.

    Each attribute is replaced as a whole, so that no lock is needed.

    Attributes
    ----------
    spot, window
        What is in view; no spot: nothing that can be predicted.
    params, shown, with_raw
        How to decode, and what is shown of the plane now.
    paint
        What was painted since the learner looked last.
    go
        Cleared while the learner is to rest.
    """

    spot: Spot | None
    window: Window
    params: Any
    shown: NDArray[np.int32] | None
    with_raw: bool = False
    paint: deque[Paint] = field(default_factory=deque)
    go: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.go.set()


def lesson(
    painted: Iterable[Paint], reading: Reading, glance: Glance, settings: FitSettings, init: Model | str
) -> Generator[Step | Answer | Moment | Progress | None, None, None]:
    """Learn from what is painted, without end.

    Parameters
    ----------
    painted
        Whole planes that something is painted on.
    reading
        Where images come from.
    glance
        What is looked at, and what is painted later.
    settings, init
        As in `sketchcell.learning.fit`.

    Yields
    ------
    Step
        After each step.
    Answer
        Predictions of what is in view; their model has weights of its own.
    Moment
        How well it does, ever so often.
    Progress or None
        In between, so that no stop has to wait.

    Raises
    ------
    SketchcellError
        When an image cannot be learned from.
    """
    sheets = _Sheets(reading)
    first: list[Sheet] = []
    for paint in painted:
        yield None
        first.append(sheets.open(paint.spot, Sketch(paint.labels, paint.boundaries)))

    def view() -> View | None:
        spot = glance.spot
        if spot is None or not glance.go.is_set() or spot not in sheets.numbers:
            return None
        return View(sheets.numbers[spot], glance.window)

    steps = live(
        [sheet.image for sheet in first],
        [sheet.sketch for sheet in first if sheet.sketch is not None],
        settings,
        view,
        init,
        [sheet.whole for sheet in first],
    )
    news: list[Message] | None = None
    while True:
        item = steps.send(news)
        if isinstance(item, Prediction):
            spot, shown = sheets.spots[item.image], glance.shown
            if shown is not None and spot == glance.spot:
                whole = item.maps.shape == shown.shape
                source = Source(item.model, item.maps, spot, item.window, whole=whole)
                yield answer(source, glance.params, shown, glance.with_raw)
        else:
            yield item
        news = sheets.news(glance)


class _Sheets:
    """Which planes the learner has, under which numbers."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.numbers: dict[Spot, int] = {}
        self.spots: dict[int, Spot] = {}
        self._painted: set[Spot] = set()
        self._looked_at: Spot | None = None

    def open(self, spot: Spot, sketch: Sketch | None = None) -> Sheet:
        """Return a plane for the learner, under the next number; without a sketch it is only looked at."""
        image = self._reading.plane(spot)
        number = len(self.spots)
        self.numbers[spot], self.spots[number] = number, spot
        if sketch is not None:
            self._painted.add(spot)
        return Sheet(image, sketch, self._reading.sample(spot))

    def news(self, glance: Glance) -> list[Message]:
        """Return what has changed since the last time: paint, planes come into view, planes left."""
        news: list[Message] = []
        for paint in [glance.paint.popleft() for _ in range(len(glance.paint))]:
            if paint.spot not in self.numbers:
                news.append(self.open(paint.spot))
            self._painted.add(paint.spot)
            news.append(Stroke(self.numbers[paint.spot], paint.window, paint.labels, paint.boundaries))
        spot, left = glance.spot, self._looked_at
        if spot is None or spot == left:
            return news
        if spot not in self.numbers:
            news.append(self.open(spot))
        self._looked_at = spot
        if left is not None and left not in self._painted:
            news.append(Leave(self.numbers.pop(left)))
        return news
