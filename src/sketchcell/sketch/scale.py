"""How large the objects are, as far as the sketch can tell."""

from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sketchcell.sketch.sketch import FIRST_OBJECT, Sketch
from sketchcell.sketch.window import Window, expand


@dataclass(frozen=True)
class Diameter:
    """The typical object's diameter, that of the disk of equal area, in pixels.

    Attributes
    ----------
    value
        Median over the objects whose whole outline is known; None if there are none. A stroke inside an
        object says nothing about its size but a bound: it never enters here.
    lower_bound
        Median over all painted objects of what is painted of them; 0 if there are none.
    whole
        Number of objects behind `value`.
    """

    value: float | None
    lower_bound: float
    whole: int


def object_diameter(*sketches: Sketch) -> Diameter:
    """Estimate the diameter of the objects in one or more sketches.

    An object is a connected (4-neighbours) part of one id, cut at boundaries. It is whole if every pixel
    around it is painted with another label or lies on a boundary, and it does not touch the edge of the
    image; a gap that it encloses completely counts as part of it. Specks are left out: whole objects with
    less than half the diameter of what is painted of the median object.

    Returns
    -------
    Diameter
        In pixels of the sketches.
    """
    parts = [part for sketch in sketches for part in _parts(sketch)]
    painted = [diameter for diameter, _ in parts]
    lower_bound = float(np.median(painted)) if painted else 0.0
    whole = [diameter for diameter, is_whole in parts if is_whole and diameter > lower_bound / 2]
    return Diameter(
        value=float(np.median(whole)) if whole else None,
        lower_bound=lower_bound,
        whole=len(whole),
    )


def _parts(sketch: Sketch) -> list[tuple[float, bool]]:
    """Return the diameter of each connected part of an object, and whether it is a whole object."""
    objects = np.where(sketch.boundaries | (sketch.labels < FIRST_OBJECT), 0, sketch.labels)
    known = (sketch.labels > 0) | sketch.boundaries
    parts = []
    for box, mask in _connected_parts(objects):
        window = expand(box, 1, sketch.shape)
        padded = np.zeros(known[window].shape, np.bool_)
        inner = tuple(slice(b.start - w.start, b.stop - w.start) for b, w in zip(box, window, strict=True))
        padded[inner] = ndimage.binary_fill_holes(mask)
        outline = ndimage.binary_dilation(padded) & ~padded
        cut = any(b.start == 0 or b.stop == n for b, n in zip(box, sketch.shape, strict=True))
        diameter = 2 * float(np.sqrt(np.count_nonzero(padded) / pi))
        parts.append((diameter, not cut and bool(known[window][outline].all())))
    return parts


def _connected_parts(objects: NDArray[np.int32]) -> list[tuple[Window, NDArray[np.bool_]]]:
    """Return box and mask of each connected part of one id; 0 is nothing."""
    # Ids can be huge: number them from 1, since find_objects makes a list as long as the largest.
    painted = objects > 0
    ids = np.unique(objects[painted])
    numbered = np.zeros(objects.shape, np.int32)
    numbered[painted] = np.searchsorted(ids, objects[painted]) + 1
    found = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(numbered), start=1):
        parts, _ = ndimage.label(numbered[rows, columns] == number)
        for part, (inner_rows, inner_columns) in enumerate(ndimage.find_objects(parts), start=1):
            box = (
                slice(rows.start + inner_rows.start, rows.start + inner_rows.stop),
                slice(columns.start + inner_columns.start, columns.start + inner_columns.stop),
            )
            found.append((box, parts[inner_rows, inner_columns] == part))
    return found
