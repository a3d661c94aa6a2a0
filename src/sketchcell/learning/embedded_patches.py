"""Training patches for a network with a frozen encoder: parts of tiles, cut together with their embedding."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sketchcell.families import Target
from sketchcell.inference import EmbeddedImage
from sketchcell.learning.example import Example
from sketchcell.learning.held_out import HeldOut
from sketchcell.learning.painted import KINDS
from sketchcell.learning.patches import cut_target, draw_place
from sketchcell.learning.targets import TargetCache
from sketchcell.sketch import Window


def draw_embedded_patches(
    examples: Iterable[Example],
    targets: TargetCache,
    *,
    side: int,
    batch: int,
    random: np.random.Generator,
    held_out: HeldOut | None = None,
    judge: bool = False,
) -> tuple[Tensor, Target[Tensor], Tensor]:
    """Draw a batch of square patches that each hold paint, from tiles that are embedded.

    A patch lies in the embedded tile whose centre is nearest to what is painted there, and begins where the
    head can begin.

    Parameters
    ----------
    examples
        At least one of them with an embedded tile.
    targets, side, batch, random, held_out, judge
        As for `draw_patches`; a side is a multiple of what the head takes.

    Returns
    -------
    images : Tensor
        float32, shape (batch, C, side, side).
    target : Target
        Shape (batch, N, side, side).
    embeddings : Tensor
        float16, shape (batch, channels, side/stride, side/stride).
    """
    there = [(one, one.embedded) for one in examples if one.embedded is not None and one.embedded.there]
    there = [one for one in there if one[0].is_painted] or there
    found = [(example, embedded, _painted_there(example, embedded)) for example, embedded in there]
    # paint may have been erased: then any place does, and nothing is taught there
    found = [one for one in found if any(one[0].tiles.total(kind, one[2]) for kind in KINDS)] or found
    images, planes, embeddings = [], [], []
    for _ in range(batch):
        example, embedded, among = found[int(random.integers(len(found)))]
        place = np.array(draw_place(example, random, among))
        tile = int(embedded.nearest(place, sorted(embedded.there)))
        top, left = _corner(embedded, tile, place, side, random)
        images.append(embedded.tile(tile)[:, top : top + side, left : left + side])
        step = embedded.stride
        y, x, cells = top // step, left // step, side // step
        embeddings.append(embedded.embedding(tile)[:, y : y + cells, x : x + cells])
        window = _window(embedded.grid.windows[tile], (top, left), side)
        planes.append(cut_target(targets, example, window, side, held_out, judge))
    return torch.stack(images), Target(targets.names, torch.stack(planes)), torch.stack(embeddings)


def tiles_to_embed(example: Example) -> list[int]:
    """Return the tiles that are not embedded though something is painted nearest to their centre."""
    if example.embedded is None:
        return []
    painted = example.tiles.centres()[example.tiles.painted()]  # (N, 2)
    if not painted.size:
        return []
    return sorted(set(example.embedded.nearest(painted).tolist()) - example.embedded.there)


def _painted_there(example: Example, embedded: EmbeddedImage) -> NDArray[np.bool_]:
    """Return which of the example's paint tiles lie nearest to the centre of a tile that is embedded."""
    return np.isin(embedded.nearest(example.tiles.centres()), sorted(embedded.there))


def _corner(
    embedded: EmbeddedImage, tile: int, place: NDArray[np.int64], side: int, random: np.random.Generator
) -> tuple[int, int]:
    """Return the top left corner of a patch in a tile, counted from the tile's, so that it holds a place."""
    jitter = random.integers(side // 8, side - side // 8, 2)
    step = embedded.part_stride
    corner = []
    for span, at, before in zip(embedded.grid.windows[tile], place, jitter, strict=True):
        # a tile at the edge of a small image is continued to a whole window
        last = -(-max(span.stop - span.start - side, 0) // step)
        corner.append(min(max(round((int(at) - int(before) - span.start) / step), 0), last) * step)
    return corner[0], corner[1]


def _window(tile: Window, corner: tuple[int, int], side: int) -> Window:
    """Return what of the image a patch in a tile shows."""
    rows, columns = (
        slice(span.start + start, min(span.start + start + side, span.stop))
        for span, start in zip(tile, corner, strict=True)
    )
    return rows, columns
