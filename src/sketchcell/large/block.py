"""The cells of one block."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sketchcell.families import Family, MapTraits
from sketchcell.large.plan import Plan
from sketchcell.large.record import Record
from sketchcell.sketch import Window
from sketchcell.sketch.window import within


def find_cells(
    plan: Plan, block: Window, maps: NDArray[np.float32], family: Family, params: Any, traits: MapTraits
) -> tuple[NDArray[np.int32], Record]:
    """Find the cells that reach into a block.

    Parameters
    ----------
    plan, block
        Where it lies.
    maps
        float32 (C, h, w), of what `Plan.around` says.
    family, params, traits
        Of the image.

    Returns
    -------
    labels : NDArray[np.int32]
        Of the block, 0…n.
    record : Record
        Of these n cells, before it is said which of them are too small.
    """
    around = plan.around(block)
    parts = family.part(maps, params, traits)
    labels = parts.labels
    inner = within(block, around)
    there = np.unique(labels[inner])
    there = there[there > 0]
    key = _keys(labels, around, plan.working[1])
    area, peak = parts.census()
    boxes = ndimage.find_objects(labels)
    size = np.array([max(s.stop - s.start for s in boxes[id_ - 1]) for id_ in there], np.int64)
    number = np.zeros(key.size, np.int32)
    number[there] = np.arange(1, there.size + 1)
    rows, columns = inner
    beyond = rows.stop < labels.shape[0], columns.stop < labels.shape[1]
    none = np.zeros(0, np.int64)
    record = Record(
        key[there],
        area[there],
        peak[there],
        size,
        np.isin(there, _at_the_cut(labels, around, plan.working)),
        key[labels[rows.start, columns]],
        key[labels[rows, columns.start]],
        key[labels[rows.stop, columns]] if beyond[0] else none,
        key[labels[rows, columns.stop]] if beyond[1] else none,
    )
    return number[labels[inner]], record


def _keys(labels: NDArray[np.int32], around: Window, width: int) -> NDArray[np.int64]:
    """Return 1 + the index in the whole image of the first pixel of each label; 0 for background."""
    place = np.flatnonzero(labels)[::-1]
    first = np.zeros(int(labels.max()) + 1, np.int64)
    first[labels.ravel()[place]] = place  # of several, the last stays: the first in the image
    rows, columns = np.divmod(first, labels.shape[1])
    key: NDArray[np.int64] = 1 + (rows + around[0].start) * width + columns + around[1].start
    key[0] = 0
    return key


def _at_the_cut(labels: NDArray[np.int32], around: Window, working: tuple[int, int]) -> NDArray[np.int32]:
    """Return the labels at the sides of what was looked at, but for those that are the image's own."""
    rows, columns = around
    sides = [
        labels[:1] if rows.start > 0 else None,
        labels[-1:] if rows.stop < working[0] else None,
        labels[:, :1] if columns.start > 0 else None,
        labels[:, -1:] if columns.stop < working[1] else None,
    ]
    cut: NDArray[np.int32] = np.unique(
        np.concatenate([side.ravel() for side in sides if side is not None] or [labels[:0, 0]])
    )
    return cut
