"""The last touches on instance labels that all families share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def tidy(labels: NDArray[np.int32], minimum_size: int) -> NDArray[np.int32]:
    """Drop small instances and number the rest 1…n.

    Parameters
    ----------
    labels
        Integers, shape (H, W), 0 = background.
    minimum_size
        Instances with fewer pixels become background.
    """
    area = np.bincount(labels.ravel())
    keep = area >= max(minimum_size, 1)
    keep[0] = False
    number = np.zeros(area.size, np.int32)
    number[keep] = np.arange(1, int(keep.sum()) + 1)
    return number[labels]
