"""One image: opened, segmented, linked, measured, its labels written."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from sketchcell.batch.linked import linking
from sketchcell.batch.options import Options, Task
from sketchcell.batch.outputs import writing_labels
from sketchcell.batch.planes import planes_for, segmenting_planes, together
from sketchcell.batch.table import measuring_cells, renumbered
from sketchcell.images import Planes, open_image
from sketchcell.inference import Progress
from sketchcell.large import Workers
from sketchcell.model import Model


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


def segmenting_image(
    model: Model, task: Task, options: Options, workers: Workers | None = None
) -> Generator[Progress, None, Segmented]:
    """Segment one image and write its labels to the task's staged place.

    Parameters
    ----------
    model
        On its device.
    task, options
        What is to be done.
    workers
        Who does the tiles of large planes; None: threads.

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
    cells, warnings, sure = 0, tuple[str, ...](), None
    if task.labels is None:
        place = task.staged.with_name(f"{task.staged.name}.planes")
        found = yield from segmenting_planes(model, planes, options, place, task.work, workers)
        labels, cells = yield from linking(found.planes, planes.leading, names, options.link)
        warnings = found.warnings
        if found.confidence is not None:
            sure = [
                renumbered(*of_plane) for of_plane in zip(found.confidence, found.planes, labels, strict=True)
            ]
        yield from writing_labels(
            task.staged, options.format, labels, planes.leading, names, opened.calibration
        )
        shutil.rmtree(task.work, ignore_errors=True)
        measured = together(labels, planes.leading)
    else:
        stored = open_image(task.labels)
        data = stored.data[0] if isinstance(stored.data, list) else stored.data
        measured = Planes(data, channel_axis=None)
    if not options.measured:
        return Segmented(cells, warnings=warnings)
    rows, figures = yield from measuring_cells(measured, planes, opened.pixel_size, sure)
    return Segmented(cells, rows, figures, warnings)
