"""What is painted on one plane, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LARGEST_ID = int(np.iinfo(np.uint16).max)


@dataclass(frozen=True, eq=False)
class Page:
    """The truth of one plane.

    Attributes
    ----------
    labels
        uint16 (H, W): 0 unlabelled, 1 background, 2 and more objects.
    boundaries
        bool (H, W): lines drawn between touching objects.
    """

    labels: NDArray[np.uint16]
    boundaries: NDArray[np.bool_]

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> Page:
        """Return a page with nothing painted."""
        return cls(np.zeros(shape, np.uint16), np.zeros(shape, np.bool_))
