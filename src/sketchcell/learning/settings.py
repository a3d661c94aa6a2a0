"""What can be chosen about learning."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, Literal, get_args

from sketchcell.errors import SketchcellError
from sketchcell.learning.augment import Augmentation

RANDOM = "random"
"""What stands for random weights, where a start is asked for."""

Schedule = Literal["cosine", "linear", "constant"]
_WHOLE = {"steps": 1, "seed": 0, "patch": 1, "batch": 1, "warm_up": 0, "patience": 1}  # and the least
_REAL = {  # and the largest
    "seconds": math.inf,
    "learning_rate": 1e3,
    "weight_decay": 1e3,
    "minimum_improvement": math.inf,
    "hold_out": 1.0,
    "hold_out_until": 1.0,
}
_OPTIONAL = ("steps", "seconds", "patience", "learning_rate")
_LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class FitSettings:
    """How to learn from sketches.

    Attributes
    ----------
    family, network
        Names from the registries.
    network_options
        Of the network, by name; see its class. With a start model, they take the place of its own: those that
        say what learns can change, such as SAM's ``encoder``.
    params
        The family's parameters; None takes its defaults.
    steps, seconds
        When to stop: after so many steps or seconds, whatever comes first. Without either, never.
    device
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    seed
        With the same seed, strokes and steps, the result is the same on a CPU.
    patch
        Side of a training patch, in pixels of the working scale; a network that sees windows has its own.
    batch
        Patches a step.
    learning_rate, weight_decay
        Of AdamW; a rate of None is what suits the network.
    schedule
        How the learning rate falls towards the end, where that is known: ``cosine`` to 2 %, ``linear`` to
        0, or ``constant``.
    warm_up
        Steps in which the learning rate rises.
    patience
        Checks (one each 100 steps) without an improvement of at least `minimum_improvement` of the loss after
        which learning ends; None: never.
    hold_out
        Share of the painted places that is not learned from at first, once enough is painted: the decoder's
        thresholds are fitted to it, and the best moment is chosen by it as long as it lasts. 0: none.
    hold_out_until
        Share of the run after which those places are learned from, too; nothing is held out in a run without
        an end. With `patience`, and while somebody paints (`live`), they are held out to the end.
    rescale
        Whether images are brought to the size that the network knows best; without, they stay as they are.
    augmentation
        What is varied.

    Raises
    ------
    SketchcellError
        When a value is not of its type or range.
    """

    family: str = "flow"
    network: str = "compact"
    network_options: Mapping[str, Any] = field(default_factory=dict)
    params: Any = None
    steps: int | None = None
    seconds: float | None = None
    device: str = "auto"
    seed: int = 0
    patch: int = 128
    batch: int = 8
    learning_rate: float | None = None
    weight_decay: float = 1e-2
    schedule: Schedule = "cosine"
    warm_up: int = 20
    patience: int | None = None
    minimum_improvement: float = 1e-4
    hold_out: float = 0.25
    hold_out_until: float = 0.6
    rescale: bool = True
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        for name in (*_WHOLE, *_REAL):
            value = getattr(self, name)
            if value is None and name in _OPTIONAL:
                continue
            if name in _WHOLE:
                fits = isinstance(value, Integral) and int(value) >= _WHOLE[name]
                wanted = f"a whole number of at least {_WHOLE[name]}"
            else:
                # in this form a NaN is out of range as well
                fits = isinstance(value, Real) and 0 <= float(value) <= _REAL[name]
                wanted = f"a number from 0 to {_REAL[name]:g}"
            if not fits:
                raise SketchcellError(f"The setting '{name}' must be {wanted}, not {value!r}.")
        if self.seed > _LARGEST_SEED:
            raise SketchcellError(f"The setting 'seed' must be at most {_LARGEST_SEED}, not {self.seed!r}.")
        if self.schedule not in get_args(Schedule):
            raise SketchcellError(
                f"There is no schedule {self.schedule!r}; choose from {', '.join(get_args(Schedule))}."
            )
        if not isinstance(self.augmentation, Augmentation):
            raise SketchcellError("The setting 'augmentation' must be an Augmentation.")
