"""Outlines of all labels of a plane at once, along the edges of their pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label as connected

#: Corners of a closed line, x and y in pixels, the first one not repeated: ``(N, 2)``.
Ring = NDArray[np.int32]
#: A line around a piece, then those around the holes in it.
Polygon = list[Ring]


@dataclass(frozen=True, eq=False)
class Outlines:
    """Rings along pixel edges; 0, 0 is the outer corner of the first pixel.

    Those around a piece run so that their area x dy is positive, those around holes the other way.

    Attributes
    ----------
    corners
        ``(N, 2)``, x and y; ring after ring.
    starts
        ``(R + 1,)``, where each ring begins.
    labels
        ``(R,)``, not falling.
    pieces
        ``(R,)``, which rings belong together: those of one 4-connected piece of a label, which follow each
        other, its outer ring first.
    """

    corners: Ring
    starts: NDArray[np.int64]
    labels: NDArray[np.int64]
    pieces: NDArray[np.int64]

    def cells(self) -> Iterator[tuple[int, list[Polygon]]]:
        """Yield each label with its pieces, labels rising."""
        bounds, labels, pieces = self.starts.tolist(), self.labels.tolist(), self.pieces.tolist()
        polygons: list[Polygon] = []
        for number, (label, piece) in enumerate(zip(labels, pieces, strict=True)):
            ring = self.corners[bounds[number] : bounds[number + 1]]
            first = number == 0
            if not first and label != labels[number - 1]:
                yield labels[number - 1], polygons
                polygons = []
            if first or piece != pieces[number - 1]:
                polygons.append([])
            polygons[-1].append(ring)
        if polygons:
            yield labels[-1], polygons


def outlines(labels: NDArray[np.integer[Any]]) -> Outlines:
    """Trace the outlines of all labels.

    What is inside the rings by the rule of odd crossings are exactly a label's pixels. Each piece with its
    holes is a valid polygon, and so are the pieces of a label together: rings touch in points only, none
    touches itself.

    Parameters
    ----------
    labels
        ``(H, W)``, whole numbers, 0 background.
    """
    # one number a 4-connected piece, so that what touches at a corner stays apart
    numbered: NDArray[Any] = connected(labels, connectivity=1)  # type: ignore[no-untyped-call]
    pieces = np.pad(numbered.astype(np.int32), 1)
    edges, following = _edges(pieces)
    if not edges.size:
        nothing = np.zeros(0, np.int64)
        return Outlines(np.zeros((0, 2), np.int32), np.zeros(1, np.int64), nothing, nothing)
    order, starts = _walk(following)
    edges = edges[order]
    ring = np.repeat(np.arange(starts.size - 1), np.diff(starts))
    direction = edges & 3
    turns = direction != direction[_previous(starts)]
    row, column = np.divmod(edges[turns] >> 2, pieces.shape[1])
    direction = direction[turns]
    # an edge begins at the corner that lies behind it, its pixel at its left
    x = column - 1 + ((direction == 1) | (direction == 2))
    y = row - 1 + (direction >= 2)
    corners = np.stack([x, y], axis=1).astype(np.int32)
    first = edges[starts[:-1]] >> 2
    row, column = np.divmod(first, pieces.shape[1])
    return _sorted(
        corners,
        np.append(0, np.cumsum(np.bincount(ring[turns], minlength=starts.size - 1))),
        labels[row - 1, column - 1].astype(np.int64),
        pieces.ravel()[first].astype(np.int64),
    )


def _edges(pieces: NDArray[np.integer[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the directed edges between a piece and something else, and which edge follows each.

    An edge is ``4 * pixel + direction``: 0 along the top of the pixel to the right, 1 down its right side,
    2 along its bottom to the left, 3 up its left side.
    """
    flat, width = pieces.ravel(), pieces.shape[1]
    steps = (1, width, -1, -width)
    found = []
    inside = np.flatnonzero(flat)
    for side in range(4):
        outside = flat[inside + steps[side - 1]] != flat[inside]
        found.append(4 * inside[outside] + side)
    edges = np.sort(np.concatenate(found))
    pixel, direction = edges >> 2, edges & 3
    ahead = np.array(steps)[direction]
    across = np.array(steps)[direction - 1]
    # Where a piece meets itself at a corner the line turns to the other pixel of it: what lies between
    # becomes a hole, and no ring touches itself.
    own = flat[pixel]
    turns_out = flat[pixel + ahead + across] == own
    goes_on = ~turns_out & (flat[pixel + ahead] == own)
    pixel = pixel + np.where(turns_out, ahead + across, np.where(goes_on, ahead, 0))
    direction = (direction + np.where(turns_out, 3, np.where(goes_on, 0, 1))) & 3
    return edges, np.searchsorted(edges, 4 * pixel + direction)


def _walk(following: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the edges ring by ring, and where each ring begins."""
    after: list[int] = following.tolist()
    order: list[int] = []
    starts: list[int] = []
    for first in range(len(after)):
        if after[first] < 0:
            continue
        starts.append(len(order))
        edge = first
        while after[edge] >= 0:
            order.append(edge)
            after[edge], edge = -1, after[edge]
    starts.append(len(order))
    return np.array(order), np.array(starts)


def _previous(starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place before each place in its ring."""
    before = np.arange(starts[-1]) - 1
    before[starts[:-1]] = starts[1:] - 1
    return before


def _sorted(
    corners: Ring, starts: NDArray[np.int64], labels: NDArray[np.int64], pieces: NDArray[np.int64]
) -> Outlines:
    """Bring rings in order; a piece's outer ring, which holds its first pixel, is its first one already."""
    order = np.lexsort((pieces, labels))
    lengths = np.diff(starts)[order]
    ends = np.cumsum(lengths)
    places = np.arange(starts[-1]) + np.repeat(starts[order] - (ends - lengths), lengths)
    return Outlines(corners[places], np.append(0, ends), labels[order], pieces[order])
