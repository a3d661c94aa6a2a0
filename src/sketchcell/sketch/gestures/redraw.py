"""Saying where a cell's outline is by drawing it."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from skimage import draw

from sketchcell.sketch.gestures.exact import MARGIN, make_exact
from sketchcell.sketch.gestures.lines import as_line
from sketchcell.sketch.gestures.plane import Correction, Draft, Plane
from sketchcell.sketch.gestures.regions import Region, instance_at, meant_instance, placed
from sketchcell.sketch.ids import BACKGROUND
from sketchcell.sketch.window import expand, union


def redraw(plane: Plane, outline: ArrayLike, at: tuple[float, float] | None = None) -> Correction | None:
    """Give an instance a new outline, or draw a new cell by its outline.

    The inside becomes one instance, annotated as if it had been accepted. What lay in the old one and lies
    outside becomes background. Other instances lose the pixels inside, and what is painted on them there.

    Parameters
    ----------
    plane
        What is painted and shown.
    outline
        Vertices (N, 2) of a polygon, rows and columns, at least three; it closes itself. What lies outside
        the image does not count. If it crosses itself the largest connected part counts, holes filled.
    at
        A pixel of the instance to redraw; a new cell is drawn if none is there. None: the instance that is
        much like the inside (intersection over union at least one third) is redrawn, else a new cell drawn.

    Returns
    -------
    Correction or None
        None if the outline holds no pixel, or if nothing changes.

    Raises
    ------
    SketchcellError
        If the outline is none, or if new ids are needed and all are in use.
    """
    new = _inside(as_line(outline, least=3), plane.shape)
    if new is None:
        return None
    old = meant_instance(plane, new) if at is None else instance_at(plane, at)
    boxes = [new[0]] if old is None else [new[0], old[0]]
    draft = Draft(plane, expand(union(boxes), MARGIN, plane.shape))
    inside = placed(new, draft.window)
    before = np.zeros_like(inside) if old is None else placed(old, draft.window)
    number = next(draft.new_instances) if old is None else draft.instances[before][0]
    gone = before & ~inside
    draft.labels[gone] = BACKGROUND
    draft.boundaries[gone] = False
    draft.instances[gone] = 0
    draft.labels[inside & ~before & (draft.instances != 0)] = 0
    draft.instances[inside] = number
    make_exact(draft, inside.astype(np.int32))
    return draft.correction()


def _inside(outline: NDArray[np.float64], shape: tuple[int, int]) -> Region | None:
    """Return the largest connected part inside a polygon, None if it holds no pixel."""
    low = np.clip(np.floor(outline.min(axis=0)), 0, shape).astype(int).tolist()
    high = np.clip(np.ceil(outline.max(axis=0)) + 1, 0, shape).astype(int).tolist()
    if low[0] >= high[0] or low[1] >= high[1]:
        return None
    mask = np.zeros((high[0] - low[0], high[1] - low[1]), np.bool_)
    rows, columns = outline[:, 0] - low[0], outline[:, 1] - low[1]
    mask[draw.polygon(rows, columns, mask.shape)] = True  # type: ignore[no-untyped-call]
    parts, count = ndimage.label(mask)
    if count == 0:
        return None
    largest = ndimage.binary_fill_holes(parts == 1 + np.bincount(parts[mask])[1:].argmax())
    down, across = ndimage.find_objects(largest.view(np.uint8))[0]
    box = (
        slice(low[0] + down.start, low[0] + down.stop),
        slice(low[1] + across.start, low[1] + across.stop),
    )
    return box, largest[down, across]
