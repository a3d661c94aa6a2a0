"""A picture of the image with the objects' outlines, for people."""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketchcell.errors import SketchcellError
from sketchcell.images import Normalization, as_channels

_GOLDEN_RATIO = 0.618034


def overlay(image: ArrayLike, labels: ArrayLike, thickness: int = 1) -> NDArray[np.uint8]:
    """Draw a coloured outline around every object, inside its pixels.

    Parameters
    ----------
    image
        An image plane, in any layout that `sketchcell.images.as_channels` takes. One channel is shown in
        grey, three as RGB, other numbers in grey by their mean; intensities are stretched between
        percentiles.
    labels
        Instance labels ``(H, W)``, integers, 0 background.
    thickness
        Of the outlines, in pixels, at least 1.

    Returns
    -------
    uint8 ``(H, W, 3)``.

    Raises
    ------
    SketchcellError
        If the image is unusable or its shape is not that of the labels.
    """
    channels = Normalization().apply(as_channels(image))
    ids = np.asarray(labels)
    if ids.shape != channels.shape[1:]:
        raise SketchcellError(
            f"The image has the shape {channels.shape[1:]} and its labels {ids.shape}; they must be equal."
        )
    if len(channels) != 3:
        channels = np.repeat(channels.mean(axis=0, keepdims=True), 3, axis=0)
    picture = np.moveaxis((channels.clip(0, 1) * 255).round().astype(np.uint8), 0, -1).copy()
    outline = _outline(ids, thickness)
    names, index = np.unique(ids[outline], return_inverse=True)
    if names.size:
        picture[outline] = np.array([_colour(int(name)) for name in names], np.uint8)[index]
    return picture


def _colour(label: int) -> tuple[int, int, int]:
    # Steps of the golden ratio around the colour wheel keep the colours of near labels apart.
    red, green, blue = colorsys.hsv_to_rgb((label * _GOLDEN_RATIO) % 1, 0.85, 1.0)
    return round(red * 255), round(green * 255), round(blue * 255)


def _outline(labels: NDArray[np.integer], thickness: int) -> NDArray[np.bool_]:
    outline = np.zeros(labels.shape, np.bool_)
    for step in range(1, thickness + 1):
        for one, other in ((np.s_[step:, :], np.s_[:-step, :]), (np.s_[:, step:], np.s_[:, :-step])):
            differs = labels[one] != labels[other]
            outline[one] |= differs
            outline[other] |= differs
    outline &= labels != 0
    return outline
