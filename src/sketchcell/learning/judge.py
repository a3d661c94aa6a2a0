"""How well a running learner does, judged by strokes that it never learns from."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from functools import cached_property

from sketchcell.inference import Progress
from sketchcell.learning.agreement import Agreement
from sketchcell.learning.improving import improving
from sketchcell.learning.judged import agreement_with, predicting_judged, windows_to_judge
from sketchcell.learning.learner import Learner
from sketchcell.learning.moments import KeptModel, Moment
from sketchcell.model import Model
from sketchcell.networks import Network

_SIDE = 128  # of a window that is judged, in pixels of the working scale
_MARGIN = 32
_MOST_WINDOWS = 16
_LEAST_RISE = 0.005  # of the accuracy, that is worth waiting for
_LEAST_FALL = 0.01  # of the loss, as a share of it


@dataclass(frozen=True)
class Verdict:
    """About one model.

    Attributes
    ----------
    loss
        As in `Moment`.
    accuracy, judged
        As in `Moment`.
    """

    loss: float
    accuracy: float | None
    judged: int

    @property
    def score(self) -> float:
        """More is better; comparable where the strokes are the same."""
        return -math.log(max(self.loss, 1e-9)) if self.accuracy is None else self.accuracy

    @property
    def least(self) -> float:
        """Rise of the score that is worth waiting for."""
        return _LEAST_FALL if self.accuracy is None else _LEAST_RISE


class Judge:
    """Judges a learner again and again.

    Parameters
    ----------
    learner
        That holds something out, or will.
    """

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self._number = 0
        self._best: tuple[Model, Verdict] | None = None
        self._scores: list[float] = []
        self._changes = learner.changes

    def judging(self) -> Generator[Progress, None, Moment]:
        """Judge the learner as it is now, and the best one so far again if other strokes are there.

        Yields
        ------
        Progress
            After each tile.

        Returns
        -------
        Moment
        """
        learner = self._learner
        model = learner.model()
        verdict = yield from self._verdict(model)
        yield from self._follow(verdict)
        best = self._best is None or verdict.score >= self._best[1].score
        if best:
            self._best = model, verdict
        self._scores.append(verdict.score)
        self._number += 1
        return Moment(
            self._number,
            learner.steps,
            learner.elapsed,
            verdict.loss,
            verdict.accuracy,
            verdict.judged,
            best,
            improving(self._scores, verdict.least),
            KeptModel(model, self._frame),
        )

    def _follow(self, now: Verdict) -> Generator[Progress, None, None]:
        """Forget what was said about other strokes; the best model is judged by those that are there."""
        if self._best is None:
            return
        model, verdict = self._best
        other_kind = (verdict.accuracy is None) != (now.accuracy is None)
        if self._learner.changes == self._changes and not other_kind:
            return
        self._changes = self._learner.changes
        self._scores = []
        if model.config.scale != self._learner.config.scale:
            self._best = None  # it knows cells of another size
        else:
            self._best = model, (yield from self._verdict(model))

    def _verdict(self, model: Model) -> Generator[Progress, None, Verdict]:
        learner = self._learner
        loss = learner.judged_loss(model.network)
        if learner.held_out is None:
            return Verdict(loss, None, 0)
        windows = windows_to_judge(learner.examples, learner.held_out, side=_SIDE, most=_MOST_WINDOWS)
        judged = yield from predicting_judged(model, windows, learner.held_out, _MARGIN)
        parts = []
        for one in judged:
            parts.append(agreement_with(model.family, [one], model.config.params, model.config.scale**2))
            yield Progress(len(parts), len(judged), "judging")
        found = Agreement.of_all(parts) if parts else None
        if found is None or not found.quality.size:
            return Verdict(loss, None, 0)
        return Verdict(loss, found.score, int(found.quality.size))

    @cached_property
    def _frame(self) -> Network:
        """What all moments share."""
        return self._learner.model().network
