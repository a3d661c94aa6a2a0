"""Ids of the image in the place of the blocks' own numbers, at the image's size."""

from __future__ import annotations

from collections.abc import Generator
from secrets import token_hex
from typing import Any

import numpy as np
import zarr
from dask.delayed import delayed
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.inference import Progress, nearest
from sketchcell.large.places import WorkFolder
from sketchcell.large.plan import Plan
from sketchcell.large.seams import Joined
from sketchcell.large.workers import Workers
from sketchcell.sketch import Window
from sketchcell.sketch.window import intersect, within

_SIDE = (
    2048  # pixels that are written at once, rounded up to the array's files: none is written by two at once
)


def writing_ids(
    folder: WorkFolder, plan: Plan, joined: Joined, out: zarr.Array[Any], workers: Workers
) -> Generator[Progress, None, None]:
    """Write the labels of the image, window by window.

    Raises
    ------
    SketchcellError
        When the array has another shape, cannot hold the ids, or cannot be written.
    """
    if tuple(out.shape) != plan.shape or out.dtype.kind not in "ui" or joined.count > np.iinfo(out.dtype).max:
        raise SketchcellError(
            f"Labels of {plan.shape[0]} × {plan.shape[1]} pixels with {joined.count:,} cells do not fit into "
            f"an array of shape {tuple(out.shape)} and type {out.dtype}."
        )
    rows, columns = (
        _spans(side, -(-_SIDE // chunk) * chunk)
        for side, chunk in zip(plan.shape, out.shards or out.chunks, strict=True)
    )
    write = delayed(_write, pure=False, traverse=False)
    shared = delayed(plan, name=f"plan-{token_hex(8)}", traverse=False)
    ids = {number: _ids_of(folder, joined, number) for number in range(len(plan.blocks))}
    tasks = []
    for one in rows:
        for other in columns:
            needed = _blocks_under(plan, _source(plan, (one, other)))
            tasks.append(write(folder, shared, {number: ids[number] for number in needed}, out, (one, other)))
    for done, _ in enumerate(workers.run(tasks), start=1):
        yield Progress(done, len(tasks), "writing labels")


def _ids_of(folder: WorkFolder, joined: Joined, number: int) -> NDArray[np.int32]:
    record = folder.record(number)
    if record is None:
        raise SketchcellError(f"Files in {folder.path} are missing or damaged; start again.")
    return np.concatenate([np.zeros(1, np.int32), joined.ids(record.key)])


def _write(
    folder: WorkFolder, plan: Plan, ids: dict[int, NDArray[np.int32]], out: zarr.Array[Any], window: Window
) -> None:
    source = _source(plan, window)
    labels = np.zeros([span.stop - span.start for span in source], np.int32)
    for number, own in ids.items():
        shared = intersect(plan.blocks[number], source)
        if shared is not None:
            labels[within(shared, source)] = own[folder.labels(number, shared)]
    rows, columns = (
        nearest(old, new, span) - around.start
        for old, new, span, around in zip(plan.working, plan.shape, window, source, strict=True)
    )
    try:
        out[window] = labels[rows[:, None], columns[None, :]].astype(out.dtype)
    except OSError as error:
        raise SketchcellError(f"The labels cannot be written: {error.strerror or error}.") from error


def _source(plan: Plan, window: Window) -> Window:
    """Return which working pixels a window of the image shows."""
    rows, columns = (
        slice(int(nearest(old, new, span)[0]), int(nearest(old, new, span)[-1]) + 1)
        for old, new, span in zip(plan.working, plan.shape, window, strict=True)
    )
    return rows, columns


def _blocks_under(plan: Plan, window: Window) -> list[int]:
    """Return the numbers of the blocks that share pixels with a window."""
    rows, columns = (range(span.start // plan.block, (span.stop - 1) // plan.block + 1) for span in window)
    return [row * plan.columns + column for row in rows for column in columns]


def _spans(side: int, step: int) -> list[slice]:
    return [slice(start, min(start + step, side)) for start in range(0, side, step)]
