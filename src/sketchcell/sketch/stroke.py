"""One change to one sketch, as it is sent to a running learner."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sketchcell.sketch.window import Window


@dataclass(frozen=True)
class Stroke:
    """What a window of a sketch looks like after a stroke.

    Attributes
    ----------
    image
        Index of the image that was painted on.
    window
        Rows and columns of that image.
    labels
        int32, of the window's shape: what replaces the labels there.
    boundaries
        bool, of the window's shape; None leaves the boundaries as they are.
    """

    image: int
    window: Window
    labels: NDArray[np.int32]
    boundaries: NDArray[np.bool_] | None = None
