"""Tables of cells and what is painted as files, written in the background."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.images import write_label_stack
from sketchcell.measure import write_table
from sketchcell.ui.frame import Frame
from sketchcell.ui.jobs import Job
from sketchcell.ui.measuring import micrometres
from sketchcell.ui.notify import inform, tell
from sketchcell.ui.reading import Reading
from sketchcell.ui.state import State

if TYPE_CHECKING:
    import pandas


class Exporter:
    """Writes tables and what is painted.

    Parameters
    ----------
    state, reading
        As everywhere.
    """

    def __init__(self, state: State, reading: Reading) -> None:
        self._state, self._reading = state, reading
        self._jobs: list[Job] = []

    def close(self) -> None:
        """Wait for the threads, so that no file is left out."""
        Job.end_all(self._jobs)
        self._jobs = []

    def table(self, path: Path, table: pandas.DataFrame) -> None:
        """Write a table of cells, CSV or what else `write_table` knows by the file's ending."""

        def work() -> Generator[None, None, str]:
            yield None
            write_table(path, table)
            return f"{len(table):,} cells are in '{path}'."

        self._start(work())

    def annotation(self, path: Path) -> None:
        """Write what is painted as TIFF, and the boundaries beside it as ``NAME_boundaries.tif``.

        Raises
        ------
        SketchcellError
            When nothing is painted.
        """
        layers = self._state.layers
        if layers is None or not (layers.sketch.data.any() or layers.boundaries.data.any()):
            raise SketchcellError("Nothing is painted yet: press 'Start sketching' and paint.")
        leading, axes = layers.frame.planes.leading, self._axes()
        beside, size = boundaries_beside(path), micrometres(layers, axes)

        def work() -> Generator[None, None, str]:
            yield None
            write_label_stack(path, _planes(layers.sketch, layers.frame), leading, axes, size)
            yield None
            write_label_stack(beside, _planes(layers.boundaries, layers.frame), leading, axes, size)
            return f"The annotation is in '{path}', the boundaries in '{beside.name}'."

        self._start(work())

    def _axes(self) -> tuple[str, ...]:
        project = self._state.project
        assert project is not None
        return project.entry(self._state.entry).axes

    def _start(self, work: Generator[Any, None, str]) -> None:
        self._jobs = [job for job in self._jobs if job.is_alive]
        self._jobs.append(Job(work, on_done=inform, on_error=tell).start())


def boundaries_beside(path: Path) -> Path:
    """Return the file for the boundaries of an annotation."""
    return path.with_name(f"{path.stem}_boundaries{path.suffix}")


def _planes(layer: Labels, frame: Frame) -> list[NDArray[np.integer[Any]]]:
    return [layer.data[frame.index(plane)] for plane in frame.all_planes()]
