"""What can be sent to a running learner beside strokes: sheets that join, and those that leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sketchcell.sketch import Sketch, Stroke


@dataclass(frozen=True, eq=False)
class Sheet:
    """One more image, or plane of a stack, and what is painted on it.

    It gets the next number, counted on from those that are there already, also those that have left.

    Attributes
    ----------
    image
        As in `sketchcell.learning.fit`, with as many channels as the others.
    sketch
        None: nothing is painted, it is only looked at.
    whole
        float32 (C, h, w): a sample of the whole that the image is a part of, such as its stack, so that all
        parts are scaled alike. None: the image is scaled by itself.
    """

    image: NDArray[np.generic]
    sketch: Sketch | None = None
    whole: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Leave:
    """A sheet that is no longer looked at, nor learned from.

    Attributes
    ----------
    number
        Of the sheet; the others keep theirs.
    """

    number: int


Message = Stroke | Sheet | Leave
"""What a running learner takes."""
