"""Saying that cells are right as they are shown."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.sketch.gestures.exact import MARGIN, make_exact
from sketchcell.sketch.gestures.plane import Correction, Draft, Plane
from sketchcell.sketch.gestures.regions import instance_at, placed
from sketchcell.sketch.window import Window, checked, expand, within

_MOST_NUMBERS = 1 << 22  # for tables with an entry for each instance


def accept(plane: Plane, at: tuple[float, float]) -> Correction | None:
    """Accept the instance under a pixel: it becomes an object, and its outline exact.

    All its pixels get one id: the one that is painted inside it, or a new one if none or several are or if it
    is painted just outside, too. Unknown pixels around it (8-neighbours) become background, or a boundary
    where another instance is shown. Paint of others around it stays; a stroke that sticks out by no more
    than two pixels is taken back.

    Parameters
    ----------
    plane
        What is painted and shown.
    at
        Row and column.

    Returns
    -------
    Correction or None
        None if no instance is there, or if nothing changes.

    Raises
    ------
    SketchcellError
        If a new id is needed and all are in use.
    """
    found = instance_at(plane, at)
    if found is None:
        return None
    draft = Draft(plane, expand(found[0], MARGIN, plane.shape))
    make_exact(draft, placed(found, draft.window).astype(np.int32))
    return draft.correction()


def accept_all(plane: Plane, window: Window) -> Correction | None:
    """Accept all instances that lie wholly in a window, at once; the image's edge does not cut them.

    Parameters
    ----------
    plane
        What is painted and shown.
    window
        Rows and columns.

    Returns
    -------
    Correction or None
        None if there are none, or if nothing changes.

    Raises
    ------
    SketchcellError
        If new ids are needed and all are in use.
    ValueError
        If the window is not inside the plane.
    """
    window = checked(window, plane.shape)
    draft = Draft(plane, expand(window, MARGIN, plane.shape))
    cells = _whole_instances(draft, expand(window, 1, plane.shape), window)
    if not cells.any():
        return None
    make_exact(draft, cells)
    return draft.correction()


def _whole_instances(draft: Draft, around: Window, window: Window) -> NDArray[np.integer[Any]]:
    """Return numbers of the instances in `window` that do not go on in `around`, 0 elsewhere."""
    numbers = draft.instances
    if numbers.max() > _MOST_NUMBERS:
        numbers = np.unique(numbers, return_inverse=True)[1].reshape(numbers.shape)
    going_on = np.zeros(int(numbers.max()) + 1, np.bool_)
    outside = np.ones(numbers.shape, np.bool_)
    outside[within(window, draft.window)] = False
    if not outside.any():
        return numbers
    frame = within(around, draft.window)
    going_on[numbers[frame][outside[frame]]] = True
    cells: NDArray[np.integer[Any]] = np.where(outside | going_on.take(numbers), 0, numbers)
    return cells
