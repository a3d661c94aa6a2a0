"""Learning while somebody paints: steps, predictions of what is in view, and judgements, in turn."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sketchcell.inference import Maps, Progress
from sketchcell.learning.beginning import require_sketches
from sketchcell.learning.fit import Step, take_step
from sketchcell.learning.held_out import live_reserve
from sketchcell.learning.judge import Judge
from sketchcell.learning.learner import Learner
from sketchcell.learning.moments import Moment
from sketchcell.learning.settings import FitSettings
from sketchcell.learning.sheets import Message
from sketchcell.learning.start import starting
from sketchcell.model import Model
from sketchcell.pretrained import PRIOR
from sketchcell.sketch import Sketch, Window
from sketchcell.sketch.window import expand

T = TypeVar("T")

_PREDICTION_SHARE = 0.12  # of the time: the rest is learning
_FIRST_AFTER = 0.8  # seconds until the first prediction
_AFTER_STROKES = 0.8  # seconds of learning from new strokes until they may be judged
_LEARNING_PER_LOOK = 2  # seconds of learning for each of predicting, while somebody paints without a pause
_JUDGING_SHARE = 0.08  # of the time
_BETWEEN_MOMENTS = 3.0  # seconds, at least
_LONGEST_WAIT = 10.0  # seconds between predictions
_REST = 0.05  # seconds until a resting learner looks again


@dataclass(frozen=True)
class View:
    """What somebody looks at.

    Attributes
    ----------
    image
        Number of the image.
    window
        Rows and columns of it, in its pixels.
    """

    image: int
    window: Window


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
        Where it belongs: the view and a margin around it.
    model
        As it was then, with weights of its own.
    maps
        Of the window, to be decoded with any thresholds.
    """

    number: int
    step: int
    image: int
    window: Window
    model: Model
    maps: Maps

    def decode(self, params: Any = None) -> NDArray[np.int32]:
        """Return instances, int32, of the window's shape; None takes the model's parameters."""
        return self.model.decode(self.maps, params)


def live(
    images: Sequence[NDArray[np.generic]],
    sketches: Sequence[Sketch],
    settings: FitSettings,
    view: Callable[[], View | None],
    init: Model | str | None = PRIOR,
    wholes: Sequence[NDArray[np.float32] | None] | None = None,
) -> Generator[Step | Prediction | Moment | Progress | None, Sequence[Message] | None, Model]:
    """Learn, predict what is in view ever so often, and judge by strokes that are held out.

    The first prediction comes within a second or so; then they come as often as they cost at most an eighth
    of the time, and soon after new strokes. Once enough is painted, what falls on some places is never
    learned from but judged by, every few seconds, in at most a twelfth of the time; see the page on trust.

    To learn from a part of an image only, give that part as the image, with the whole in `wholes`.

    Parameters
    ----------
    images, sketches, settings, init
        As in `sketchcell.learning.fit`; a sketch may be empty if others are not.
    view
        Called between steps, from the thread that runs the generator; None lets the learner rest. Of an image
        that is not there (yet, or any more) nothing is predicted.
    wholes
        For each image what its intensities are scaled by, as in `Sheet`; None: all by themselves.

    Yields
    ------
    Step
        After each step. Strokes and sheets sent in, at any yield, count from the next one on.
    Prediction
        Of what is in view.
    Moment
        How well it does, and the model as it is then; hand them to `Moments`.
    Progress or None
        In between, so that whoever stops the generator never waits long.

    Returns
    -------
    Model
        The best one, when the limit of steps or seconds is reached.

    Raises
    ------
    SketchcellError
        As `sketchcell.learning.fit` does, and when what is sent does not fit.
    """
    inbox: list[Message] = list((yield None) or ())
    require_sketches(images, sketches)
    start = yield from _relayed(starting(init, images, settings), inbox)
    model = start.model if start else None
    learner = Learner(images, sketches, settings, model, wholes=wholes, reserve=live_reserve(settings))
    judge = Judge(learner)
    inbox += (yield None) or ()
    number, cost, embed_at, all_embedded = 0, 0.0, 0.0, False
    next_at, judge_at = monotonic() + _FIRST_AFTER, monotonic() + _BETWEEN_MOMENTS
    while learner.share < 1:
        seen = view()
        if inbox:
            next_at = min(next_at, monotonic() + max(_AFTER_STROKES, cost * _LEARNING_PER_LOOK))
            learner.take(inbox)
            inbox.clear()
        if seen is None or not learner.examples.painted:
            sleep(_REST)
            inbox += (yield None) or ()
            continue
        in_view = seen if seen.image in learner.examples else None
        if (began := monotonic()) >= embed_at:
            embedded = _embed_next(learner, in_view)
            embed_at = monotonic() + (monotonic() - began)  # half of the time for that, half for learning
            all_embedded = embedded is None
            if embedded is not None:
                inbox += (yield embedded) or ()
        inbox += (yield take_step(learner)) or ()
        if all_embedded and monotonic() >= judge_at:
            began = monotonic()
            moment = yield from _relayed(judge.judging(), inbox)
            inbox += (yield moment) or ()
            judge_at = monotonic() + max((monotonic() - began) / _JUDGING_SHARE, _BETWEEN_MOMENTS)
        if monotonic() < next_at or in_view is None:
            continue
        began = monotonic()
        number += 1
        prediction = yield from _relayed(_predict(learner, in_view, number), inbox)
        inbox += (yield prediction) or ()
        cost = monotonic() - began
        next_at = monotonic() + min(cost / _PREDICTION_SHARE, _LONGEST_WAIT)
    return learner.best()


def _relayed(
    work: Generator[Progress, None, T], inbox: list[Message]
) -> Generator[Progress, Sequence[Message] | None, T]:
    """Do some work; what arrives meanwhile waits in the inbox."""
    while True:
        try:
            progress = next(work)
        except StopIteration as end:
            result: T = end.value
            return result
        inbox += (yield progress) or ()


def _embed_next(learner: Learner, seen: View | None) -> Progress | None:
    if seen is None:
        return learner.embed_next()
    return learner.embed_next(seen.image, learner.examples[seen.image].at_working_scale(seen.window))


def _predict(learner: Learner, seen: View, number: int) -> Generator[Progress, None, Prediction]:
    model = learner.model()
    example = learner.examples[seen.image]
    channels = example.normalized
    # what lies around the view is part of the answer at its rim
    margin = round(model.network.reach / model.config.scale / 2)
    window = expand(seen.window, margin, (channels.shape[1], channels.shape[2]))
    if example.embedded is not None:
        here = example.at_working_scale(window)
        values = yield from example.predicting(model.network, model.family.activate, here, only_embedded=True)
        rows, columns = window
        maps = model.as_maps(values, (rows.stop - rows.start, columns.stop - columns.start))
    else:
        part = np.ascontiguousarray(channels[:, window[0], window[1]])
        maps = yield from model.predicting_normalized(part)
    return Prediction(number, learner.steps, seen.image, window, model, maps)
