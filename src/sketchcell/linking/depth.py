"""Label planes of a z-stack joined into objects in 3D."""

from __future__ import annotations

from collections.abc import Generator, Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketchcell.errors import SketchcellError
from sketchcell.inference import Progress
from sketchcell.linking.links import best_links, chains, close_gaps
from sketchcell.linking.objects import collecting, renumbering

_ALIKE = 0.6  # IoU of two sections with a missing one between them


def linking_planes(
    planes: Iterable[ArrayLike], *, share: float = 0.75, gap: int = 1, minimum_planes: int = 1
) -> Generator[Progress, None, NDArray[np.int32]]:
    """Join the sections of objects in successive planes of a stack into objects in 3D.

    Two sections in neighbouring planes can belong together if the smaller one lies over the larger one with
    at least `share` of its pixels. Of all that can, those pairs are chosen that together have the largest
    sum of intersections over unions, each section with at most one in the next plane. The share of the
    smaller section is what counts because sections shrink quickly towards the ends of a round object, where
    their intersection over union is small.

    How far apart the planes are does not matter, as long as the sections of an object overlap: what is
    thinner than the gap between planes keeps an id of its own in its one plane.

    Parameters
    ----------
    planes
        Instance labels ``(Z, H, W)``, or planes ``(H, W)`` one after the other; whole numbers, 0 background.
        Ids of different planes need not have to do with each other. A lazy array is read plane by plane,
        each once.
    share
        In (0, 1]. The default was chosen on sections of two stacks with objects known in 3D.
    gap
        Planes in a row in which an object may be missing and still go on, if its sections before and after
        have an intersection over union of at least 0.6. The missing ones are not filled in.
    minimum_planes
        Objects with sections in fewer planes are removed.

    Yields
    ------
    Progress
        After each plane read, then after each plane renumbered.

    Returns
    -------
    int32 ``(Z, H, W)``: objects numbered from 1 without gaps, in the order in which they appear; 0
    background. The same every time.

    Raises
    ------
    SketchcellError
        If there is no plane, the planes differ in size or hold no labels, or a parameter is out of range.
    """
    check_linking(share, gap)
    if minimum_planes < 1:
        raise SketchcellError(f"An object lies in at least 1 plane; {minimum_planes} is too few.")
    objects = yield from collecting(planes, gap + 1, share)
    near = objects.pairs.distance == 1
    links = best_links(objects.pairs.where(near))
    far = objects.pairs.where(~near & (objects.pairs.iou >= _ALIKE))
    chain = chains(close_gaps(links, far, objects.plane.size), objects.plane.size)
    kept = np.bincount(chain) >= minimum_planes
    ids = np.where(kept, np.cumsum(kept), 0).astype(np.int32)[chain]
    return (yield from renumbering(objects.planes, ids))


def check_linking(share: float, gap: int) -> None:
    """Refuse parameters that no linking can work with."""
    if not 0 < share <= 1:
        raise SketchcellError(
            f"The share of an object that must overlap lies above 0 and up to 1, not {share}."
        )
    if gap < 0:
        raise SketchcellError(f"The number of planes that may be missing is 0 or more, not {gap}.")
