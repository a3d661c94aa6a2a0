"""One session of learning from a layer: the live loop, fed by the recorder, its predictions made to show."""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

from sketchcell.inference import Progress
from sketchcell.learning import FitSettings, Prediction, Step, View, live
from sketchcell.model import Model
from sketchcell.sketch import Sketch, Stroke, Window
from sketchcell.ui.answers import Answer, Source, answer
from sketchcell.ui.layers import pixels
from sketchcell.ui.recorder import Recorder


@dataclass
class Glance:
    """What the window's thread wants of the learner; written there, read by the learner between steps.

    Each attribute is replaced as a whole, so that no lock is needed.
    """

    window: Window
    params: Any
    shown: NDArray[np.int32]
    with_raw: bool = False
    go: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.go.set()


def lesson(
    image: Image, recorder: Recorder, glance: Glance, settings: FitSettings, init: Model | str
) -> Generator[Step | Answer | Progress | None, None, None]:
    """Learn from an image layer and what is painted on it, without end.

    Yields
    ------
    Step
        After each step.
    Answer
        Predictions of what is in view; their model has weights of its own.
    Progress or None
        In between, so that no stop has to wait.

    Raises
    ------
    SketchcellError
        When the image cannot be learned from.
    """
    array = pixels(image)
    yield None
    height, width = recorder.labels.shape
    sketch = Sketch(recorder.labels, recorder.boundaries)

    def view() -> View | None:
        return View(0, glance.window) if glance.go.is_set() else None

    steps = live([array], [sketch], settings, view, init)
    strokes: list[Stroke] | None = None
    while True:
        item = steps.send(strokes)
        if isinstance(item, Prediction):
            whole = item.maps.shape == (height, width)
            source = Source(item.model, item.maps, item.window, whole=whole)
            yield answer(source, glance.params, glance.shown, glance.with_raw)
        else:
            yield item
        strokes = recorder.take()
