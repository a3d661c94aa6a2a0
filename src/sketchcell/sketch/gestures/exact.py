"""Turning shown cells into exact annotation: painted to the outline, and the outline known all round."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label as connected_parts

from sketchcell.sketch.gestures.plane import Draft
from sketchcell.sketch.gestures.regions import edges, grown
from sketchcell.sketch.ids import BACKGROUND, FIRST_OBJECT

OVERSHOOT = 2
"""Pixels by which a stroke may stick out of the cell that it was meant for."""

MARGIN = OVERSHOOT + 2
"""Pixels around cells that a draft needs to hold."""


def make_exact(draft: Draft, cells: NDArray[np.integer[Any]]) -> None:
    """Annotate cells as exactly what they are.

    Parameters
    ----------
    draft
        Modified in place; holds `MARGIN` pixels around the cells, where the image goes on.
    cells
        Of the draft's shape: 0 not such a cell, 1 and more a number for each.
    """
    inside = cells > 0
    over = overshoot(draft, inside)
    if over.any():
        draft.labels[over] = 0
        draft.boundaries[grown(over) & (draft.labels == 0)] = False
    ids = _ids(draft, cells, inside)
    np.copyto(draft.labels, ids.take(cells), where=inside)
    draft.boundaries &= ~inside
    around = grown(inside) & ~inside
    _clear_needless_boundaries(draft, inside, around)
    unknown = around & (draft.labels == 0) & ~draft.boundaries
    np.copyto(draft.labels, BACKGROUND, where=unknown & (draft.instances == 0))
    draft.boundaries |= unknown & (draft.instances != 0)


def overshoot(draft: Draft, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where strokes that lie inside a cell stick out of it a little.

    That is paint that touches paint of its id inside, and that as a whole reaches no further than
    `OVERSHOOT` pixels. What reaches further may be another cell's.
    """
    labels, lines = draft.labels.ravel(), draft.boundaries.ravel()
    touching = np.zeros(inside.shape, np.bool_)
    for one, other in edges(inside, diagonal=False):
        same = (labels[one] == labels[other]) & (labels[one] >= FIRST_OBJECT) & ~lines[one] & ~lines[other]
        touching.ravel()[one[same]] = True
        touching.ravel()[other[same]] = True
    touching &= ~inside
    if not touching.any():
        return touching
    near = grown(inside, OVERSHOOT)
    paint = (draft.labels >= FIRST_OBJECT) & ~draft.boundaries & ~inside & grown(near)
    core = np.where(paint, draft.labels, 0)
    parts = connected_parts(core, background=0, connectivity=1)  # type: ignore[no-untyped-call]
    sticks_out = np.zeros(int(parts.max()) + 1, np.bool_)
    sticks_out[parts[touching]] = True
    sticks_out[parts[~near]] = False
    found: NDArray[np.bool_] = sticks_out[parts]
    return found


def beside_paint(draft: Draft, label: int, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what, painted with `label`, would join a cell with paint of that id outside it."""
    return grown((draft.labels == label) & ~inside)


def _ids(draft: Draft, cells: NDArray[np.integer[Any]], inside: NDArray[np.bool_]) -> NDArray[Any]:
    """Return an id for each cell's number.

    It is the one id that is painted inside it, unless none or several are, or a pixel around it has that id,
    too; else a new one.
    """
    labels, numbers = draft.labels.ravel(), cells.ravel()
    painted = np.flatnonzero(inside & (draft.labels >= FIRST_OBJECT))
    cell, label = numbers[painted], labels[painted]
    ids = np.zeros(int(cells.max()) + 1, draft.labels.dtype)
    ids[cell] = label
    ids[cell[ids[cell] != label]] = 0
    single, present = ids.copy(), np.zeros(ids.size, np.bool_)
    present[numbers[0]] = True  # a cell that fills everything has no edge
    for one, other in edges(cells, diagonal=True):
        cell_one, cell_other = numbers[one], numbers[other]
        present[cell_one] = present[cell_other] = True
        id_one = np.where(cell_one > 0, single[cell_one], labels[one])
        id_other = np.where(cell_other > 0, single[cell_other], labels[other])
        clash = (id_one == id_other) & (id_one >= FIRST_OBJECT)
        ids[np.maximum(cell_one[clash], cell_other[clash])] = 0
    without = present & (ids == 0)
    for number in np.flatnonzero(without[1:]) + 1:
        ids[number] = next(draft.new_ids)
    return ids


def _clear_needless_boundaries(draft: Draft, inside: NDArray[np.bool_], around: NDArray[np.bool_]) -> None:
    """Take boundaries away from painted pixels around cells, where the change of ids says the same.

    A boundary stays where it may part two cells that are painted with one id.
    """
    lines = np.flatnonzero(around & draft.boundaries & (draft.labels > 0))
    rows, columns = np.divmod(lines, inside.shape[1])
    label, instance = draft.labels[rows, columns], draft.instances[rows, columns]
    needed = instance == 0
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            row = np.clip(rows + down, 0, inside.shape[0] - 1)
            column = np.clip(columns + right, 0, inside.shape[1] - 1)
            alike = (draft.labels[row, column] == label) & ~inside[row, column]
            needed |= alike & (draft.instances[row, column] != instance)
    needless = ~needed | (label == BACKGROUND)
    draft.boundaries[rows[needless], columns[needless]] = False
