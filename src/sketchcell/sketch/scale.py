"""How large the objects are, as far as the sketch can tell."""

from dataclasses import dataclass

import numpy as np

from sketchcell.sketch.sketch import Sketch


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
    objects = [one for sketch in sketches for one in sketch.objects]
    painted = [one.diameter for one in objects]
    lower_bound = float(np.median(painted)) if painted else 0.0
    whole = [
        one.diameter for one in objects if one.surrounded and not one.cut and one.diameter > lower_bound / 2
    ]
    return Diameter(
        value=float(np.median(whole)) if whole else None,
        lower_bound=lower_bound,
        whole=len(whole),
    )
