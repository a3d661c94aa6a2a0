"""One image: opened, segmented, linked, measured, its labels written."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.batch.linked import linking
from sketchcell.batch.options import Options, Task
from sketchcell.batch.table import measuring_cells
from sketchcell.errors import SketchcellError
from sketchcell.images import Opened, Planes, as_channels, open_image, write_label_stack
from sketchcell.inference import Progress
from sketchcell.model import Model

_STEPS = 1000
_UNNAMED = ("i", "q", "s", "r", "")


@dataclass(frozen=True)
class Segmented:
    """What became of an image.

    Attributes
    ----------
    cells
        How many there are; of linked planes, each cell once.
    rows
        Their table: CSV with a header, without the column of the file; None if it was not asked for.
    figures
        One row a plane for the table of images.
    warnings
        What the person should know.
    """

    cells: int
    rows: bytes | None = None
    figures: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()


def segmenting_image(model: Model, task: Task, options: Options) -> Generator[Progress, None, Segmented]:
    """Segment one image and write its labels to the task's staged place.

    Parameters
    ----------
    model
        On its device.
    task, options
        What is to be done.

    Yields
    ------
    Progress
        After each tile.

    Raises
    ------
    SketchcellError
        If the image cannot be read or segmented, or the labels cannot be written.
    """
    opened = open_image(task.image, task.scene)
    planes = planes_for(opened, model.config.image_channels, options.channels)
    names = tuple(opened.axes[axis] for axis in planes.leading_axes)
    if task.labels is None:
        labels = yield from _segmenting_planes(model, planes)
        labels, cells = yield from linking(labels, planes.leading, names, options.link)
        _write(task.staged, labels, planes, names, opened)
    else:
        labels, cells = _read(task.labels, planes), 0
    if not options.measured:
        return Segmented(cells)
    rows, figures = yield from measuring_cells(labels, planes, opened.pixel_size)
    return Segmented(cells, rows, figures)


def planes_for(opened: Opened, count: int, channels: Sequence[int] | None) -> Planes:
    """Return an image as planes with as many channels as a model takes.

    Where the file does not say what its only axis before rows and columns is, the model does: one that
    takes a single channel sees planes, one that takes as many channels as the axis is long sees channels.

    Raises
    ------
    SketchcellError
        If the image has another number of channels.
    """
    data = opened.data[0] if isinstance(opened.data, list) else opened.data
    names = list(opened.axes)
    said: dict[str, Any] = {"rgb": opened.rgb, "axes": opened.axes}
    if len(names) == 3 and names[0] in _UNNAMED and not opened.rgb:
        wanted = count if channels is None else max(channels) + 1
        said["channel_axis"] = 0 if count > 1 and data.shape[0] >= wanted > 1 else None
        if count > 1 and channels is None and data.shape[0] != count:
            said["channel_axis"] = None
    planes = Planes(data, **said, channels=None if channels is None else tuple(channels))
    found = planes.channel_count if channels is None else len(channels)
    if found != count:
        raise SketchcellError(
            f"The image has {found} channel(s), but the model learned from images with {count}; give images "
            "of the same kind, or choose channels."
        )
    return planes


def _segmenting_planes(model: Model, planes: Planes) -> Generator[Progress, None, list[NDArray[Any]]]:
    stack = bool(planes.leading)
    # All planes of a stack are made equally bright.
    sample = as_channels(planes.sample(), constant=True) if stack else None
    count, found = math.prod(planes.leading), []
    for number, index in enumerate(np.ndindex(*planes.leading)):
        channels = as_channels(planes.read(tuple(map(int, index))), constant=stack)
        steps = model.predicting_normalized(model.config.normalization.apply(channels, sample))
        maps = yield from _within(steps, number, count)
        found.append(model.decode(maps))
    return found


def _within(steps: Generator[Progress, None, Any], number: int, count: int) -> Generator[Progress, None, Any]:
    """Pass on the steps of one plane as steps of them all."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        share = (number + step.done / max(step.total, step.done, 1)) / count
        yield replace(step, done=round(_STEPS * share), total=_STEPS)


def _write(
    staged: Path, labels: list[NDArray[Any]], planes: Planes, names: tuple[str, ...], opened: Opened
) -> None:
    staged.parent.mkdir(parents=True, exist_ok=True)
    write_label_stack(
        staged, labels, planes.leading, names, opened.pixel_size, opened.calibration.time_interval
    )


def _read(path: Path, planes: Planes) -> list[NDArray[Any]]:
    stored = open_image(path).data
    data = np.asarray(stored[0] if isinstance(stored, list) else stored)
    return list(data.reshape(-1, *planes.shape))
