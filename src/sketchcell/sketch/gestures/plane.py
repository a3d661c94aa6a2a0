"""What a gesture sees, and what it changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.sketch.ids import FIRST_OBJECT
from sketchcell.sketch.window import Window, within

Pixel = tuple[int, int]
"""Row and column."""


@dataclass(frozen=True, eq=False)
class Plane:
    """An image plane's annotation and the instances that are shown on it; gestures never modify it.

    Attributes
    ----------
    labels
        Whole numbers (H, W): 0 unknown, 1 background, 2 and more objects.
    boundaries
        (H, W); non-zero on boundaries.
    instances
        Whole numbers (H, W): 0 background, 1 and more instances.
    next_id, next_instance
        Numbers from which on none is in use in `labels` and `instances`; None: the plane is searched for them
        when a gesture needs a new one.
    """

    labels: NDArray[Any]
    boundaries: NDArray[Any]
    instances: NDArray[Any]
    next_id: int | None = None
    next_instance: int | None = None

    def __post_init__(self) -> None:
        shapes = [array.shape for array in (self.labels, self.boundaries, self.instances)]
        if len(shapes[0]) != 2 or len(set(shapes)) != 1:
            raise ValueError(f"labels, boundaries and instances must be planes of one shape, not {shapes}")

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, in pixels."""
        height, width = self.labels.shape
        return height, width


@dataclass(frozen=True, eq=False)
class Correction:
    """What a window of a plane looks like after a gesture; outside it nothing changes.

    Attributes
    ----------
    window
        Rows and columns.
    labels
        New labels, of the plane's type and the window's shape.
    boundaries
        New boundaries, bool.
    instances
        New instances, of the plane's type.
    """

    window: Window
    labels: NDArray[Any]
    boundaries: NDArray[np.bool_]
    instances: NDArray[Any]


class Draft:
    """A copy of a window of a plane, to work on.

    Parameters
    ----------
    plane
        Where to copy from.
    window
        What to copy.
    """

    def __init__(self, plane: Plane, window: Window) -> None:
        self.window = window
        self.labels = plane.labels[window].copy()
        self.boundaries: NDArray[np.bool_] = plane.boundaries[window] != 0
        self.instances = plane.instances[window].copy()
        self.new_ids = _unused(plane.labels, FIRST_OBJECT, plane.next_id)
        self.new_instances = _unused(plane.instances, 1, plane.next_instance)
        self._plane = plane

    def part(self, window: Window) -> "Draft":
        """Return a draft of a smaller window that shares this one's arrays."""
        here = within(window, self.window)
        part = Draft.__new__(Draft)
        part.window = window
        part.labels, part.boundaries = self.labels[here], self.boundaries[here]
        part.instances = self.instances[here]
        part.new_ids, part.new_instances, part._plane = self.new_ids, self.new_instances, self._plane
        return part

    def correction(self) -> Correction | None:
        """Return what has been done; None if that is nothing."""
        plane, window = self._plane, self.window
        if (
            np.array_equal(self.labels, plane.labels[window])
            and np.array_equal(self.boundaries, plane.boundaries[window] != 0)
            and np.array_equal(self.instances, plane.instances[window])
        ):
            return None
        return Correction(window, self.labels, self.boundaries, self.instances)


def _unused(numbers: NDArray[Any], lowest: int, start: int | None) -> Iterator[int]:
    """Yield numbers that `numbers` does not hold: those above all of them first, then the gaps."""
    largest = int(np.iinfo(numbers.dtype).max)
    start = max(int(numbers.max()) + 1 if start is None else start, lowest)
    yield from range(start, largest + 1)
    taken = set(np.unique(numbers).tolist())
    yield from (number for number in range(lowest, min(start, largest + 1)) if number not in taken)
    raise SketchcellError(f"All {largest} numbers for cells are in use: erase cells that you do not need.")
