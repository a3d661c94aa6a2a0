"""Saying that something that is shown is no cell."""

from sketchcell.sketch.gestures.exact import MARGIN, overshoot
from sketchcell.sketch.gestures.plane import Correction, Draft, Plane
from sketchcell.sketch.gestures.regions import instance_at, placed
from sketchcell.sketch.ids import BACKGROUND
from sketchcell.sketch.window import expand


def reject(plane: Plane, at: tuple[float, float]) -> Correction | None:
    """Reject the instance under a pixel: all of it becomes background, whatever was painted there.

    Where a stroke inside it sticks out by no more than two pixels, that is taken back. Nothing is said of
    what lies around.

    Parameters
    ----------
    plane
        What is painted and shown.
    at
        Row and column.

    Returns
    -------
    Correction or None
        None if no instance is there.
    """
    found = instance_at(plane, at)
    if found is None:
        return None
    draft = Draft(plane, expand(found[0], MARGIN, plane.shape))
    inside = placed(found, draft.window)
    draft.labels[overshoot(draft, inside)] = 0
    draft.labels[inside] = BACKGROUND
    draft.boundaries[inside] = False
    draft.instances[inside] = 0
    return draft.correction()
