"""Where something is painted: kept by tiles, so that a stroke on a huge image costs little."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sketchcell.sketch import Sketch, Window
from sketchcell.sketch.ids import BACKGROUND, FIRST_OBJECT

_TILE = 64
KINDS = ("object", "background", "edge")


class PaintedTiles:
    """Counts of painted pixels by kind in tiles of 64 × 64.

    Kinds are object, background and edge: painted pixels on the valid distance set next to a known
    boundary, where shape is learned.
    """

    def __init__(self, sketch: Sketch) -> None:
        self._sketch = sketch
        height, width = sketch.shape
        self._counts = np.zeros((len(KINDS), -(-height // _TILE), -(-width // _TILE)), np.int64)
        self.update((slice(0, height), slice(0, width)))

    def update(self, window: Window) -> None:
        """Count anew in the tiles that a window touches."""
        rows, columns = window
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        for row in range(rows.start // _TILE, -(-rows.stop // _TILE)):
            for column in range(columns.start // _TILE, -(-columns.stop // _TILE)):
                part = self._part(row, column)
                if not (self._sketch.labels[part].any() or self._sketch.boundaries[part].any()):
                    self._counts[:, row, column] = 0
                    continue
                for kind in range(len(KINDS)):
                    self._counts[kind, row, column] = np.count_nonzero(self._mask(kind, part))

    def total(self, kind: str, among: NDArray[np.bool_] | None = None) -> int:
        """Return how many pixels of a kind are painted, in all tiles or in those that `among` says."""
        counts = self._counts[KINDS.index(kind)]
        return int((counts if among is None else counts * among).sum())

    def centres(self) -> NDArray[np.float64]:
        """Return the centres of all tiles in pixels, shape (rows, columns, 2)."""
        rows, columns = (
            (_TILE * np.arange(count) + np.minimum(_TILE * np.arange(1, count + 1), length)) / 2
            for count, length in zip(self._counts.shape[1:], self._sketch.shape, strict=True)
        )
        return np.stack(np.meshgrid(rows, columns, indexing="ij"), -1)

    def painted(self) -> NDArray[np.bool_]:
        """Return which tiles hold paint, shape (rows, columns)."""
        painted: NDArray[np.bool_] = np.asarray(self._counts.any(axis=0))
        return painted

    def draw(
        self, kind: str, random: np.random.Generator, among: NDArray[np.bool_] | None = None
    ) -> tuple[int, int]:
        """Return a painted pixel of a kind; tiles with little paint count more than their share.

        Parameters
        ----------
        kind
            Of `KINDS`.
        random
            Where the chances come from.
        among
            bool, shape (rows, columns): the tiles to draw from; None: all.
        """
        counts = self._counts[KINDS.index(kind)]
        if among is not None:
            counts = counts * among
        weight = np.sqrt(counts).ravel()
        tile = int(random.choice(weight.size, p=weight / weight.sum()))
        row, column = divmod(tile, counts.shape[1])
        part = self._part(row, column)
        places = np.argwhere(self._mask(KINDS.index(kind), part))
        y, x = places[random.integers(len(places))]
        return int(y + part[0].start), int(x + part[1].start)

    def _part(self, row: int, column: int) -> Window:
        height, width = self._sketch.shape
        return (
            slice(row * _TILE, min((row + 1) * _TILE, height)),
            slice(column * _TILE, min((column + 1) * _TILE, width)),
        )

    def _mask(self, kind: int, part: Window) -> NDArray[np.bool_]:
        labels = self._sketch.labels[part]
        mask: NDArray[np.bool_]
        if KINDS[kind] == "object":
            mask = labels >= FIRST_OBJECT
        elif KINDS[kind] == "background":
            mask = labels == BACKGROUND
        else:
            distances = self._sketch.distances
            near = distances.valid[part] & (distances.distance[part] < 2) & (labels > 0)
            mask = near | self._sketch.boundaries[part]
        return mask
