"""Moments of a run that one can go back to: few enough to be kept, the best always among them."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from sketchcell.errors import SketchcellError
from sketchcell.model import Model
from sketchcell.networks import Network

_MOST = 24
_MOST_BYTES = 200_000_000


class KeptModel:
    """A model at half its size: matrices at half precision, frozen weights shared.

    Parameters
    ----------
    model
        To keep.
    frame
        A network like the model's, whose learned weights do not matter; None: the model's own, which must
        not learn on.
    """

    def __init__(self, model: Model, frame: Network | None = None) -> None:
        self._config = model.config
        self.frame = model.network if frame is None else frame
        frozen = {name for name, weight in model.network.named_parameters() if not weight.requires_grad}
        state = model.network.state_dict()
        self._state = {name: _halved(state[name]) for name in state.keys() - frozen}

    @property
    def nbytes(self) -> int:
        """Bytes that it takes, without what is shared."""
        return sum(value.nbytes for value in self._state.values())

    def restored(self) -> Model:
        """Return the model, with weights of its own."""
        network = copy.deepcopy(self.frame)
        network.load_state_dict(self._state, strict=False)
        return Model(self._config, network)


@dataclass(frozen=True, eq=False)
class Moment:
    """How well a run did at one time, and the model as it was.

    Attributes
    ----------
    number
        Counted from 1.
    step, elapsed
        After how many steps and seconds of learning.
    loss
        Of the strokes that are held out, or, where there are too few, of those that it learns from.
    accuracy
        Estimated from the held-out strokes as they were at that time, in [0, 1]; None: too few of them.
    judged
        Painted objects behind the accuracy.
    best
        Whether it was the best so far of its run, all judged on the same strokes.
    improving
        False if it has not become clearly better over the last checks.
    kept
        The model.
    """

    number: int
    step: int
    elapsed: float
    loss: float
    accuracy: float | None
    judged: int
    best: bool
    improving: bool
    kept: KeptModel

    @property
    def model(self) -> Model:
        """The model as it was, to show or to go on learning from; each time with weights of its own."""
        return self.kept.restored()


class Moments:
    """The best moment, the last one, and others spread over the time.

    Parameters
    ----------
    most
        Moments; at least two.
    most_bytes
        Of their weights together, but for the best and the last, which always stay.
    """

    def __init__(self, most: int = _MOST, most_bytes: int = _MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._kept: list[tuple[float, Moment]] = []  # with the time when it came, over all runs
        self._best: Moment | None = None

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Moment]:
        return iter(moment for _, moment in self._kept)

    @property
    def best(self) -> Moment | None:
        """The last one that was the best of its run; None if there is none."""
        return self._best

    @property
    def nbytes(self) -> int:
        """Bytes of all weights."""
        return sum(moment.kept.nbytes for moment in self)

    def add(self, moment: Moment) -> None:
        """Keep one more, at the cost of another if they become too many."""
        time = moment.elapsed
        if self._kept:
            last_time, last = self._kept[-1]
            # another run counts on from the end of the one before
            time = last_time + moment.elapsed - (last.elapsed if moment.elapsed >= last.elapsed else 0.0)
        self._kept.append((time, moment))
        if moment.best or self._best is None:
            self._best = moment
        while len(self._kept) > 2 and (len(self) > self._most or self.nbytes > self._most_bytes):
            del self._kept[self._most_crowded()]

    def at_step(self, step: int) -> Moment:
        """Return the moment that is nearest to a step.

        Raises
        ------
        SketchcellError
            When there is none yet.
        """
        if not self._kept:
            raise SketchcellError("There is no moment to go back to yet; let it learn for some seconds.")
        return min(self, key=lambda moment: abs(moment.step - step))

    def _most_crowded(self) -> int:
        """Return the place of the one whose neighbours are closest in time; neither the best nor the last."""
        free = [i for i, (_, moment) in enumerate(self._kept[:-1]) if moment is not self._best]
        return min(free, key=self._room)

    def _room(self, place: int) -> float:
        if place == 0:
            return math.inf
        return self._kept[place + 1][0] - self._kept[place - 1][0]


def _halved(value: Tensor) -> Tensor:
    value = value.detach().cpu()
    if value.ndim < 2 or value.dtype != torch.float32:
        return value.clone()  # few, and variances of batch normalisation may be tiny
    half = value.half()
    return half if bool(torch.isfinite(half).all()) else value.clone()
