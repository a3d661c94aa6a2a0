"""Taking labelled cells from elsewhere for annotation."""

import numpy as np
from numpy.typing import ArrayLike
from skimage.segmentation import relabel_sequential

from sketchcell.errors import SketchcellError
from sketchcell.sketch.gestures.plane import Plane
from sketchcell.sketch.gestures.regions import grown
from sketchcell.sketch.ids import BACKGROUND, FIRST_OBJECT
from sketchcell.sketch.sketch import as_labels

_MOST_CELLS = int(np.iinfo(np.uint16).max) - FIRST_OBJECT


def from_labels(labels: ArrayLike, *, complete: bool) -> Plane:
    """Return the annotation that a plane of labelled cells is.

    Parameters
    ----------
    labels
        Whole numbers (H, W): 0 no cell, 1 and more cells.
    complete
        Whether all cells are labelled, so that the rest is background. If not, the labelled cells are exact,
        with a ring of one pixel of background around them, and the rest is unknown.

    Returns
    -------
    Plane
        Labels uint16 with an id for each cell, from 2 in the order of their numbers; no boundaries, as ids
        that touch imply them; instances int32, from 1.

    Raises
    ------
    SketchcellError
        If it is no such plane, or holds more than 65,533 cells.
    """
    given = as_labels(labels, of="label image", meaning="0 background, 1 or more cells")
    numbered, _, _ = relabel_sequential(given)  # type: ignore[no-untyped-call]
    instances = numbered.astype(np.int32)
    count = int(instances.max())
    if count > _MOST_CELLS:
        raise SketchcellError(
            f"The label image holds {count} cells, but a sketch at most {_MOST_CELLS}: import a part of it."
        )
    cells = instances > 0
    painted = np.where(cells, instances + (FIRST_OBJECT - 1), 0).astype(np.uint16)
    painted[~cells if complete else grown(cells) & ~cells] = BACKGROUND
    return Plane(painted, np.zeros(painted.shape, np.bool_), instances, count + FIRST_OBJECT, count + 1)
