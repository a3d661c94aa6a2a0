"""Saying that what is shown as several cells is one, by a stroke across them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketchcell.sketch.brush import disk
from sketchcell.sketch.gestures.exact import MARGIN, beside_paint, overshoot
from sketchcell.sketch.gestures.lines import as_line, line_pixels, stamped
from sketchcell.sketch.gestures.plane import Correction, Draft, Plane
from sketchcell.sketch.gestures.regions import (
    covers,
    edges,
    grown,
    instances_along,
    pixels_of,
    placed,
)
from sketchcell.sketch.ids import BACKGROUND, FIRST_OBJECT
from sketchcell.sketch.window import Window, expand, union

_CONTACT = 2  # px: cells no further from a boundary than this touch along it


def merge(plane: Plane, line: ArrayLike, width: float = 3.0) -> Correction | None:
    """Merge all instances through which a line runs.

    The stroke is painted where it runs through these instances and through the gaps between them; all that
    is painted as objects inside them gets one id. Boundaries under the stroke, and between these instances,
    are removed, background under the stroke is painted over.

    Parameters
    ----------
    plane
        What is painted and shown.
    line
        Vertices (N, 2), rows and columns; what lies outside the image does not count.
    width
        Of the stroke, in pixels, at least 1.

    Returns
    -------
    Correction or None
        None if the line runs through fewer than two instances. The merged one, gaps under the stroke
        included, has the number of the largest.

    Raises
    ------
    SketchcellError
        If the line is none, or if a new id is needed and all are in use.
    ValueError
        If the width is less than 1.
    """
    if not width >= 1:
        raise ValueError(f"a stroke must be at least one pixel wide, not {width}")
    path = line_pixels(as_line(line), plane.shape)
    regions = list(instances_along(plane, path))
    if len(regions) < 2:
        return None
    hit = np.any([covers(region, path) for region in regions], axis=0)
    first, last = np.flatnonzero(hit)[[0, -1]]
    path, hit = path[first : last + 1], hit[first : last + 1]
    boxes = [box for box, _ in regions]
    draft = Draft(plane, expand(union([*boxes, _box(path)]), MARGIN + int(width / 2), plane.shape))
    masks = [placed(region, draft.window) for region in regions]
    inside = np.any(masks, axis=0)
    path, brush = pixels_of(path, draft.window), disk(width / 2)
    gap = stamped(path[~hit], brush, inside.shape) & (draft.instances == 0)
    stroke = (stamped(path, brush, inside.shape) & inside) | gap
    draft.boundaries[stroke | (_contact(masks) & ~_beside_others(draft, inside))] = False
    own = _common_id(draft, inside)
    draft.labels[stroke & (draft.labels == BACKGROUND)] = 0
    draft.labels[overshoot(draft, inside) | ((inside | gap) & (draft.labels >= FIRST_OBJECT))] = own
    draft.labels[stroke & ~beside_paint(draft, own, inside | gap)] = own
    largest = max(masks, key=np.count_nonzero)
    draft.instances[inside | gap] = draft.instances[largest][0]
    return draft.correction()


def _box(path: NDArray[np.intp]) -> Window:
    (top, left), (bottom, right) = path.min(axis=0).tolist(), path.max(axis=0).tolist()
    return slice(top, bottom + 1), slice(left, right + 1)


def _contact(masks: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Return the pixels near two masks and more."""
    near: NDArray[np.bool_] = np.sum([grown(mask, _CONTACT) for mask in masks], axis=0) > 1
    return near


def _beside_others(draft: Draft, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels at instances other than those that are merged, whose boundaries stay."""
    return grown((draft.instances != 0) & ~inside)


def _common_id(draft: Draft, inside: NDArray[np.bool_]) -> int:
    """Return an id for all paint inside: the most frequent that hides no known edge around, or a new one."""
    labels = draft.labels[inside]
    ids, counts = np.unique(labels[labels >= FIRST_OBJECT], return_counts=True)
    flat, within = draft.labels.ravel(), inside.ravel()
    hidden: set[int] = set()
    for one, other in edges(inside, diagonal=True):
        label = np.where(within[one], flat[one], flat[other])
        beside = np.where(within[one], flat[other], flat[one])
        edge = (label >= FIRST_OBJECT) & (beside >= FIRST_OBJECT) & (label != beside)
        hidden.update(np.unique(beside[edge]).tolist())
    for label in ids[np.argsort(-counts, kind="stable")].tolist():
        if label not in hidden:
            return int(label)
    return next(draft.new_ids)
