"""Targets of sketches, encoded once a tile and kept until a stroke changes them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.families import Family, Target
from sketchcell.sketch import Sketch, Window
from sketchcell.sketch.window import expand, intersect, within

_TILE = 128
_MOST_BYTES = 400_000_000  # of all tiles together; those unused for longest go first


class TargetCache:
    """A family's targets for some sketches, each known by a number.

    Parameters
    ----------
    family, params
        Make the targets.
    """

    def __init__(self, family: Family, params: Any) -> None:
        self._family, self._params = family, params
        nothing = Sketch(np.zeros((1, 1), np.int32))
        self.names = family.encode(nothing, params).names
        self._tiles: OrderedDict[tuple[int, int, int], NDArray[np.float32]] = OrderedDict()
        self._bytes = 0

    def cut(self, number: int, sketch: Sketch, window: Window) -> Target[NDArray[np.float32]]:
        """Return the target of a window of a sketch; the array is the caller's own."""
        rows, columns = window
        data = np.zeros((len(self.names), rows.stop - rows.start, columns.stop - columns.start), np.float32)
        for row, column in _touched(window):
            tile = _tile_window(row, column, sketch.shape)
            shared = intersect(tile, window)
            if shared is None or not (sketch.labels[tile].any() or sketch.boundaries[tile].any()):
                continue
            encoded = self._encoded((number, row, column), sketch, tile)
            data[:, *within(shared, window)] = encoded[:, *within(shared, tile)]
        return Target(self.names, data)

    def forget(self, number: int, sketch: Sketch, changed: Window) -> None:
        """Drop what a change in a window, as `Sketch.paint` reports it, may have made wrong."""
        wide = expand(changed, self._family.context, sketch.shape)
        touched = {(number, *place) for place in _touched(wide)}
        self._drop(key for key in list(self._tiles) if key in touched)

    def forget_all(self, number: int) -> None:
        """Drop all of one sketch."""
        self._drop(key for key in list(self._tiles) if key[0] == number)

    def _drop(self, keys: Iterable[tuple[int, int, int]]) -> None:
        for key in keys:
            self._bytes -= self._tiles.pop(key).nbytes

    def _encoded(self, key: tuple[int, int, int], sketch: Sketch, tile: Window) -> NDArray[np.float32]:
        if key in self._tiles:
            self._tiles.move_to_end(key)
            return self._tiles[key]
        encoded = self._family.encode(sketch, self._params, tile).data
        self._tiles[key] = encoded
        self._bytes += encoded.nbytes
        while self._bytes > _MOST_BYTES and len(self._tiles) > 1:
            self._bytes -= self._tiles.popitem(last=False)[1].nbytes
        return encoded


def _touched(window: Window) -> list[tuple[int, int]]:
    rows, columns = (range(span.start // _TILE, -(-span.stop // _TILE)) for span in window)
    return list(product(rows, columns))


def _tile_window(row: int, column: int, shape: tuple[int, int]) -> Window:
    return (
        slice(row * _TILE, min((row + 1) * _TILE, shape[0])),
        slice(column * _TILE, min((column + 1) * _TILE, shape[1])),
    )
