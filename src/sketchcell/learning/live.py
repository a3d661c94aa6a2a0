"""Learning while somebody paints: training steps and predictions of what is in view, in turn."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.images import as_channels
from sketchcell.images.normalization import Limits
from sketchcell.inference import Maps, drain
from sketchcell.learning.fit import Step, take_step
from sketchcell.learning.learner import Learner
from sketchcell.learning.settings import FitSettings
from sketchcell.model import Model
from sketchcell.sketch import Sketch, Stroke, Window
from sketchcell.sketch.window import expand

_PREDICTION_SHARE = 0.12  # of the time: the rest is learning
_FIRST_AFTER = 0.8  # seconds until the first prediction
_LONGEST_WAIT = 10.0  # seconds between predictions


@dataclass(frozen=True)
class View:
    """What somebody looks at.

    Attributes
    ----------
    image
        Index of the image.
    window
        Rows and columns of it, in its pixels.
    params
        The family's parameters to decode with; None takes the model's.
    """

    image: int
    window: Window
    params: Any = None


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the network says about a view.

    Attributes
    ----------
    number
        Counted from 1: a later one replaces an earlier one.
    step
        After how many steps of learning.
    image, window
        Where it belongs.
    maps
        Of the window, to be decoded again with other thresholds.
    labels
        Instances, int32, of the window's shape.
    """

    number: int
    step: int
    image: int
    window: Window
    maps: Maps
    labels: NDArray[np.int32]


def live(
    images: Sequence[NDArray[np.generic]],
    sketches: Sequence[Sketch],
    settings: FitSettings,
    view: Callable[[], View],
    init: Model | None = None,
) -> Generator[Step | Prediction, Sequence[Stroke] | None, Model]:
    """Learn, and predict what is in view ever so often.

    The first prediction comes within a second or so; then they come as often as they cost at most an eighth of the time,
    and at once after new strokes have been learned from for a moment.

    Parameters
    ----------
    images, sketches, settings, init
        As in `sketchcell.learning.fit`.
    view
        Called before each prediction, from the thread that runs the generator.

    Yields
    ------
    Step or Prediction
        Strokes sent in at any yield are learned from at the next step.

    Returns
    -------
    Model
        The best one, when the limit of steps or seconds is reached.
    """
    learner = Learner(images, sketches, settings, init)
    channels = [as_channels(image) for image in images]
    limits = [learner.config.normalization.limits(image) for image in channels]
    number, next_at = 0, monotonic() + _FIRST_AFTER
    while learner.share < 1:
        learner.paint((yield take_step(learner)) or ())
        if monotonic() < next_at:
            continue
        began = monotonic()
        number += 1
        seen = view()
        prediction = _predict(learner, channels[seen.image], limits[seen.image], seen, number)
        cost = monotonic() - began
        next_at = monotonic() + min(cost / _PREDICTION_SHARE, _LONGEST_WAIT)
        learner.paint((yield prediction) or ())
    return learner.best()


def _predict(
    learner: Learner, channels: NDArray[np.float32], limits: Limits, seen: View, number: int
) -> Prediction:
    model = learner.view_model()
    # what lies around the view is part of the answer at its rim
    margin = round(model.network.reach / model.config.scale / 2)
    shape = (channels.shape[1], channels.shape[2])
    window = expand(seen.window, margin, shape)
    maps = drain(model.predicting_channels(np.ascontiguousarray(channels[:, window[0], window[1]]), limits))
    labels = model.decode(maps, seen.params)
    return Prediction(number, learner.steps, seen.image, window, maps, labels)
