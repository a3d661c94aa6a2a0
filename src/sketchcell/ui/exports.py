"""Cells and models in the formats of other programs, written in the background, one after the other."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from psygnal import Signal

from sketchcell.errors import SketchcellError
from sketchcell.export import About, exporting
from sketchcell.export.labels import LabelPlanes, Options, exporting_labels, label_format, require_free
from sketchcell.images import as_channels
from sketchcell.inference import Progress
from sketchcell.ui.jobs import Job
from sketchcell.ui.layers import SketchLayers
from sketchcell.ui.measuring import measuring, micrometres, pixel_of
from sketchcell.ui.models import as_set
from sketchcell.ui.notify import inform, tell
from sketchcell.ui.reading import Reading
from sketchcell.ui.spot import Spot
from sketchcell.ui.state import State


@dataclass(frozen=True)
class Written:
    """What an export has written, and what there is to say about it."""

    path: Path
    text: str


class Exports:
    """Carries out one export at a time.

    Parameters
    ----------
    state
        Told how far it is.
    reading
        Gives the pixels to measure.
    """

    changed = Signal()
    """An export has begun or ended."""

    def __init__(self, state: State, reading: Reading) -> None:
        self._state, self._reading = state, reading
        self._job: Job | None = None
        self._ending: list[Job] = []
        self.written: Written | None = None

    def close(self) -> None:
        """Stop, and wait for the thread; nothing unfinished is left behind."""
        self._stop()
        Job.end_all(self._ending)
        self._ending = []

    @property
    def runs(self) -> bool:
        """Whether something is being written."""
        return self._job is not None

    def cells(
        self,
        path: Path,
        format: str,
        options: Options | None = None,
        *,
        measured: bool = False,
        overwrite: bool = False,
    ) -> None:
        """Write the cells that are shown, all planes; what goes wrong on the way is told.

        Parameters
        ----------
        path, format, options, overwrite
            As `sketchcell.export.labels.exporting_labels` says.
        measured
            Whether the cells are measured first, and their measurements written along.

        Raises
        ------
        SketchcellError
            When there are no cells, the place is taken, or something is being exported.
        """
        layers, entry = require_cells(self._state), self._state.entry
        form = label_format(format)
        require_free(path, form, overwrite=overwrite)
        name = "image" if self._state.image is None else self._state.image.name
        planes = layers.frame.all_planes()
        shown = [layers.instances.data[layers.frame.index(plane)] for plane in planes]
        spots = [Spot(entry, plane) for plane in planes]
        axes, size, pixel = self._axes(), micrometres(layers, self._axes()), pixel_of(layers.sketch)

        def work() -> Generator[Progress, None, Written]:
            labels = [plane.copy() for plane in shown]  # painting may go on
            yield Progress(0, 1, "copying")
            table = None
            if measured:
                table = yield from measuring([*zip(spots, labels, strict=True)], self._reading, pixel)
            cells = LabelPlanes(name, labels, layers.frame.planes.leading, axes, size, table)
            count = yield from exporting_labels(cells, path, format, options, overwrite=overwrite)
            return Written(path, f"{count:,} cells are in '{path}'.")

        self._start(work())

    def model(
        self, path: Path, format: str, about: About, *, decoder: bool = False, overwrite: bool = False
    ) -> None:
        """Write the newest model with the thresholds that are set now, and check what is written.

        It is checked on the plane in view where that has the model's channels, else on a sample.

        Parameters
        ----------
        path, format, about, decoder, overwrite
            As `sketchcell.export.exporting` says.

        Raises
        ------
        SketchcellError
            When there is no model, or something is being exported.
        """
        if self._state.model is None:
            raise SketchcellError("There is no model yet: switch on 'Learn while I paint' first.")
        model, spot = as_set(self._state.model, self._state.params), self._state.spot

        def work() -> Generator[Progress, None, Written]:
            yield Progress(0, 1, "reading")
            image = None if spot is None else as_channels(self._reading.plane(spot), constant=True)
            if image is not None and image.shape[0] != model.config.image_channels:
                image = None
            report = yield from exporting(
                model, path, format, about, image, decoder=decoder, overwrite=overwrite
            )
            return Written(path, str(report))

        self._start(work())

    def cancel(self) -> None:
        """Stop; nothing is left behind, and what was there before stays."""
        if self._job is not None:
            self._stop()
            inform("The export was cancelled; nothing was written.")

    def _axes(self) -> tuple[str, ...]:
        project = self._state.project
        assert project is not None
        return project.entry(self._state.entry).axes

    def _start(self, work: Generator[Progress, None, Written]) -> None:
        if self._job is not None:
            raise SketchcellError("Something is being exported already: wait until it is done, or cancel it.")
        self.written = None
        self._state.exporting = 0.0
        self._ending = [job for job in self._ending if job.is_alive]
        self._job = Job(work, on_items=self._take, on_done=self._on_done, on_error=self._fail).start()
        self.changed.emit()

    def _stop(self) -> None:
        if self._job is not None:
            self._job.stop()
            self._ending.append(self._job)
            self._job = None
        self._state.exporting = None
        self.changed.emit()

    def _take(self, steps: list[Progress]) -> None:
        latest = steps[-1]
        self._state.exporting = latest.done / max(latest.total, latest.done, 1)

    def _on_done(self, written: Written) -> None:
        self.written = written
        self._stop()
        inform(written.text.splitlines()[0].removesuffix(", checked with:"))

    def _fail(self, error: Exception) -> None:
        self._stop()
        tell(error)


def require_cells(state: State) -> SketchLayers:
    """Return the layers of an image with cells.

    Raises
    ------
    SketchcellError
        When no cells are shown.
    """
    layers = state.layers
    if layers is None or not layers.instances.data.any():
        raise SketchcellError(
            "There are no cells yet: press 'Segment whole image', or let the network learn."
        )
    return layers
