"""What can be chosen about learning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from sketchcell.learning.augment import Augmentation


@dataclass(frozen=True)
class FitSettings:
    """How to learn from sketches.

    Attributes
    ----------
    family, network
        Names from the registries.
    params
        The family's parameters; None takes its defaults.
    steps, seconds
        When to stop: after so many steps or seconds, whatever comes first. Without either, never.
    device
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    seed
        With the same seed, strokes and steps, the result is the same on a CPU.
    patch
        Side of a training patch, in pixels of the working scale.
    batch
        Patches a step.
    learning_rate, weight_decay
        Of AdamW.
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
        an end. With `patience` they are held out to the end.
    rescale
        Whether images are brought to the size that the network knows best; without, they stay as they are.
    augmentation
        What is varied.
    """

    family: str = "flow"
    network: str = "compact"
    params: Any = None
    steps: int | None = None
    seconds: float | None = None
    device: str = "auto"
    seed: int = 0
    patch: int = 128
    batch: int = 8
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    warm_up: int = 20
    patience: int | None = None
    minimum_improvement: float = 1e-4
    hold_out: float = 0.25
    hold_out_until: float = 0.6
    rescale: bool = True
    augmentation: Augmentation = field(default_factory=Augmentation)
