"""What an export was checked with, and how far it is from our own results."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Runner = Callable[[NDArray[np.float32]], tuple[NDArray[Any], ...]]
"""From an image (C, H, W) to an export's outputs: maps (N, H, W), and labels (1, H, W) if it has them."""

Loader = Callable[[Path], AbstractContextManager[Runner]]
"""Opens an export's file in a runtime, for a while."""


@dataclass(frozen=True)
class Trial:
    """One image in one runtime.

    Attributes
    ----------
    runtime
        With its version.
    shape
        Of the image, in pixels.
    largest, mean
        Absolute difference of the maps from our own in float32.
    objects
        How many instances we find.
    ap50
        Average precision at IoU 0.5 of the export's instances against ours; 1 = all are there.
    same
        Whether all pixels have the same instance.
    """

    runtime: str
    shape: tuple[int, int]
    largest: float
    mean: float
    objects: int
    ap50: float
    same: bool

    def __str__(self) -> str:
        """Return it in one line."""
        found = "the same" if self.same else f"AP50 {self.ap50:.3f}"
        return (
            f"{self.runtime}, {self.shape[0]} × {self.shape[1]} px: maps differ by at most "
            f"{self.largest:.1e} (mean {self.mean:.1e}), {self.objects} instances: {found}"
        )


@dataclass(frozen=True)
class Report:
    """What was written.

    Attributes
    ----------
    path, format, size
        The file, the format's name, and its size in bytes.
    trials
        Each runtime with each image.
    notes
        What else there is to know, in sentences.
    """

    path: Path
    format: str
    size: int
    trials: tuple[Trial, ...]
    notes: tuple[str, ...] = ()

    @property
    def runtimes(self) -> tuple[str, ...]:
        """What it was checked with."""
        return tuple(dict.fromkeys(trial.runtime for trial in self.trials))

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Of the images that it was checked with."""
        return tuple(dict.fromkeys(trial.shape for trial in self.trials))

    @property
    def largest(self) -> float:
        """The largest difference of a map from our own."""
        return max(trial.largest for trial in self.trials)

    @property
    def mean(self) -> float:
        """The largest mean difference of maps from our own."""
        return max(trial.mean for trial in self.trials)

    @property
    def ap50(self) -> float:
        """The least agreement of instances."""
        return min(trial.ap50 for trial in self.trials)

    def __str__(self) -> str:
        """Return it in a few lines."""
        first = f"{self.path}: {self.format}, {self.size / 1e6:.1f} MB, checked with:"
        return "\n".join([first, *(f"  {trial}" for trial in self.trials), *self.notes])
