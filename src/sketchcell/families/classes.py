"""Pixel classes of a fully labelled image: background, cell, touching and gap.

Guerrero-Peña et al. (ICIP 2018), algorithm 1: pixels where cells touch become a class of their own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from skimage.measure import label as connected_parts

CLASSES = ("background", "cell", "touching", "gap")
BACKGROUND, CELL, TOUCHING, GAP = range(len(CLASSES))

GAP_REACH = 3
"""Pixels: background this near to two different objects is gap (a 7 × 7 element)."""

SQUARE = np.ones((3, 3), np.bool_)
"""The structuring element of algorithm 1."""


def touching_of_mask(mask: ArrayLike) -> NDArray[np.bool_]:
    """Return the touching pixels of a binary truth, algorithm 1: ((g • se) − g) ⊕ se.

    Touching cells are separated by a background gap of one pixel in such a truth. Closing fills it; what was
    filled is dilated and becomes touching, whatever class it had. Notches of one pixel in a single cell are
    filled as well: where objects are known one by one, `touching_of_labels` does not take them for contacts.

    Parameters
    ----------
    mask
        (H, W), non-zero in cells.

    Returns
    -------
    NDArray[np.bool_]
        Shape (H, W).
    """
    cells = np.asarray(mask) != 0
    # what lies beyond the image must not erode what is at its edge
    dilated = ndimage.binary_dilation(cells, SQUARE)
    closed = ndimage.binary_erosion(dilated, SQUARE, border_value=1)
    touching: NDArray[np.bool_] = ndimage.binary_dilation(closed & ~cells, SQUARE)
    return touching


def touching_of_labels(labels: ArrayLike) -> NDArray[np.bool_]:
    """Return the touching pixels of instance labels: algorithm 1 where objects may also touch directly.

    - Gaps: background pixels with two different objects in their 3 × 3 neighbourhood, dilated by the 3 × 3
      element. Between two straight objects one pixel apart this is what algorithm 1 gives.
    - Contacts: pixels of an object beside (4-neighbours) a pixel of another one; a band of two pixels.

    An object is a connected (4-neighbours) part of one id.

    Parameters
    ----------
    labels
        (H, W) whole numbers, 0 background.

    Returns
    -------
    NDArray[np.bool_]
        Shape (H, W).
    """
    objects = split(labels)
    gap = (objects == 0) & sees_two(objects, 1)
    touching: NDArray[np.bool_] = contacts(objects) | ndimage.binary_dilation(gap, SQUARE)
    return touching


def class_map(labels: ArrayLike, classes: int = 3) -> NDArray[np.uint8]:
    """Return the class of each pixel of instance labels.

    Parameters
    ----------
    labels
        (H, W) whole numbers, 0 background.
    classes
        2: background and cell; rims of objects that touch are background, as the gap of one pixel is in the
        paper's binary truths. 3: and touching, which takes pixels from both. 4: and gap, the thin background
        between near cells: what is not touching and lies within 3 px (a 7 × 7 element) of two different
        objects. That is what a bottom-hat by this element fills between objects, and the mouth of the notch
        beside it.

    Returns
    -------
    NDArray[np.uint8]
        Shape (H, W): places in `CLASSES`.
    """
    objects = split(labels)
    found = (objects > 0).astype(np.uint8)
    if classes == 2:
        found[contacts(objects)] = BACKGROUND
        return found
    if classes > GAP:
        found[(objects == 0) & sees_two(objects, GAP_REACH)] = GAP
    found[touching_of_labels(labels)] = TOUCHING
    return found


def split(labels: ArrayLike) -> NDArray[np.int32]:
    """Return the connected (4-neighbours) parts of each id, numbered from 1."""
    parts = connected_parts(np.asarray(labels), background=0, connectivity=1)  # type: ignore[no-untyped-call]
    return np.asarray(parts, np.int32)


def contacts(objects: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return the pixels of an object beside (4-neighbours) a pixel of another one; 0 is no object."""
    found = np.zeros(objects.shape, np.bool_)
    for here, there in ((np.s_[1:, :], np.s_[:-1, :]), (np.s_[:, 1:], np.s_[:, :-1])):
        touch = (objects[here] != objects[there]) & (objects[here] > 0) & (objects[there] > 0)
        found[here] |= touch
        found[there] |= touch
    return found


def sees_two(objects: NDArray[np.int32], reach: int) -> NDArray[np.bool_]:
    """Return the pixels with two different objects among those at most `reach` rows and columns away."""
    none = np.iinfo(np.int32).max
    side = 2 * reach + 1
    high = ndimage.maximum_filter(objects, side, mode="constant", cval=0)
    low = ndimage.minimum_filter(np.where(objects > 0, objects, none), side, mode="constant", cval=none)
    two: NDArray[np.bool_] = high > low
    return two
