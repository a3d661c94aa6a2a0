"""The measured cells of one image: their table, and where in the image each row is."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sketchcell.inference import Progress
from sketchcell.ui.frame import Plane
from sketchcell.ui.measuring import Pixel, measuring
from sketchcell.ui.reading import Reading
from sketchcell.ui.spot import Spot

if TYPE_CHECKING:
    import pandas

Cells = tuple[Spot, NDArray[np.int32]]


@dataclass(frozen=True, eq=False)
class Measured:
    """A table, one row a cell and plane.

    Attributes
    ----------
    table
        As `sketchcell.ui.measuring.measuring` returns it.
    planes
        What was measured.
    where
        int32 ``(N,)``: the plane of each row, as an index into `planes`.
    boxes
        int32 ``(N, 4)``: the first row and column of each cell's pixels, and those after the last.
    pixels
        Of all these planes together.
    """

    table: pandas.DataFrame
    planes: tuple[Plane, ...]
    where: NDArray[np.int32]
    boxes: NDArray[np.int32]
    pixels: int

    @property
    def labels(self) -> NDArray[np.int64]:
        """The cells' numbers, int64 ``(N,)``."""
        labels: NDArray[np.int64] = self.table["label"].to_numpy(dtype=np.int64)
        return labels

    def rows_in(self, plane: Plane) -> NDArray[np.int64]:
        """Return the rows of the cells in a plane."""
        if plane not in self.planes:
            return np.empty(0, np.int64)
        return np.flatnonzero(self.where == self.planes.index(plane))

    def rows_of(self, plane: Plane, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of the cells of a plane that have one of these numbers."""
        rows = self.rows_in(plane)
        return rows[np.isin(self.labels[rows], labels)]

    def rows_again(self, other: Measured, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of the cells that had some rows in another table of the image."""
        found = [
            self.rows_of(plane, other.labels[rows[other.where[rows] == number]])
            for number, plane in enumerate(other.planes)
        ]
        return np.sort(np.concatenate([np.empty(0, np.int64), *found]))


def measuring_cells(
    cells: Sequence[Cells],
    reading: Reading,
    pixel: Pixel | None,
    sure: Mapping[Spot, NDArray[np.float32]],
) -> Generator[Progress, None, Measured]:
    """Measure planes of one image, and note where each cell is; see `measuring`.

    Parameters
    ----------
    cells
        At least one plane with its labels.
    reading, pixel
        As there.
    sure
        Where it is known, the confidence of the cells of a plane, by label.

    Raises
    ------
    SketchcellError
        When the image cannot be read.
    """
    import pandas

    tables, where, boxes = [], [], []
    for number, (spot, labels) in enumerate(cells):
        yield Progress(number, len(cells), "measuring")
        kept = labels.copy()  # the network may go on meanwhile
        table = yield from _within(number, len(cells), measuring([(spot, kept)], reading, pixel))
        if sure:
            table["confidence"] = _looked_up(sure.get(spot), table["label"].to_numpy(dtype=np.int64))
        tables.append(table)
        where.append(np.full(len(table), number, np.int32))
        boxes.append(_boxes(kept, table["label"].to_numpy(dtype=np.int64)))
    return Measured(
        pandas.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True),
        tuple(spot.plane for spot, _ in cells),
        np.concatenate(where),
        np.concatenate(boxes),
        sum(labels.size for _, labels in cells),
    )


def _within(
    number: int, count: int, steps: Generator[Progress, None, pandas.DataFrame]
) -> Generator[Progress, None, pandas.DataFrame]:
    """Yield how far all planes are, rather than one of them."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        total = max(step.total, 1)
        yield Progress(number * total + min(step.done, total), count * total, step.what)


def _looked_up(sure: NDArray[np.float32] | None, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the confidence of cells, NaN where it is not known."""
    known = np.full(int(ids.max(initial=0)) + 1, np.nan, np.float32)
    if sure is not None:
        there = np.flatnonzero(sure[: known.size] > 0)
        known[there] = sure[there]
    return known[ids]


def _boxes(labels: NDArray[np.int32], ids: NDArray[np.int64]) -> NDArray[np.int32]:
    from scipy.ndimage import find_objects

    found = find_objects(labels)
    boxes = np.zeros((len(ids), 4), np.int32)
    for row, label in enumerate(ids):
        rows, columns = found[label - 1]
        boxes[row] = rows.start, columns.start, rows.stop, columns.stop
    return boxes
