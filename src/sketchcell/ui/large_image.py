"""Segmenting an image larger than memory, into a layer that grows and a file that stays."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from napari.components import ViewerModel
from napari.layers import Image, Labels

from sketchcell.batch import writing_labels
from sketchcell.errors import SketchcellError
from sketchcell.images import Calibration, Planes, check_writable, open_image
from sketchcell.inference import Progress
from sketchcell.large import Found, GrowingLabels, Threads, alone_in, segmenting_large
from sketchcell.model import Model
from sketchcell.ui.frame import plane_placement
from sketchcell.ui.jobs import Job
from sketchcell.ui.layers import planes_of
from sketchcell.ui.notify import inform, tell
from sketchcell.ui.params import with_thresholds
from sketchcell.ui.state import State

LARGE = 6144**2
"""Pixels of a plane: the cells of larger ones are written to a file as they are found."""
_CHUNK = 1024
_ENDINGS = (".zarr", ".tif", ".tiff")
_WAIT = 0.05  # seconds
_Place = dict[str, Any]


class LargeImage:
    """Segments the image in the dock tile by tile.

    Parameters
    ----------
    viewer, state
        As everywhere.
    """

    def __init__(self, viewer: ViewerModel, state: State) -> None:
        self._viewer, self._state = viewer, state
        self._job: Job | None = None
        self._ending: list[Job] = []
        self._layer: Labels | None = None

    def close(self) -> None:
        """Stop, and wait for the thread."""
        self._stop()
        Job.end_all(self._ending)

    @property
    def is_needed(self) -> bool:
        """Whether the image is too large for its cells to be held in memory."""
        try:
            return self._state.image is not None and math.prod(planes_of(self._state.image).shape) > LARGE
        except SketchcellError:
            return False

    @property
    def default_place(self) -> Path:
        """Where the cells are written if nobody says otherwise: beside the image."""
        image = self._state.image
        source = None if image is None else image.source.path
        folder = Path(source).parent if source and Path(source).exists() else Path.home()
        name = "image" if image is None else Path(image.name).stem
        return folder / f"{name}_cells.zarr"

    def start(self, path: Path) -> None:
        """Begin, or go on where it was stopped.

        Parameters
        ----------
        path
            Of the result: ``.zarr`` for OME-Zarr labels, else TIFF. It must not exist yet.

        Raises
        ------
        SketchcellError
            When there is no model or image, it is a stack, or the result cannot be written there.
        """
        state = self._state
        if state.model is None:
            raise SketchcellError("There is no model yet: switch on 'Learn while I paint', or load a model.")
        if state.image is None:
            raise SketchcellError("There is no image yet: drag one into the window.")
        if self._job is not None:
            return
        planes = planes_of(state.image)
        if planes.leading:
            raise SketchcellError(
                "This is a stack of large planes: save the model, and segment the file with Batch "
                "segmentation (File menu)."
            )
        if path.suffix.lower() not in _ENDINGS:
            raise SketchcellError(f"'{path.name}' ends in {path.suffix}; end it in .zarr or .tif.")
        if path.exists():
            raise SketchcellError(f"'{path}' is there already: choose another name.")
        check_writable(path.parent)
        state.progress = 0.0
        params = with_thresholds(state.model.config.params, state.params)
        work = _segmenting(state.model, params, planes, path, _calibration(state.image), tuple(self._ending))
        place = plane_placement(state.image) | {"name": f"cells of {state.image.name}"}
        self._job = Job(
            work,
            on_items=lambda items: self._take(items, place),
            on_done=lambda found: self._on_done(found, path, place),
            on_error=self._fail,
        ).start()

    def cancel(self) -> None:
        """Stop after the tile that is being looked at; started again with the same file, it goes on."""
        if self._job is not None:
            self._stop()
            inform("Stopped. Segment it into the same file again to go on where it was.")

    def _stop(self) -> None:
        if self._job is not None:
            self._job.stop()
            self._ending = [job for job in self._ending if job.is_alive] + [self._job]
            self._job = None
            self._state.progress = None

    def _take(self, items: list[Any], place: _Place) -> None:
        last = [item for item in items if isinstance(item, Progress)]
        if last:
            self._state.progress = last[-1].done / max(last[-1].total, 1)
        growing = [item for item in items if isinstance(item, GrowingLabels)]
        if growing:
            self._grow(growing[-1], place)

    def _grow(self, growing: GrowingLabels, place: _Place) -> None:
        if self._layer is None or self._layer not in self._viewer.layers:
            zoom, scale = np.array(growing.zoom), np.array(place["scale"])
            moved = np.array(place["translate"]) + (zoom - 1) / 2 * scale
            self._layer = Labels(
                growing.levels, multiscale=True, **(place | {"scale": scale * zoom, "translate": moved})
            )
            self._layer.editable = False
            self._viewer.add_layer(self._layer)
        else:
            self._layer.refresh()

    def _on_done(self, found: Found, path: Path, place: _Place) -> None:
        self._stop()
        self._take_away()
        try:
            data = open_image(path).data
        except SketchcellError as error:
            tell(error)
            return
        layer = Labels(data, multiscale=isinstance(data, list), **place)
        layer.editable = False
        self._viewer.add_layer(layer)
        inform(" ".join([f"{found.count:,} cells, in '{path}'.", *found.warnings]))

    def _fail(self, error: Exception) -> None:
        self._stop()
        self._take_away()
        tell(error)

    def _take_away(self) -> None:
        if self._layer is not None and self._layer in self._viewer.layers:
            self._viewer.layers.remove(self._layer)
        self._layer = None


def _segmenting(
    model: Model,
    params: Any,
    planes: Planes,
    path: Path,
    calibration: Calibration,
    ending: tuple[Job, ...],
) -> Generator[Progress | GrowingLabels, None, Found]:
    """Segment into a folder beside the result, which stays if this is stopped; then write the result."""
    while any(job.is_alive for job in ending):  # what was stopped may still write there
        yield Progress(0, 1, "waiting")
        time.sleep(_WAIT)
    folder = path.with_name(f".{path.name}.part")
    with alone_in(folder):
        labels = zarr.create_array(
            str(folder / "labels.zarr"),
            shape=planes.shape,
            chunks=tuple(min(_CHUNK, side) for side in planes.shape),
            dtype=np.int32,
            overwrite=True,
        )
        growing = GrowingLabels(folder / "work")
        steps = segmenting_large(
            model, planes, (), labels, work=folder / "work", params=params, workers=Threads()
        )
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                found: Found = end.value
                break
            yield step
            if step.what == "segmenting" and growing.update() is not None:
                yield growing
        kind = "ome-zarr" if path.suffix.lower() == ".zarr" else "tiff"
        yield from writing_labels(path, kind, [labels], (), (), calibration)
    shutil.rmtree(folder, ignore_errors=True)
    return found


def _calibration(image: Image) -> Calibration:
    """Return the size of a pixel as the layer has it."""
    sizes = {}
    for axis, place in (("y", -2), ("x", -1)):
        unit = image.units[place]
        if hasattr(unit, "is_compatible_with") and unit.is_compatible_with("um"):
            sizes[axis] = float((abs(image.scale[place]) * unit).to("um").magnitude)
    return Calibration(sizes)
