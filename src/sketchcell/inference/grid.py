"""Overlapping tiles that cover an image, and how what is found in them becomes one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sketchcell.inference.progress import Progress
from sketchcell.networks import Network
from sketchcell.sketch import Window
from sketchcell.sketch.window import intersect, within

TILE = 512
_SURVEYED = 2048**2  # pixels: larger images are judged by windows of them
_LOOKS = 6  # of these windows in each direction


@dataclass(frozen=True)
class TileGrid:
    """Overlapping tiles of one size that cover an image.

    Attributes
    ----------
    shape
        Height and width of the image, in pixels.
    windows
        Where the tiles lie.
    overlap
        How many pixels neighbours share at least.
    """

    shape: tuple[int, int]
    windows: tuple[Window, ...]
    overlap: int

    def touching(self, window: Window) -> list[int]:
        """Return the numbers of the tiles that share pixels with a window."""
        rows, columns = window
        inside = (self._tops < rows.stop) & (self._tops + self.size[0] > rows.start)
        inside &= (self._lefts < columns.stop) & (self._lefts + self.size[1] > columns.start)
        return [int(number) for number in np.flatnonzero(inside)]

    @cached_property
    def _tops(self) -> NDArray[np.int64]:
        return np.array([rows.start for rows, _ in self.windows])

    @cached_property
    def _lefts(self) -> NDArray[np.int64]:
        return np.array([columns.start for _, columns in self.windows])

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of a tile."""
        rows, columns = self.windows[0]
        return rows.stop - rows.start, columns.stop - columns.start

    def survey(self) -> tuple[Window, ...] | None:
        """Return windows that stand for an image which is large: the same for the same grid; None: all of it.

        Where tiles share no more than they must, each lies in one tile only.
        """
        if self.shape[0] * self.shape[1] <= _SURVEYED:
            return None
        spans = []
        for length, starts, side in zip(self.shape, (self._tops, self._lefts), self.size, strict=True):
            every = np.unique(starts)
            chosen = every[np.unique(np.linspace(0, every.size - 1, _LOOKS).round().astype(int))]
            cut = [self.overlap if side < length else 0] * chosen.size
            spans.append(
                [slice(int(at) + less, int(at) + side - less) for at, less in zip(chosen, cut, strict=True)]
            )
        return tuple((rows, columns) for rows in spans[0] for columns in spans[1])

    def weight(self) -> NDArray[np.float32]:
        """Return how much each pixel of a tile counts: it falls linearly towards the rims, never to 0."""
        tall, wide = (_ramp(side, self.overlap) for side in self.size)
        return tall[:, None] * wide[None, :]


def tile_grid(network: Network, shape: tuple[int, int], tile: int = TILE) -> TileGrid:
    """Return the tiles in which a network sees an image; a network with a window of its own sees these."""
    # windows may begin anywhere, tiles where the network's poolings do
    tile, step = (tile, network.stride) if network.window is None else (network.window, 1)
    overlap = max(1, min(network.overlap, tile // 2))
    (tops, tall), (lefts, wide) = (_spans(length, tile, overlap, step) for length in shape)
    windows = tuple((slice(top, top + tall), slice(left, left + wide)) for top in tops for left in lefts)
    return TileGrid(shape, windows, overlap)


def blend(
    grid: TileGrid,
    maps_of: Callable[[int], NDArray[np.float32]],
    numbers: Sequence[int] | None = None,
    window: Window | None = None,
) -> Generator[Progress, None, NDArray[np.float32]]:
    """Blend the maps of tiles.

    Parameters
    ----------
    grid
        The tiles.
    maps_of
        Gives the maps (C, h, w) of a tile by its number.
    numbers
        Of the tiles to use; None: all.
    window
        What of the image is wanted; None: all.

    Yields
    ------
    Progress
        After each tile.

    Returns
    -------
    NDArray[np.float32]
        Shape (C, H, W) of what is wanted; 0 where no tile is used.
    """
    chosen = range(len(grid.windows)) if numbers is None else numbers
    wanted = window or (slice(0, grid.shape[0]), slice(0, grid.shape[1]))
    if len(grid.windows) == 1 and len(chosen):
        maps = maps_of(chosen[0])[:, *wanted]
        yield Progress(1, 1, "predicting")
        return maps
    weight = grid.weight()
    size = wanted[0].stop - wanted[0].start, wanted[1].stop - wanted[1].start
    maps = np.zeros((0, *size), np.float32)
    weights = np.zeros(size, np.float32)
    for done, number in enumerate(chosen):
        part = maps_of(number)
        if done == 0:
            maps = np.zeros((part.shape[0], *size), np.float32)
        tile = grid.windows[number]
        shared = intersect(tile, wanted)
        if shared is not None:
            there, here = within(shared, tile), within(shared, wanted)
            maps[:, *here] += part[:, *there] * weight[there]
            weights[here] += weight[there]
        yield Progress(done + 1, len(chosen), "predicting")
    weights[weights == 0] = 1
    maps /= weights
    return maps


def _spans(length: int, tile: int, overlap: int, step: int) -> tuple[list[int], int]:
    """Return where tiles start, and their length, so that they share a side evenly."""
    if length <= tile:
        return [0], length
    count = -(-(length - overlap) // (tile - overlap))
    starts = np.linspace(0, length - tile, count)
    return [int(start) // step * step for start in starts[:-1]] + [length - tile], tile


def _ramp(length: int, overlap: int) -> NDArray[np.float32]:
    """Return weights that fall towards both ends over the overlap, never to 0."""
    edge = np.arange(1, length + 1, dtype=np.float32)
    weights = np.minimum(np.minimum(edge, edge[::-1]), overlap) / overlap
    return weights.astype(np.float32)
