"""The labels of a large image while it is worked on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from sketchcell.large.places import WorkFolder
from sketchcell.sketch import Window

_LARGEST = np.iinfo(np.int32).max
_OVERVIEW = 1024  # pixels of the longer side


class GrowingLabels:
    """What a run of `segmenting_large` has found so far, for looking at.

    The numbers of cells are not those that they will have in the end.

    Parameters
    ----------
    work
        The folder that the run works in.

    Attributes
    ----------
    levels
        Two levels of a pyramid, int32 (h, w): all there is, at the network's size, as a dask array that reads
        what is looked at, and an overview in memory. Empty before there is anything.
    zoom
        How many image pixels one of the first level's pixels is high and wide.
    """

    def __init__(self, work: Path) -> None:
        self._folder = WorkFolder(work)
        self._missing: set[int] = set()
        self.levels: tuple[Any, ...] = ()
        self.zoom = (1.0, 1.0)

    def update(self) -> Window | None:
        """Take up the blocks that are done since the last time, into the overview.

        Returns
        -------
        The window of the first level that has changed; None if nothing has.
        """
        if not self.levels and not self._begin():
            return None
        changed = []
        for number in sorted(self._missing):
            window = self._window(number)
            labels = self._read(number, window)
            if labels is not None:
                self._missing.discard(number)
                self._put(window, labels)
                changed.append(window)
        if not changed:
            return None
        return (
            slice(min(rows.start for rows, _ in changed), max(rows.stop for rows, _ in changed)),
            slice(min(columns.start for _, columns in changed), max(columns.stop for _, columns in changed)),
        )

    def _begin(self) -> bool:
        import dask.array as da  # half a second

        about = self._folder.about
        if about is None:
            return False
        self._block, self._shape = int(about["block"]), tuple(about["working"])
        self.zoom = tuple(old / new for old, new in zip(about["shape"], self._shape, strict=True))
        self._columns = -(-self._shape[1] // self._block)
        self._missing = set(range(-(-self._shape[0] // self._block) * self._columns))
        self._step = max(2, -(-max(self._shape) // _OVERVIEW))
        self._labels = zarr.open_array(str(self._folder.labels_path), mode="r")
        chunks = da.core.normalize_chunks(self._block, self._shape)
        fine = da.map_blocks(self._show, chunks=chunks, dtype=np.int32, meta=np.zeros((0, 0), np.int32))
        self.levels = fine, np.zeros([-(-side // self._step) for side in self._shape], np.int32)
        return True

    def _show(self, block_info: Any) -> NDArray[np.int32]:
        row, column = block_info[None]["chunk-location"]
        number = row * self._columns + column
        window = self._window(number)
        labels = self._read(number, window)
        return np.zeros([span.stop - span.start for span in window], np.int32) if labels is None else labels

    def _window(self, number: int) -> Window:
        row, column = divmod(number, self._columns)
        rows, columns = (
            slice(place * self._block, min((place + 1) * self._block, side))
            for place, side in zip((row, column), self._shape, strict=True)
        )
        return rows, columns

    def _read(self, number: int, window: Window) -> NDArray[np.int32] | None:
        record = self._folder.record(number)
        if record is None:
            return None
        shown = np.concatenate([[0], record.key % _LARGEST + 1]).astype(np.int32)
        labels: NDArray[np.int32] = shown[np.asarray(self._labels[window])]
        return labels

    def _put(self, window: Window, labels: NDArray[np.int32]) -> None:
        step, (rows, columns) = self._step, window
        part = labels[-rows.start % step :: step, -columns.start % step :: step]
        top, left = -(-rows.start // step), -(-columns.start // step)
        self.levels[1][top : top + part.shape[0], left : left + part.shape[1]] = part
