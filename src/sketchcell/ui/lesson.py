"""One session of learning: steps and predictions of what is in view, in turn, fed by new strokes."""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

from sketchcell.images import as_channels
from sketchcell.images.normalization import Limits
from sketchcell.inference import Progress
from sketchcell.learning import FitSettings, Step
from sketchcell.learning.fit import take_step
from sketchcell.learning.learner import Learner
from sketchcell.model import Model
from sketchcell.sketch import Sketch, Window
from sketchcell.sketch.window import expand
from sketchcell.ui.answers import Answer, Source, answer
from sketchcell.ui.layers import pixels
from sketchcell.ui.recorder import Recorder

_PREDICTION_SHARE = 0.12  # of the time: the rest is learning
_FIRST_AFTER = 0.8  # seconds until the first prediction
_AFTER_STROKES = 0.8  # seconds of learning from new strokes until they may be judged
_LONGEST_WAIT = 10.0  # seconds between predictions


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
    image: Image, recorder: Recorder, glance: Glance, settings: FitSettings, init: Model | None
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
    learner = Learner([array], [Sketch(recorder.labels, recorder.boundaries)], settings, init)
    channels = as_channels(array)
    limits = learner.config.normalization.limits(channels)
    yield None
    next_at = monotonic() + _FIRST_AFTER
    while True:
        while not glance.go.wait(0.05):
            yield None
        strokes = recorder.take()
        learner.paint(strokes)
        yield take_step(learner)
        if strokes:
            next_at = min(next_at, monotonic() + _AFTER_STROKES)
        if monotonic() >= next_at:
            began = monotonic()
            yield (yield from _look(learner, channels, limits, glance))
            next_at = monotonic() + min((monotonic() - began) / _PREDICTION_SHARE, _LONGEST_WAIT)


def _look(
    learner: Learner, channels: NDArray[np.float32], limits: Limits, glance: Glance
) -> Generator[Progress, None, Answer]:
    model = learner.view_model().copy()
    height, width = channels.shape[1:]
    # what lies around the view is part of the answer at its rim
    window = expand(glance.window, round(model.network.reach / model.config.scale / 2), (height, width))
    part = np.ascontiguousarray(channels[:, window[0], window[1]])
    maps = yield from model.predicting_channels(part, limits)
    source = Source(model, maps, window, whole=maps.shape == (height, width))
    return answer(source, glance.params, glance.shown, glance.with_raw)
