"""What can be chosen about learning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


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
