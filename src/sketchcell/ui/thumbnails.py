"""Small pictures of the project's images, made in the background."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtGui import QImage, QPixmap

from sketchcell.errors import SketchcellError
from sketchcell.images import Normalization, as_channels
from sketchcell.ui.jobs import Job
from sketchcell.ui.projects import Projects
from sketchcell.ui.reading import Reading
from sketchcell.ui.spot import Spot

_SIDE = 40


class Thumbnails:
    """One picture an image, made once it is listed.

    Parameters
    ----------
    projects
        Lists the images.
    """

    ready = Signal(str)

    def __init__(self, projects: Projects) -> None:
        self._projects = projects
        self._pictures: dict[str, QPixmap] = {}
        self._tried: set[str] = set()
        self._job: Job | None = None
        projects.listed.connect(self._on_listed)

    def close(self) -> None:
        """Stop, and wait for the thread."""
        self._projects.listed.disconnect(self._on_listed)
        if self._job is not None:
            Job.end_all([self._job])
        self._job = None

    def of(self, entry_id: str) -> QPixmap | None:
        """Return the picture of an image, if it is made already."""
        return self._pictures.get(entry_id)

    def _on_listed(self) -> None:
        if self._job is not None or len(self._projects.entries) < 2:
            return
        new = [entry.id for entry in self._projects.entries if entry.id not in self._tried]
        if new:
            self._tried.update(new)
            self._job = Job(
                _draw(new, self._projects.reading),
                on_items=self._take,
                on_done=self._on_done,
                on_error=_ignore,
            ).start()

    def _take(self, items: list[tuple[str, NDArray[np.uint8]]]) -> None:
        for entry_id, pixels in items:
            height, width, _ = pixels.shape
            image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
            self._pictures[entry_id] = QPixmap.fromImage(image)
            self.ready.emit(entry_id)

    def _on_done(self, _result: None) -> None:
        self._job = None
        self._on_listed()


def _draw(entries: Sequence[str], reading: Reading) -> Generator[tuple[str, NDArray[np.uint8]], None, None]:
    for entry in entries:
        try:
            planes = reading.planes(entry)
            middle = tuple(length // 2 for length in planes.leading)
            channels = as_channels(reading.plane(Spot(entry, middle)), constant=True)
        except SketchcellError:
            continue  # told when it is opened
        step = max(1, min(channels.shape[1:]) // _SIDE)
        height, width = channels.shape[1:]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        small = Normalization().apply(channels[:, top : top + side : step, left : left + side : step])
        colours = small[:3] if small.shape[0] >= 3 else np.repeat(small[:1], 3, axis=0)
        yield entry, np.ascontiguousarray(np.clip(255 * colours, 0, 255).astype(np.uint8).transpose(1, 2, 0))


def _ignore(_error: Exception) -> None:
    """Leave out a picture that cannot be made."""
