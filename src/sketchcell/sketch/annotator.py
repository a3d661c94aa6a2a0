"""The hand of the robot annotator."""

from math import pi

import numpy as np
from edt import edt
from numpy.typing import NDArray
from scipy import ndimage

from sketchcell.sketch.brush import Pixels, curve, disk, stamp
from sketchcell.sketch.ids import BACKGROUND, FIRST_OBJECT
from sketchcell.sketch.sketch import Sketch
from sketchcell.sketch.window import Window, expand

_FIELD_SIGMA = 50.0
_FIELD_STEP = 8


class Annotator:
    """Paints parts of a ground truth until a share of the image's pixels is painted.

    Parameters
    ----------
    truth
        int32 (H, W): 0 background, 1 and more objects.
    share
        Of the pixels to paint.
    random
        The source of randomness.
    one_id
        Whether all objects get the same id, with boundaries where they touch.
    """

    def __init__(
        self, truth: NDArray[np.int32], share: float, random: np.random.Generator, one_id: bool
    ) -> None:
        ids = np.unique(truth)
        ids = ids[ids > 0]
        self.truth = np.where(truth > 0, np.searchsorted(ids, truth) + 1, 0).astype(np.int32)
        self.count = int(ids.size)
        self.random = random
        self.one_id = one_id
        self._boxes: list[Window] = ndimage.find_objects(self.truth)
        self._contact = _contact_lines(self.truth) if one_id else np.zeros(truth.shape, np.bool_)
        self._labels: NDArray[np.int32] = np.zeros(truth.shape, np.int32)
        self._boundaries: NDArray[np.bool_] = np.zeros(truth.shape, np.bool_)
        areas = np.bincount(self.truth.ravel(), minlength=self.count + 1)
        self._background_area = int(areas[0])
        self.left = max(round(share * truth.size), 1)
        # A person divides the effort evenly, but does not fill every object to the rim.
        self._objects_left = self.left - min(self.left // 2, self._background_area)
        self._objects_left = min(self._objects_left, int(0.6 * areas[1:].sum()))
        self._diameter = 2 * float(np.sqrt(np.median(areas[1:]) / pi)) if self.count else 20.0
        self._brush = min(max(0.08 * self._diameter, 1.0), 8.0)
        self._queue: list[int] = []

    @property
    def wants_objects(self) -> bool:
        """Whether objects are behind their share of the paint."""
        if not self.count:
            return False
        return self._background_area == 0 or self.random.random() * self.left < self._objects_left

    def sketch(self) -> Sketch:
        """Return what has been painted."""
        return Sketch(self._labels, self._boundaries)

    def dab(self) -> None:
        """Press the brush once inside an object."""
        number, window, region = self._next_object()
        self._paint(window, stamp(self._inside(region, 1), self._disk(1.0, 2.2), region))
        self._maybe_line(number)

    def scribble(self) -> None:
        """Draw a curve inside an object."""
        number, window, region = self._next_object()
        points = self._inside(region, int(self.random.integers(3, 6)))
        self._paint(window, stamp(curve(points.astype(np.float64)), self._disk(0.7, 1.3), region))
        self._maybe_line(number)

    def cell(self) -> None:
        """Fill an object and paint around it, so that its outline is known; scribble if paint is short."""
        number, window, region = self._next_object()
        around, band = self._band(number, 1, 1 + 2 * self._brush)
        rows, columns = np.nonzero(band)
        if self.left < np.count_nonzero(region) + rows.size:
            points = self._inside(region, 3)
            self._paint(window, stamp(curve(points.astype(np.float64)), self._disk(0.7, 1.3), region))
            return
        self._line(number)
        inner_rows, inner_columns = np.nonzero(self.truth[window] == number)
        self._paint(window, (inner_rows, inner_columns))
        self._paint(around, (rows, columns))

    def beside(self) -> None:
        """Draw background along an object."""
        if not self.count:
            self.background_scribble()
            return
        number = self._next_number()
        start = float(self.random.choice([1.0, 2.0, 3.0]))
        window, band = self._band(number, start, start + 2 * self._brush)
        rows, columns = np.nonzero(band & (self.truth[window] == 0))
        if not rows.size:
            return
        angle = np.arctan2(rows - band.shape[0] / 2, columns - band.shape[1] / 2)
        along = (angle - self.random.uniform(-pi, pi)) % (2 * pi)
        order = np.argsort(along, kind="stable")
        order = order[along[order] < self.random.uniform(0.5, 2.0) * pi]
        self._paint(window, (rows[order], columns[order]))

    def background_dab(self) -> None:
        """Press the brush once on background."""
        self._on_background(1, self._disk(1.5, 4.0))

    def background_scribble(self) -> None:
        """Draw a curve on background."""
        self._on_background(int(self.random.integers(3, 6)), self._disk(1.0, 2.0))

    def field(self) -> None:
        """Paint what is left to paint where smoothed noise is largest."""
        if not self.left:
            return
        unpainted = np.flatnonzero(self._labels.ravel() == 0)
        if self.left < unpainted.size:
            noise = _smooth_noise(self._labels.shape, self.random).ravel()[unpainted]
            unpainted = unpainted[np.argpartition(noise, -self.left)[-self.left :]]
        rows, columns = np.divmod(unpainted, self.truth.shape[1])
        self._boundaries[rows, columns] |= self._contact[rows, columns]
        self._put(rows, columns)

    def _on_background(self, points: int, brush: NDArray[np.int64]) -> None:
        height, width = self.truth.shape
        for _ in range(100):
            row, column = int(self.random.integers(height)), int(self.random.integers(width))
            if self.truth[row, column] == 0 and self._labels[row, column] == 0:
                break
        else:
            return
        reach = int(2.5 * self._diameter) + 2
        window = expand((slice(row, row + 1), slice(column, column + 1)), reach, (height, width))
        start = np.array([row - window[0].start, column - window[1].start], dtype=np.float64)
        path = start + self.random.uniform(-reach, reach, (points, 2))
        path[0] = start
        self._paint(window, stamp(curve(path), brush, self.truth[window] == 0))

    def _next_number(self) -> int:
        if not self._queue:
            self._queue = [int(number) for number in self.random.permutation(self.count) + 1]
        return self._queue.pop()

    def _next_object(self) -> tuple[int, Window, NDArray[np.bool_]]:
        """Return an object's number, its window, and where a brush may go without crossing a contact."""
        number = self._next_number()
        window = self._boxes[number - 1]
        return number, window, (self.truth[window] == number) & ~self._contact[window]

    def _inside(self, region: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
        """Return `count` random pixels (count, 2) of `region`."""
        pixels = np.argwhere(region)
        return (
            pixels[self.random.integers(0, len(pixels), count)] if len(pixels) else np.zeros((2, 2), np.int64)
        )

    def _disk(self, smallest: float, largest: float) -> NDArray[np.int64]:
        return disk(self._brush * self.random.uniform(smallest, largest))

    def _band(self, number: int, start: float, stop: float) -> tuple[Window, NDArray[np.bool_]]:
        """Return the pixels from `start` to `stop` px outside an object, and the window they are in."""
        window = expand(self._boxes[number - 1], int(stop) + 1, self.truth.shape)
        away = edt((self.truth[window] != number).astype(np.uint8), black_border=False)
        return window, (away >= start) & (away < stop)

    def _maybe_line(self, number: int) -> None:
        if self.one_id and self.random.random() < 0.3:
            self._line(number)

    def _line(self, number: int) -> None:
        """Draw boundaries where an object touches others."""
        window = expand(self._boxes[number - 1], 1, self.truth.shape)
        own = self.truth[window] == number
        self._boundaries[window] |= self._contact[window] & ndimage.binary_dilation(own)

    def _paint(self, window: Window, pixels: Pixels) -> None:
        """Paint pixels of `window` in their order, but for contacts without a line, while paint is left."""
        rows, columns = pixels[0] + window[0].start, pixels[1] + window[1].start
        free = (self._labels[rows, columns] == 0) & (
            ~self._contact[rows, columns] | self._boundaries[rows, columns]
        )
        self._put(rows[free][: self.left], columns[free][: self.left])

    def _put(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> None:
        number = self.truth[rows, columns]
        ids = np.minimum(number + BACKGROUND, FIRST_OBJECT) if self.one_id else number + BACKGROUND
        self._labels[rows, columns] = ids
        self.left -= rows.size
        self._objects_left -= int(np.count_nonzero(number))


def _contact_lines(truth: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return the pixels of each object that touch (4-neighbours) an object of a higher number."""
    lines = np.zeros(truth.shape, np.bool_)
    for first, second in ((np.s_[:-1, :], np.s_[1:, :]), (np.s_[:, :-1], np.s_[:, 1:])):
        here, there = truth[first], truth[second]
        lines[first] |= (here > 0) & (there > here)
        lines[second] |= (there > 0) & (here > there)
    return lines


def _smooth_noise(shape: tuple[int, ...], random: np.random.Generator) -> NDArray[np.float32]:
    """Return white noise smoothed with a Gaussian, on a coarser grid and interpolated."""
    coarse = [length // _FIELD_STEP + 2 for length in shape]
    noise = random.standard_normal(coarse, dtype=np.float32)
    smooth = ndimage.gaussian_filter(noise, _FIELD_SIGMA / _FIELD_STEP, mode="wrap")
    # One coarse cell more than the image needs, so that every pixel lies between samples.
    rows, columns = (np.arange(length, dtype=np.float32) / _FIELD_STEP for length in shape)
    upper, left = rows.astype(np.int64), columns.astype(np.int64)
    down, right = (rows - upper)[:, None], columns - left
    by_row = smooth[upper] * (1 - down) + smooth[upper + 1] * down
    field: NDArray[np.float32] = by_row[:, left] * (1 - right) + by_row[:, left + 1] * right
    return field
