"""How much each pixel counts: class balance, U-Net's weights, DWM and SAW.

For images whose labels are complete: `class_balance`, `unet_weights`, `dwm` and `saw`. What they have in
common with the weights of partial sketches is below them. Ronneberger et al. (MICCAI 2015);
Guerrero-Peña et al. (ICIP 2018), eq. 2–4.

The papers take w0(p) = 1/|pixels of p's class|. Here w0 is that times the number of pixels, divided by the
number of classes: its mean is 1 in every image, and the terms that are added to it have a scale.
"""

from __future__ import annotations

from collections.abc import Iterator

import edt
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from sketchcell.families.classes import BACKGROUND, CELL, class_map
from sketchcell.families.shape_focus import focus
from sketchcell.sketch import Sketch, Window
from sketchcell.sketch.window import expand

UNET_SIGMA = 5.0
"""Pixels (Ronneberger et al. 2015)."""

FOCUS = 10.0
"""Factor of the added term: w0 of the U-Net's paper; of SAW, where F ∗ wc is at most 1/(σ√2π) on a line."""

BETA = 30.0
"""Pixels at which DWM is 0, as in the paper's figure 4."""

SAW_SIGMA = 3.0
"""Pixels; the paper does not name its own."""


def class_balance(labels: ArrayLike, classes: int = 3) -> NDArray[np.float32]:
    """Return w0(p) = N / (C·|pixels of p's class|), N the number of pixels.

    Parameters
    ----------
    labels
        (H, W) whole numbers, 0 background: every object, each with an id of its own.
    classes
        C: 2, 3 or 4, as in `class_map`.

    Returns
    -------
    NDArray[np.float32]
        Shape (H, W).
    """
    found = class_map(labels, classes)
    return balance(np.bincount(found.ravel(), minlength=classes))[found]


def unet_weights(
    labels: ArrayLike, classes: int = 3, factor: float = FOCUS, sigma: float = UNET_SIGMA
) -> NDArray[np.float32]:
    """Return U-Net's weights: w0 + factor·exp(−(d1 + d2)²/2σ²) where no cell is.

    d1 and d2 are the distances to the nearest and the second nearest cell. Where d1 + d2 is not below 4σ,
    the term, less than `factor`·e⁻⁸, is left out. Only pixels of the class cell count as cell.

    Parameters
    ----------
    labels
        (H, W) whole numbers, 0 background: every object, each with an id of its own.
    classes
        As in `class_map`.
    factor
        The paper's w0 = 10, for a class balance around 1.
    sigma
        In pixels.

    Returns
    -------
    NDArray[np.float32]
        Shape (H, W).
    """
    term = factor * between(np.asarray(labels), sigma)
    term[class_map(labels, classes) == CELL] = 0
    weights = class_balance(labels, classes)
    weights += term
    return weights


def dwm(labels: ArrayLike, classes: int = 3, beta: float = BETA) -> NDArray[np.float32]:
    """Return the distance transform based weight map (eq. 2): w0(p)·(1 − min(φ(p)/β, 1)).

    φ is the distance to the nearest pixel of an object; pixels of other classes than background keep w0.

    Parameters
    ----------
    labels
        (H, W) whole numbers, 0 background: every object, each with an id of its own.
    classes
        As in `class_map`.
    beta
        In pixels.

    Returns
    -------
    NDArray[np.float32]
        Shape (H, W).
    """
    array = np.asarray(labels)
    found = class_map(array, classes)
    away = edt.edt(array == 0, black_border=False)
    weights: NDArray[np.float32] = class_balance(array, classes)
    weights[found == BACKGROUND] *= decay(away, beta)[found == BACKGROUND]
    return weights


def saw(
    labels: ArrayLike, classes: int = 3, factor: float = FOCUS, sigma: float = SAW_SIGMA
) -> NDArray[np.float32]:
    """Return the shape aware weight map (eq. 3): w0 + factor·(F ∗ wc), large at narrow and concave places.

    Parameters
    ----------
    labels
        (H, W) whole numbers, 0 background: every object, each with an id of its own.
    classes
        As in `class_map`.
    factor
        Of the second term; the paper, whose w0 has no scale, does not name one.
    sigma
        Of the Gaussian F, in pixels.

    Returns
    -------
    NDArray[np.float32]
        Shape (H, W).
    """
    sketch = Sketch(np.asarray(labels).astype(np.int32) + 1)
    contour, depth, radius = focus(sketch.objects, sketch.window, sigma)
    tau = max(float(radius.max()), 1e-6)
    weights = class_balance(labels, classes)
    weights += factor * np.maximum(contour - depth / tau, 0)
    return weights


def balance(counts: NDArray[np.integer] | NDArray[np.floating], rarest: float = 0.0) -> NDArray[np.float32]:
    """Return w0 of each class from the number of its pixels, shape (C,).

    A class counts as if it had at least the share `rarest` of the pixels (not in the paper): in a few
    strokes, three touching pixels would otherwise outweigh all the rest.
    """
    total = counts.sum()
    if not total:
        return np.ones(counts.shape, np.float32)
    return np.asarray(total / (counts.size * np.maximum(counts, max(rarest * total, 1))), np.float32)


def decay(distance: NDArray[np.float32], beta: float) -> NDArray[np.float32]:
    """Return 1 − min(φ/β, 1) (eq. 2)."""
    factor: NDArray[np.float32] = np.asarray(1 - np.minimum(distance / beta, 1), np.float32)
    return factor


def between(objects: NDArray[np.integer], sigma: float) -> NDArray[np.float32]:
    """Return exp(−(d1 + d2)²/2σ²), d1 and d2 the distances to the two nearest objects; 0 from 4σ on.

    Parameters
    ----------
    objects
        int (H, W), a number for each object, 0 where there is none.
    sigma
        In pixels.
    """
    reach = 4 * sigma
    first = np.full(objects.shape, np.inf, np.float32)
    second = first.copy()
    for window, away in _distances(objects, int(np.ceil(reach))):
        here, next_ = first[window], second[window]
        np.minimum(next_, np.maximum(here, away), out=next_)
        np.minimum(here, away, out=here)
    total = first + second
    term = np.exp(-(total**2) / (2 * sigma**2))
    return np.where(total < reach, term, 0).astype(np.float32)


def _distances(objects: NDArray[np.integer], reach: int) -> Iterator[tuple[Window, NDArray[np.float32]]]:
    """Yield for each object a window around it, and the distances to it there."""
    numbers = np.unique(objects, return_inverse=True)[1].reshape(objects.shape)
    numbers += 0 if (objects == 0).any() else 1
    shape = (objects.shape[0], objects.shape[1])
    for number, box in enumerate(ndimage.find_objects(numbers), start=1):
        window = expand(box, reach, shape)
        yield window, ndimage.distance_transform_edt(numbers[window] != number).astype(np.float32)
