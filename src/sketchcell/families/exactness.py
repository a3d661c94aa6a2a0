"""Whether maps are the exact ones of some cells, or what a network takes them to be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_CLOSE = 0.05
_SURE = 0.99
_LEARNED, _EXACT = 0.25, 0.45  # shares: measured below 0.2 on maps of networks, above 0.5 on exact ones


def exactness_of_lengths(lengths: NDArray[np.floating]) -> float:
    """Return how exact distances or flows are, from 0 (learned) to 1, by the lengths of the gradient.

    The distance to the nearest edge rises by one pixel a pixel all over a cell, but for its ridge. A network
    blurs it: lengths are about 1 at most places, but hardly anywhere 1.

    Parameters
    ----------
    lengths
        Of the gradient inside cells, in pixels a pixel; any shape.
    """
    return _exactness(np.abs(lengths - 1) < _CLOSE)


def exactness_of_probabilities(probabilities: NDArray[np.floating]) -> float:
    """Return how exact probabilities are, from 0 (learned) to 1: those of a truth are 1.

    Parameters
    ----------
    probabilities
        Of the likeliest class, where that is a cell; any shape.
    """
    return _exactness(probabilities > _SURE)


def _exactness(right: NDArray[np.bool_]) -> float:
    if not right.size:
        return 1.0
    return float(np.interp(np.mean(right), (_LEARNED, _EXACT), (0, 1)))
