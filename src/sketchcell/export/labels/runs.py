"""Run lengths of all labels of a plane at once, as COCO counts them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Runs:
    """One label's pixels.

    Attributes
    ----------
    label
        Whose.
    counts
        Pixels outside and inside in turns, column after column, beginning outside.
    box
        x, y, width and height.
    area
        In pixels.
    """

    label: int
    counts: list[int]
    box: tuple[int, int, int, int]
    area: int


def runs(labels: NDArray[np.integer[Any]]) -> Iterator[Runs]:
    """Yield the runs of each label, labels rising.

    Parameters
    ----------
    labels
        ``(H, W)``, whole numbers, 0 background.
    """
    height = labels.shape[0]
    flat = labels.ravel(order="F")
    begins = np.append(0, np.flatnonzero(np.diff(flat)) + 1)
    ends = np.append(begins[1:], flat.size)
    values = flat[begins]
    order = np.argsort(values, kind="stable")
    order = order[values[order] > 0]
    begins, ends, values = begins[order], ends[order], values[order]
    if not values.size:
        return
    first = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    # outside before each run, from the end of the label's run before
    gaps = begins - np.append(0, ends[:-1])
    gaps[first] = begins[first]
    counts = np.stack([gaps, ends - begins], axis=1).ravel().tolist()
    bounds = np.append(first, values.size)
    rest = (flat.size - ends[bounds[1:] - 1]).tolist()
    boxes = _boxes(begins, ends, first, height)
    areas = np.add.reduceat(ends - begins, first).tolist()
    for number, label in enumerate(values[first].tolist()):
        own = counts[2 * bounds[number] : 2 * bounds[number + 1]]
        yield Runs(label, own + [rest[number]] * (rest[number] > 0), boxes[number], areas[number])


def _boxes(
    begins: NDArray[np.int64], ends: NDArray[np.int64], first: NDArray[np.int64], height: int
) -> list[tuple[int, int, int, int]]:
    """Return x, y, width and height of what groups of runs cover."""
    left = begins[first] // height
    right = np.maximum.reduceat((ends - 1) // height, first)
    # a run that goes on in the next column reaches the plane's lower and upper edge
    crosses = begins // height != (ends - 1) // height
    top = np.minimum.reduceat(np.where(crosses, 0, begins % height), first)
    bottom = np.maximum.reduceat(np.where(crosses, height - 1, (ends - 1) % height), first)
    sides = (left, top, right - left + 1, bottom - top + 1)
    return [*zip(*(side.tolist() for side in sides), strict=True)]
