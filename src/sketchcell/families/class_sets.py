"""The classes that a painted pixel may have, from all that is known around it.

Every class of `classes.class_map` hangs on a few pixels around. From a partial sketch some of these are
unknown. Touching and gap are monotone: more objects around can only make a pixel touching, never unmake it.
So what is known gives certain touching pixels, and what is known together with anything that unknown pixels
might be gives possible ones; the class is certain where both agree, a set of classes where they do not.
Painting more only ever removes classes from a set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sketchcell.families.classes import (
    BACKGROUND,
    CELL,
    GAP,
    GAP_REACH,
    SQUARE,
    TOUCHING,
    contacts,
    sees_two,
)
from sketchcell.sketch import Sketch, Window
from sketchcell.sketch.window import intersect, within

REACH = {2: 1, 3: 2, 4: max(GAP_REACH, 2)}
"""By the number of classes: pixels around a window that its classes hang on."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A window of a sketch, and which of its pixels belong to one object.

    Attributes
    ----------
    labels, lines
        As painted, int32 and bool (H, W).
    parts
        int32 (H, W): a number for each connected part of an id, 0 where there is no object.
    certain
        int32 (H, W): pixels with two different numbers, not 0, belong to different objects for certain. Two
        parts of one id are only known to be different if one of them is closed: else they may join under
        what is not painted.
    """

    labels: NDArray[np.int32]
    lines: NDArray[np.bool_]
    parts: NDArray[np.int32]
    certain: NDArray[np.int32]


def look(sketch: Sketch, window: Window) -> Seen:
    """Return what is known in a window of the whole sketch."""
    parts = np.zeros([span.stop - span.start for span in window], np.int32)
    certain = [0]
    open_ids: dict[int, int] = {}
    for number, one in enumerate(sketch.objects.within(window), start=1):
        shared = intersect(one.box, window)
        if shared is not None:
            parts[within(shared, window)][one.mask[within(shared, one.box)]] = number
        certain.append(number if one.closed else open_ids.setdefault(one.id, number))
    return Seen(sketch.labels[window], sketch.boundaries[window], parts, np.array(certain, np.int32)[parts])


def class_sets(seen: Seen, classes: int) -> NDArray[np.bool_]:
    """Return the classes that each pixel may have.

    A pixel of a drawn line is a contact. What is beside one may be touching or not, since lines have any
    width.

    Parameters
    ----------
    seen
        Exact `REACH` pixels away from the window's edges, or at those of the image.
    classes
        2, 3 or 4.

    Returns
    -------
    NDArray[np.bool_]
        Shape (classes, H, W); all False where nothing is painted. For a fully painted sketch without lines
        it is True at `classes.class_map` alone.
    """
    line = seen.lines
    cell = (seen.labels > 1) & ~line
    background = (seen.labels == 1) & ~line
    unknown = (seen.labels == 0) & ~line
    contact = contacts(seen.certain)
    may_touch = cell & ndimage.binary_dilation(unknown | line)  # 4-neighbours
    allowed = np.zeros((classes, *line.shape), np.bool_)
    if classes == 2:
        allowed[BACKGROUND] = background | line | contact | may_touch
        allowed[CELL] = cell & ~contact
        return allowed
    gap = background & sees_two(seen.certain, 1)
    may_be_gap = (background | unknown) & _may_see_two(seen, unknown, 1)
    touching = line | contact | ndimage.binary_dilation(gap, SQUARE)
    may_touch |= ndimage.binary_dilation(may_be_gap | line, SQUARE)
    painted = cell | background | line
    allowed[CELL] = cell & ~touching
    allowed[TOUCHING] = painted & (touching | may_touch)
    allowed[BACKGROUND] = background & ~touching
    if classes > GAP:
        allowed[GAP] = allowed[BACKGROUND] & _may_see_two(seen, unknown, GAP_REACH)
        allowed[BACKGROUND] &= ~sees_two(seen.certain, GAP_REACH)
    return allowed


def _may_see_two(seen: Seen, unknown: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Return where two different objects may lie among the pixels around one that is not an object itself.

    Unknown pixels, and those of lines, may belong to any object.
    """
    side = 2 * reach + 1
    anyone = (unknown | seen.lines).astype(np.int32)
    others = ndimage.uniform_filter(anyone.astype(np.float32), side, mode="constant") * side**2
    count = np.rint(others).astype(np.int32) - anyone
    some = ndimage.maximum_filter(seen.parts, side, mode="constant", cval=0) > 0
    two: NDArray[np.bool_] = sees_two(seen.parts, reach) | (count + some >= 2)
    return two
