"""The objects of a sketch: connected paint of one id, and whether its outline is known all round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import pi

import edt
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label as connected_parts

from sketchcell.sketch.ids import FIRST_OBJECT
from sketchcell.sketch.painted_windows import painted_windows
from sketchcell.sketch.window import Window, expand, union, within


def _label(core: NDArray[np.int32]) -> NDArray[np.int32]:
    """Give the 4-connected parts of equal value numbers from 1; 0 is nothing."""
    parts = connected_parts(core, background=0, connectivity=1)  # type: ignore[no-untyped-call]
    return np.asarray(parts, np.int32)


_SMALL = 64 * 64  # pixels: below, edt takes longer to start its threads than scipy for all of it


@dataclass(frozen=True, eq=False)
class PaintedObject:
    """A connected (4-neighbours) part of one id, cut at boundaries.

    Attributes
    ----------
    id
        As painted.
    box
        Rows and columns it spans.
    mask
        bool, of the box's shape.
    closed
        Whether each of its pixels' 4-neighbours inside the image is known, so that nothing more can belong
        to it. What is computed from the mask alone is exact then.
    surrounded
        Whether each pixel around it is known when the gaps that it encloses are counted as its own. A closed
        object is always surrounded.
    edges
        Whether it reaches the image's top, bottom, left and right edge.
    """

    id: int
    box: Window
    mask: NDArray[np.bool_]
    closed: bool
    surrounded: bool
    edges: tuple[bool, bool, bool, bool]

    @property
    def cut(self) -> bool:
        """Whether the image's edge may cut it."""
        return any(self.edges)

    @cached_property
    def area(self) -> int:
        """Pixels."""
        return int(np.count_nonzero(self.mask))

    @cached_property
    def diameter(self) -> float:
        """Of the disk of equal area, gaps filled, in pixels."""
        return 2 * float(np.sqrt(np.count_nonzero(ndimage.binary_fill_holes(self.mask)) / pi))

    @cached_property
    def distance(self) -> NDArray[np.float32]:
        """Distance to the nearest pixel that is not its own, float32, of the box's shape; 0 outside.

        The edge of the image is not a boundary of anything; an object without any other has the diagonal of
        its box.
        """
        top, bottom, left, right = (0 if at_edge else 1 for at_edge in self.edges)
        padded = np.pad(self.mask, ((top, bottom), (left, right)))
        height, width = self.mask.shape
        if padded.all():
            return np.full(self.mask.shape, np.hypot(height, width), np.float32)
        away: NDArray[np.float32]
        if padded.size <= _SMALL:
            away = ndimage.distance_transform_edt(padded).astype(np.float32)
        else:
            away = edt.edt(padded.view(np.uint8), black_border=False)
        return away[top : top + height, left : left + width]

    @cached_property
    def thickness(self) -> float:
        """The largest distance, in pixels: the radius of the largest disk inside it."""
        return float(self.distance.max())


class Objects:
    """The objects of a sketch by number, kept up as it is painted.

    Parameters
    ----------
    labels
        int (H, W), of the sketch.
    boundaries
        bool (H, W).
    """

    def __init__(self, labels: NDArray[np.int32], boundaries: NDArray[np.bool_]) -> None:
        self._labels, self._boundaries = labels, boundaries
        self._numbers = np.zeros(labels.shape, np.int32)
        self._found: dict[int, PaintedObject] = {}
        self._next = 1
        self._thickest: float | None = None
        for window, own in painted_windows(labels, boundaries):
            self._find(window, own)

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[PaintedObject]:
        return iter(self._found.values())

    def within(self, window: Window) -> list[PaintedObject]:
        """Return the objects with pixels in a window."""
        return [self._found[int(number)] for number in np.unique(self._numbers[window]) if number]

    @property
    def thickest(self) -> float | None:
        """The largest `PaintedObject.thickness` of all closed objects, in pixels; None if there are none."""
        if self._thickest is None:
            self._thickest = max((one.thickness for one in self if one.closed), default=0.0)
        return self._thickest or None

    def update(self, window: Window) -> Window:
        """Find anew what a change in `window` may have changed; return where objects may have changed."""
        around = expand(window, 1, (self._labels.shape[0], self._labels.shape[1]))
        touched = [int(number) for number in np.unique(self._numbers[around]) if number]
        gone = [self._found.pop(number) for number in touched]
        changed = union([around, *(one.box for one in gone)])
        numbers = self._numbers[changed]
        if touched:
            numbers[np.isin(numbers, touched)] = 0
        self._find(changed)
        self._thickest = None
        return changed

    def _find(self, window: Window, own: NDArray[np.bool_] | bool = True) -> None:
        """Give numbers to objects in a window that have none; those in `own` must lie inside as a whole."""
        labels, boundaries, numbers = (a[window] for a in (self._labels, self._boundaries, self._numbers))
        core = np.where((labels >= FIRST_OBJECT) & ~boundaries & (numbers == 0) & own, labels, 0)
        if not core.any():
            return
        parts: NDArray[np.int32] = _label(core)
        shape = (self._labels.shape[0], self._labels.shape[1])
        open_parts = self._open_parts(parts, window)
        for part, box in enumerate(ndimage.find_objects(parts), start=1):
            mask = parts[box] == part
            rows, columns = (
                slice(inner.start + outer.start, inner.stop + outer.start)
                for inner, outer in zip(box, window, strict=True)
            )
            edges = (rows.start == 0, rows.stop == shape[0], columns.start == 0, columns.stop == shape[1])
            closed = part not in open_parts
            surrounded = closed or self._is_surrounded((rows, columns), mask)
            first = np.unravel_index(int(mask.argmax()), mask.shape)
            label = int(labels[box][first])
            self._found[self._next] = PaintedObject(label, (rows, columns), mask, closed, surrounded, edges)
            numbers[box][mask] = self._next
            self._next += 1

    def _open_parts(self, parts: NDArray[np.int32], window: Window) -> set[int]:
        """Return the parts with a 4-neighbour that is unknown."""
        around = expand(window, 1, (self._labels.shape[0], self._labels.shape[1]))
        unknown = (self._labels[around] == 0) & ~self._boundaries[around]
        beside = ndimage.binary_dilation(unknown)
        return {int(part) for part in np.unique(parts[beside[within(window, around)]])}

    def _is_surrounded(self, box: Window, mask: NDArray[np.bool_]) -> bool:
        """Tell whether all around an object is known, its enclosed gaps taken for its own."""
        window = expand(box, 1, (self._labels.shape[0], self._labels.shape[1]))
        filled = np.zeros([span.stop - span.start for span in window], np.bool_)
        filled[within(box, window)] = ndimage.binary_fill_holes(mask)
        outline = ndimage.binary_dilation(filled) & ~filled
        known = (self._labels[window] > 0) | self._boundaries[window]
        return bool(known[outline].all())
