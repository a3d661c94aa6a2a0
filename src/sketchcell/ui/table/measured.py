"""The measured cells of one image: their table, and where in the image each row is."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sketchcell.inference import Progress
from sketchcell.measure import summarize
from sketchcell.ui.frame import Plane
from sketchcell.ui.measuring import Pixel, measuring
from sketchcell.ui.reading import Reading
from sketchcell.ui.spot import Spot

if TYPE_CHECKING:
    import pandas

_BOX = ["bbox_top", "bbox_left", "bbox_bottom", "bbox_right"]

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
    shape
        Of a plane that holds the pixels of all these planes.
    pixel
        Its size, if it is known.
    """

    table: pandas.DataFrame
    planes: tuple[Plane, ...]
    where: NDArray[np.int32]
    boxes: NDArray[np.int32]
    shape: tuple[int, int]
    pixel: Pixel | None

    @property
    def labels(self) -> NDArray[np.int64]:
        """The cells' numbers, int64 ``(N,)``."""
        labels: NDArray[np.int64] = self.table["label"].to_numpy(dtype=np.int64)
        return labels

    @property
    def figures(self) -> str:
        """How many cells there are, how much they cover, how large and how dense they are, in one line."""
        size = None if self.pixel is None else (self.pixel.height, self.pixel.width)
        planes = [name for name in self.table if str(name).startswith("plane")]
        found = summarize(self.table.drop(columns=planes), self.shape, size).iloc[0]
        count = int(found["cells"])
        words = [f"{count:,} cell{'' if count == 1 else 's'}", f"{found['confluency']:.1%} covered"]
        known = self.pixel is not None
        area, per_area = ("mean_area_um2", "density_per_mm2") if known else ("mean_area", "density_per_mpx")
        words.append(f"mean area {found[area]:.4g} {'µm²' if known else 'px'}")
        words.append(f"{found[per_area]:,.4g} cells/{'mm²' if known else 'megapixel'}")
        return " · ".join([*words, f"{found['mean_neighbours']:.2g} neighbours each"])

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
    neighbour_distance: float = 0.0,
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
    neighbour_distance
        As `sketchcell.measure.measure` takes it.

    Raises
    ------
    SketchcellError
        When the image cannot be read.
    """
    import pandas

    tables, where, boxes = [], [], []
    for number, (spot, labels) in enumerate(cells):
        yield Progress(number, len(cells), "measuring")
        steps = measuring([(spot, labels)], reading, pixel, neighbour_distance)
        table = yield from _within(number, len(cells), steps)
        if sure:
            table["confidence"] = _looked_up(sure.get(spot), table["label"].to_numpy(dtype=np.int64))
        tables.append(table)
        where.append(np.full(len(table), number, np.int32))
        boxes.append(table[_BOX].to_numpy(dtype=np.int32))
    return Measured(
        pandas.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True),
        tuple(spot.plane for spot, _ in cells),
        np.concatenate(where),
        np.concatenate(boxes),
        (sum(labels.shape[0] for _, labels in cells), cells[0][1].shape[1]),
        pixel,
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
