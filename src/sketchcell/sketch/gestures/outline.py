"""Saying that a stroke is a whole cell."""

from sketchcell.sketch.gestures.plane import Correction, Draft, Plane
from sketchcell.sketch.gestures.regions import connected, grown, meant_instance, pixel_inside, placed
from sketchcell.sketch.ids import FIRST_OBJECT
from sketchcell.sketch.window import expand, union


def outline_stroke(plane: Plane, at: tuple[float, float]) -> Correction | None:
    """Close the stroke under a pixel: the cell ends where its paint ends.

    The stroke is the connected paint (4-neighbours) of one object id, cut at boundaries. Unknown pixels
    around it (8-neighbours) become boundary. It is shown as one instance, in place of the one that is much
    like it, if there is one.

    Parameters
    ----------
    plane
        What is painted and shown.
    at
        Row and column.

    Returns
    -------
    Correction or None
        None if no object is painted there, or if nothing changes.
    """
    pixel = pixel_inside(at, plane.shape)
    if pixel is None or plane.labels[pixel] < FIRST_OBJECT or plane.boundaries[pixel]:
        return None
    label = plane.labels[pixel]
    stroke = connected(
        lambda window: (plane.labels[window] == label) & (plane.boundaries[window] == 0),
        pixel,
        plane.shape,
        diagonal=False,
    )
    old = meant_instance(plane, stroke)
    boxes = [stroke[0]] if old is None else [stroke[0], old[0]]
    draft = Draft(plane, expand(union(boxes), 1, plane.shape))
    inside = placed(stroke, draft.window)
    around = grown(inside) & ~inside
    draft.boundaries[around & (draft.labels == 0)] = True
    if old is None:
        number = next(draft.new_instances)
    else:
        before = placed(old, draft.window)
        number = draft.instances[before][0]
        draft.instances[before] = 0
    draft.instances[inside] = number
    return draft.correction()
