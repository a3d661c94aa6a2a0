"""How likely each instance is to be right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from sketchcell.learning.second_look import Shared

# fitted to "IoU with the truth is at least ½": see docs/hints.md
_AGAIN, _SIZE, _OFFSET = 5.0, -1.7, -1.8


def confidence(labels: NDArray[np.int32], again: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return how likely each instance is to be right, from 0 to 1; ½ is as likely right as wrong.

    An instance counts as right if its intersection over union with a true cell is ½ or more. It is likely to
    be if the network finds the same one in the turned image (`looking_again`), and if it is about as large
    as the others. What a network is sure of and wrong about, this cannot see.

    Parameters
    ----------
    labels
        int32, shape (H, W): instances, 0 = background.
    again
        int32, shape (H, W): those of the second look, with the same parameters.

    Returns
    -------
    NDArray[np.float32]
        Shape (n + 1,), n the highest label, by label; 0 for background and labels without pixels.
    """
    return confidence_of(Shared.of(labels, again))


def confidence_of(shared: Shared) -> NDArray[np.float32]:
    """Return the `confidence` of the instances of the first of two looks."""
    area = shared.first_area
    there = area > 0
    result = np.zeros(area.size, np.float32)
    if there.any():
        size = np.abs(np.log(area[there] / typical_area(area)))
        result[there] = expit(_AGAIN * shared.found_again()[there] + _SIZE * size + _OFFSET)
    return result


def typical_area(area: NDArray[np.int64]) -> float:
    """Return the area of the instance of the middle pixel: many specks cannot call themselves typical.

    Parameters
    ----------
    area
        Pixels of each instance, at least one of them not 0.
    """
    ordered = np.sort(area[area > 0])
    middle = ordered[np.searchsorted(np.cumsum(ordered), ordered.sum() / 2)]
    return float(min(middle, 2 * np.median(ordered)))
