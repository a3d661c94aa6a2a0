"""The learning loop: one generator, fed while it runs."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from sketchcell.inference import drain
from sketchcell.learning.beginning import require_sketches
from sketchcell.learning.learner import Learner
from sketchcell.learning.settings import FitSettings
from sketchcell.learning.start import starting
from sketchcell.learning.team import ALONE, Team
from sketchcell.model import Model
from sketchcell.pretrained import PRIOR
from sketchcell.sketch import Sketch, Stroke


@dataclass(frozen=True)
class Step:
    """One step of learning.

    Attributes
    ----------
    number
        Counted from 1.
    loss, terms
        Of this step's patches: the sum, and its parts by name.
    elapsed
        Seconds since learning began.
    """

    number: int
    loss: float
    terms: Mapping[str, float]
    elapsed: float

    @property
    def steps_per_second(self) -> float:
        """Mean speed so far."""
        return self.number / max(self.elapsed, 1e-9)


class StopLearning(Exception):  # noqa: N818 - a wish, not an error
    """Throw this into a running `fit` and it returns the best model at once."""


def take_step(learner: Learner) -> Step:
    """Take one step and describe it."""
    loss, terms = learner.step()
    return Step(learner.steps, loss, terms, learner.elapsed)


def fit(
    images: Sequence[NDArray[np.generic]],
    sketches: Sequence[Sketch],
    settings: FitSettings | None = None,
    init: Model | str | None = PRIOR,
    team: Team = ALONE,
) -> Generator[Step, Sequence[Stroke] | None, Model]:
    """Learn from sketches, one step at a time.

    Send strokes into the generator and they are learned from at its next step. At its limit of steps or
    seconds, or when `StopLearning` is thrown into it, it returns the best model; closed, it ends without
    one.

    Parameters
    ----------
    images
        Each of shape (H, W), (H, W, C) or (C, H, W).
    sketches
        One an image.
    settings
        How to learn; the default has no limit.
    init
        What to start from: a model; ``prior``, what the shipped network knows, where that suits the settings;
        the name of another pretrained network, a file or a folder; None or ``random``: random weights.
    team
        Of processes that learn one model together (`sketchcell.learning.devices`). Each calls this with the
        same arguments and sends the same strokes; each draws patches of its own, and their gradients are
        averaged. `StopLearning` thrown in one of them ends all at the same step.

    Yields
    ------
    Step
        After each optimiser step.

    Returns
    -------
    Model
        The moving average with the lowest loss on the sketch.

    Raises
    ------
    SketchcellError
        When there is nothing to learn from, or the input does not fit together.
    """
    settings = settings or FitSettings()
    require_sketches(images, sketches)
    start = drain(starting(init, images, settings))
    learner = Learner(images, sketches, settings, start.model if start else None, team=team)
    stop = False
    while learner.share < 1 and not team.any(stop):
        # one tile a step, so that the same seed gives the same model whatever was embedded before
        learner.embed_next()
        try:
            learner.paint((yield take_step(learner)) or ())
        except StopLearning:
            stop = True
    return learner.best()


def train(
    images: Sequence[NDArray[np.generic]],
    sketches: Sequence[Sketch],
    family: str = "flow",
    seconds: float | None = 30,
    init: Model | str | None = PRIOR,
    **settings: Any,
) -> Model:
    """Learn from sketches and return the model; blocks until it is done.

    Parameters
    ----------
    images, sketches
        As in `fit`. A single image and sketch may be given without a list.
    family
        Its name.
    seconds
        How long to learn; None with ``steps=N``.
    init
        What to start from, as in `fit`.
    **settings
        Any other field of `FitSettings`.
    """
    if isinstance(sketches, Sketch):
        images, sketches = [cast(NDArray[np.generic], images)], [sketches]
    return drain(fit(images, sketches, FitSettings(family=family, seconds=seconds, **settings), init))
