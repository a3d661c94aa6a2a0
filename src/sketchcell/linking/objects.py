"""The objects of successive label planes, and which of them lie over each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from operator import length_hint
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketchcell.errors import SketchcellError
from sketchcell.inference import Progress
from sketchcell.measure.labels import as_labels

_DENSE = 4  # ids up to this many times the pixels are counted in a table instead of sorted


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of objects that share pixels when their planes are laid over each other.

    Attributes
    ----------
    first, second
        Indices of the objects, int64 ``(K,)``; the plane of `first` comes before that of `second`.
    distance
        Planes from one to the other, int64 ``(K,)``, at least 1.
    iou
        Intersection over union, float64 ``(K,)``.
    share
        The common pixels as a share of the smaller object, float64 ``(K,)``.
    cover
        The same of the second object.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    distance: NDArray[np.int64]
    iou: NDArray[np.float64]
    share: NDArray[np.float64]
    cover: NDArray[np.float64]

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Pairs:
        """Return some of the pairs, by a mask or by their indices."""
        return Pairs(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


@dataclass(frozen=True, eq=False)
class Objects:
    """All objects of a stack of planes, numbered through, plane after plane.

    Attributes
    ----------
    planes
        For each plane int32 ``(H, W)``: each pixel's object, counted from 1; 0 is background.
    plane
        The plane of each object, int64 ``(N,)``.
    area
        Its pixels, int64 ``(N,)``.
    centre
        Its centre of mass in rows and columns, float64 ``(N, 2)``.
    pairs
        Which objects lie over each other.
    """

    planes: list[NDArray[np.int32]]
    plane: NDArray[np.int64]
    area: NDArray[np.int64]
    centre: NDArray[np.float64]
    pairs: Pairs


def collecting(planes: Iterable[ArrayLike], reach: int, share: float) -> Generator[Progress, None, Objects]:
    """Read label planes one after the other, and note which objects lie over each other.

    Parameters
    ----------
    planes
        ``(H, W)`` each, all of one shape; whole numbers, 0 background. A lazy array ``(N, H, W)`` is read
        plane by plane, each once.
    reach
        How many planes apart objects are compared.
    share
        Pairs that have less of the smaller object in common are left out.

    Yields
    ------
    Progress
        After each plane. Where nobody knows how many there will be, the total is what was done.
    """
    numbered: list[NDArray[np.int32]] = []
    areas: list[NDArray[np.int64]] = []
    centres: list[NDArray[np.float64]] = []
    pairs: list[Pairs] = []
    before: deque[tuple[NDArray[np.int32], NDArray[np.int64], int]] = deque(maxlen=reach)
    first = 0  # index of the plane's first object
    source, count = _one_by_one(planes)
    for index, labels in enumerate(source):
        plane = _numbered(labels)
        if before and plane.shape != before[-1][0].shape:
            raise SketchcellError(
                f"Label plane {index + 1} has the shape {plane.shape}, the one before it "
                f"{before[-1][0].shape}; give planes of one size."
            )
        area, centre = _area_and_centre(plane)
        for distance, (other, other_area, other_first) in enumerate(reversed(before), 1):
            found = _overlapping(other, plane, other_area, area, distance)
            found = found.where(found.share >= share)
            found.first[:] += other_first
            found.second[:] += first
            pairs.append(found)
        before.append((plane, area, first))
        numbered.append(np.where(plane > 0, plane + np.int32(first), np.int32(0)))
        areas.append(area)
        centres.append(centre)
        first += area.size
        yield Progress(index + 1, max(count, index + 1), "comparing planes")
    if not numbered:
        raise SketchcellError("There are no label planes to link; give at least one.")
    sizes = [area.size for area in areas]
    return Objects(
        numbered,
        np.repeat(np.arange(len(sizes)), sizes),
        np.concatenate(areas),
        np.concatenate(centres),
        _joined(pairs),
    )


def renumbering(
    planes: list[NDArray[np.int32]], ids: NDArray[np.int32]
) -> Generator[Progress, None, NDArray[np.int32]]:
    """Give every object of `collecting` its final id, int32 ``(N,)``, in an array ``(planes, H, W)``.

    The list of planes is emptied on the way, so that the stack is not held twice.
    """
    count = len(planes)
    table = np.concatenate([np.zeros(1, np.int32), ids])
    stack = np.empty((count, *planes[0].shape), np.int32)
    planes.reverse()
    for index in range(count):
        stack[index] = table[planes.pop()]
        yield Progress(index + 1, count, "numbering objects")
    return stack


def _one_by_one(planes: Any) -> tuple[Iterator[Any], int]:
    shape = getattr(planes, "shape", None)
    if shape is None:
        return iter(planes), length_hint(planes)
    if len(shape) != 3:
        raise SketchcellError(
            f"The labels have the shape {tuple(shape)}; give a stack of planes (planes, rows, columns)."
        )
    return (planes[index] for index in range(shape[0])), int(shape[0])


def _numbered(labels: Any) -> NDArray[np.int32]:
    """Return a plane whose objects are numbered from 1 in the order of their ids."""
    array = as_labels(np.asarray(labels), "label plane")
    if array.ndim != 2 or not array.size:
        raise SketchcellError(
            f"A label plane has the shape {array.shape}; give planes with rows and columns."
        )
    if int(array.max()) <= _DENSE * array.size:
        present = np.bincount(array.ravel()) > 0
        present[0] = False
        table: NDArray[np.int32] = np.cumsum(present, dtype=np.int32) * present
        return table[array]
    ids, places = np.unique(array, return_inverse=True)
    return places.reshape(array.shape).astype(np.int32) + np.int32(ids[0] != 0)


def _area_and_centre(plane: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    starts, lengths = _runs(plane)
    number = plane.ravel()[starts]
    rows, columns = np.divmod(starts, plane.shape[1])
    area = np.bincount(number, lengths)[1:]
    y = np.bincount(number, lengths * rows)[1:]
    x = np.bincount(number, lengths * (columns + (lengths - 1) / 2))[1:]
    return area.astype(np.int64), np.stack([y, x], axis=1) / area[:, np.newaxis]


def _overlapping(
    one: NDArray[np.int32],
    other: NDArray[np.int32],
    one_area: NDArray[np.int64],
    other_area: NDArray[np.int64],
    distance: int,
) -> Pairs:
    starts, lengths = _runs(one, other)
    a, b = one.ravel()[starts], other.ravel()[starts]
    both = (a > 0) & (b > 0)
    width = max(other_area.size, 1)
    codes, places = np.unique((a[both] - np.int64(1)) * width + b[both] - 1, return_inverse=True)
    shared = np.bincount(places, lengths[both], minlength=codes.size)
    first, second = np.divmod(codes, width)
    first_area, second_area = one_area[first], other_area[second]
    return Pairs(
        first,
        second,
        np.full(codes.size, distance, np.int64),
        shared / (first_area + second_area - shared),
        shared / np.minimum(first_area, second_area),
        shared / second_area,
    )


def _runs(*planes: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where in the flattened planes stretches of equal values in one row begin, and how long they are.

    There are far fewer of them than pixels.
    """
    begins = np.zeros(planes[0].shape, np.bool_)
    begins[:, 0] = True
    for plane in planes:
        begins[:, 1:] |= plane[:, 1:] != plane[:, :-1]
    starts = np.flatnonzero(begins)
    return starts, np.diff(starts, append=begins.size)


def _joined(pairs: list[Pairs]) -> Pairs:
    empty = np.empty(0, np.int64)
    none = Pairs(empty, empty, empty, *[empty.astype(np.float64)] * 3)
    every = [none, *pairs]
    return Pairs(*(np.concatenate([getattr(p, name) for p in every]) for name in none.__dataclass_fields__))
