"""Random fields and numbers that drawings share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Field = NDArray[np.float32]


def smooth_noise(random: np.random.Generator, shape: tuple[int, int], sigma: float) -> Field:
    """Return a Gaussian random field of mean 0 and standard deviation 1, smooth over `sigma` pixels."""
    step = max(1, int(sigma / 2))  # a field that is smooth needs no more
    small = tuple(-(-side // step) + 2 for side in shape)
    field = ndimage.gaussian_filter(random.standard_normal(small).astype(np.float32), sigma / step)
    if step > 1:
        field = ndimage.zoom(field, step, order=1)
    field = field[: shape[0], : shape[1]]
    spread = float(field.std())
    centred: Field = (field - field.mean()) / (spread if spread > 0 else 1)
    return centred


def between(random: np.random.Generator, low: float, high: float) -> float:
    """Return a number between two, all orders of magnitude equally likely."""
    return float(np.exp(random.uniform(np.log(low), np.log(high))))
