"""Segmenting many image files with one model."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from sketchcell.errors import SketchcellError
from sketchcell.images import Planes, as_channels, check_writable, is_ours, open_image, write_label_stack
from sketchcell.inference import Progress
from sketchcell.model import Model, load_model
from sketchcell.networks import pick_device
from sketchcell.ui.jobs import Job
from sketchcell.ui.notify import inform, tell
from sketchcell.ui.state import State

_ENDING = "_labels.tif"
_STEPS = 1000


@dataclass(frozen=True)
class Outcome:
    """What became of one image: how many cells, None if it was skipped; or what was wrong with it."""

    image: Path
    cells: int | None = None
    error: str = ""


@dataclass(frozen=True)
class Order:
    """What is to be done.

    Attributes
    ----------
    model
        In memory, or its folder.
    images, folder
        What is read, and where the labels go: ``NAME_labels.tif`` for ``NAME.*``.
    again
        Whether to replace labels of an earlier time.
    device
        Where a model from a folder computes.
    """

    model: Model | Path
    images: tuple[Path, ...]
    folder: Path
    again: bool = False
    device: str = "auto"


class Batch:
    """Carries out one order at a time in the background.

    Parameters
    ----------
    state
        Told how far it is.
    """

    changed = Signal()
    """An image is done, or all are."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._job: Job | None = None
        self._ending: list[Job] = []
        self._began = 0.0
        self.total = 0
        self.outcomes: list[Outcome] = []

    def close(self) -> None:
        """Stop, and wait for the thread."""
        self._stop()
        Job.end_all(self._ending)
        self._ending = []

    @property
    def runs(self) -> bool:
        """Whether something is being done."""
        return self._job is not None

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take, None while that cannot be said."""
        share = self._state.batch or 0.0
        if self._job is None or share < 0.01:
            return None
        return (time.monotonic() - self._began) * (1 - share) / share

    def start(self, order: Order) -> None:
        """Begin.

        Raises
        ------
        SketchcellError
            When there is nothing to do, labels cannot be written there, or another order is carried out.
        """
        if self._job is not None:
            raise SketchcellError(
                "Images are being segmented already: wait until that is done, or cancel it."
            )
        if not order.images:
            raise SketchcellError("There are no images to segment: add files, or a folder.")
        check_writable(order.folder)
        self.outcomes, self.total = [], len(order.images)
        self._began = time.monotonic()
        self._state.batch = 0.0
        self._ending = [job for job in self._ending if job.is_alive]
        work = segmenting_files(order)
        self._job = Job(work, on_items=self._take, on_done=self._on_done, on_error=self._fail).start()
        self.changed.emit()

    def cancel(self) -> None:
        """Stop after the tile that is being looked at; what is written stays."""
        if self._job is not None:
            self._stop()
            inform(f"Cancelled. {summary(self.outcomes)}")

    def _stop(self) -> None:
        if self._job is not None:
            self._job.stop()
            self._ending.append(self._job)
            self._job = None
        self._state.batch = None
        self.changed.emit()

    def _take(self, items: list[Progress | Outcome]) -> None:
        outcomes = [item for item in items if isinstance(item, Outcome)]
        last = [item for item in items if isinstance(item, Progress)]
        self.outcomes += outcomes
        if last:
            self._state.batch = last[-1].done / last[-1].total
        if outcomes:
            self.changed.emit()

    def _on_done(self, _: None) -> None:
        self._stop()
        inform(summary(self.outcomes))

    def _fail(self, error: Exception) -> None:
        self._stop()
        tell(error)


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return what became of the images, in a few words."""
    done = [one for one in outcomes if one.cells is not None]
    failed = sum(bool(one.error) for one in outcomes)
    skipped = len(outcomes) - len(done) - failed
    parts = [f"{len(done):,} segmented ({sum(one.cells or 0 for one in done):,} cells)"]
    parts += [f"{skipped:,} skipped: labels are there"] if skipped else []
    parts += [f"{failed:,} could not be segmented"] if failed else []
    return "Images: " + ", ".join(parts) + "."


def find_images(folder: Path, patterns: str) -> list[Path]:
    """Return the files in a folder that fit patterns such as ``*.tif *.png``; not the labels written earlier.

    Raises
    ------
    SketchcellError
        When a pattern cannot be understood.
    """
    try:
        found = {path for pattern in patterns.replace(";", " ").split() for path in folder.glob(pattern)}
    except (ValueError, NotImplementedError) as error:
        raise SketchcellError(
            f"'{patterns}' is no pattern for names of files: write for example *.tif"
        ) from error
    return sorted(path for path in found if not path.name.endswith(_ENDING))


def output_of(image: Path, folder: Path) -> Path:
    """Return the file for the labels of an image."""
    stem = image.stem.removesuffix(".ome")
    return folder / f"{stem}{_ENDING}"


def segmenting_files(order: Order) -> Generator[Progress | Outcome, None, None]:
    """Segment images one after the other; one that is broken is reported, and the rest goes on.

    Yields
    ------
    Progress
        After each tile.
    Outcome
        After each image.

    Raises
    ------
    SketchcellError
        When the model cannot be loaded.
    """
    total = _STEPS * len(order.images)
    yield Progress(0, total, "segmenting")
    model = order.model
    if not isinstance(model, Model):
        model = load_model(model)
        model.network.to(pick_device(order.device))
    taken: dict[Path, Path] = {}
    for number, image in enumerate(order.images):
        output = output_of(image, order.folder)
        try:
            other = taken.setdefault(output, image)
            if other is not image:
                raise SketchcellError(f"'{other}' has the same name: segment it into another folder.")
            if output.exists() and not order.again:
                yield Outcome(image)
                continue
            if output.exists() and not is_ours(output):
                raise SketchcellError(f"'{output}' is there and was not written by sketchcell.")
            cells = 0
            for item in _segmenting(model, image, output):
                if isinstance(item, int):
                    cells = item
                else:
                    yield Progress(round(_STEPS * (number + item)), total, "segmenting")
            yield Outcome(image, cells)
        except SketchcellError as error:
            yield Outcome(image, error=str(error))
        except (OSError, MemoryError) as error:
            yield Outcome(image, error=f"It cannot be read or held in memory: {error}.")
        yield Progress(_STEPS * (number + 1), total, "segmenting")


def _segmenting(model: Model, image: Path, output: Path) -> Generator[float | int, None, None]:
    """Segment one image, plane by plane; yield shares, and at last the number of cells."""
    opened = open_image(image)
    planes = Planes(opened.data, rgb=opened.rgb, axes=opened.axes)
    sample = as_channels(planes.sample(), constant=True) if planes.leading else None
    count, labels, cells = math.prod(planes.leading), [], 0
    for number, index in enumerate(np.ndindex(*planes.leading)):
        channels = as_channels(planes.read(tuple(map(int, index))), constant=True)
        normalized = model.config.normalization.apply(channels, sample)
        found = yield from _segmenting_plane(model, normalized, number, count)
        labels.append(found)
        cells += int(found.max(initial=0))
    axes = [opened.axes[axis] for axis in planes.leading_axes]
    write_label_stack(output, labels, planes.leading, axes)
    yield cells


def _segmenting_plane(
    model: Model, channels: NDArray[np.float32], number: int, count: int
) -> Generator[float, None, NDArray[Any]]:
    steps = model.predicting_normalized(channels)
    while True:
        try:
            part = next(steps)
        except StopIteration as end:
            return model.decode(end.value)
        yield (number + 0.9 * part.done / max(part.total, 1)) / count
