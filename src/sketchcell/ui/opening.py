"""Images of the project brought into the window: read in the background, shown one after the other."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from napari.components import ViewerModel
from napari.layers import Image
from psygnal import Signal

from sketchcell.errors import SketchcellError
from sketchcell.images import Opened, open_image
from sketchcell.ui.jobs import Job
from sketchcell.ui.layers import choose_channels, note_entry, noted_entry
from sketchcell.ui.notify import tell
from sketchcell.ui.state import State

_LISTED = "sketchcell-listed"  # a layer that was made here, whose data may be exchanged


class Opening:
    """Opens one image at a time; who asks for another one does not want the one before any more.

    Parameters
    ----------
    viewer
        Where images are shown.
    state
        As everywhere.
    """

    ready = Signal(object, bool)
    """An image layer can be worked on; whether its data was exchanged under its sketch."""

    def __init__(self, viewer: ViewerModel, state: State) -> None:
        self._viewer, self._state = viewer, state
        self._job: Job | None = None
        self._ending: list[Job] = []
        self._wanted = ""

    def close(self) -> None:
        """Stop, and wait for the thread."""
        self.cancel()
        Job.end_all(self._ending)
        self._ending = []

    def go(self, entry_id: str) -> None:
        """Open an image, or bring it up if it is open."""
        self.cancel()
        project = self._state.project
        if project is None or (entry_id == self._state.entry and self._state.layers is not None):
            return
        self._wanted = entry_id
        for layer in self._viewer.layers:
            if isinstance(layer, Image) and noted_entry(layer) == entry_id:
                self.ready.emit(layer, False)
                return
        try:
            path = project.locate(entry_id)
        except SketchcellError as error:
            tell(error)
            return
        self._state.message = f"Opening '{path.name}'…"
        self._state.opening = 0.0
        self._job = Job(_open(path), on_done=self._on_opened, on_error=self._on_error).start()

    def cancel(self) -> None:
        """Go on with the image that is shown; what is being read is thrown away."""
        if self._job is not None:
            self._job.stop()
            self._ending = [job for job in self._ending if job.is_alive] + [self._job]
            self._job, self._wanted = None, self._state.entry
            self._state.opening = None
            self._state.message = ""

    def _on_error(self, error: Exception) -> None:
        self._job, self._state.opening, self._state.message = None, None, ""
        tell(error)

    def _on_opened(self, opened: Opened) -> None:
        self._job = self._state.opening = None
        project = self._state.project
        if project is None:
            return
        entry = project.entry(self._wanted)
        channels = entry.scene.get("channels")
        self._state.message = ""
        slot = self._state.image
        if slot is not None and slot.metadata.get(_LISTED) and _takes(slot, opened):
            note_entry(slot, entry.id)
            slot.data = opened.data
            slot.name = entry.name
            slot.reset_contrast_limits()
            choose_channels(slot, None if channels is None else tuple(channels))
            self.ready.emit(slot, True)
            return
        image = self._viewer.add_image(
            opened.data,
            name=entry.name,
            rgb=opened.rgb,
            multiscale=isinstance(opened.data, list),
            axis_labels=opened.axes,
            metadata={_LISTED: True, "sketchcell": {"entry": entry.id, "channels": channels}},
        )
        self.ready.emit(image, False)


def _takes(slot: Image, opened: Opened) -> bool:
    """Tell whether a layer can show another image without being made anew, which takes longer."""
    if slot.multiscale or isinstance(opened.data, list) or bool(slot.rgb) != opened.rgb:
        return False
    return bool(slot.data.ndim == opened.data.ndim and slot.dtype == opened.data.dtype)


def _open(path: Path) -> Generator[None, None, Opened]:
    yield None
    return open_image(path)
