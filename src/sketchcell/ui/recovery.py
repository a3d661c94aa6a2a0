"""Strokes that an accident left behind, offered when the same image is opened again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
from psygnal import Signal

from sketchcell.errors import SketchcellError
from sketchcell.project import Project, discard_unsaved
from sketchcell.ui.frame import whole
from sketchcell.ui.notify import inform
from sketchcell.ui.projects import Projects
from sketchcell.ui.scribe import Scribe
from sketchcell.ui.state import State


class Recovery:
    """Keeps the offer until it is taken or declined.

    Parameters
    ----------
    state, projects, scribe
        As everywhere.
    """

    changed = Signal()

    def __init__(self, state: State, projects: Projects, scribe: Scribe) -> None:
        self._state, self._scribe = state, scribe
        self._folder: Path | None = None
        self._entry = ""
        projects.recovered.connect(self._on_recovered)
        state.events.entry.connect(self._on_entry)

    @property
    def offer(self) -> str:
        """A sentence about what was found; empty if there is nothing."""
        if self._folder is None:
            return ""
        when = datetime.fromtimestamp(self._folder.stat().st_mtime)
        return f"Strokes of an earlier session on this image were found ({when:%d %B, %H:%M})."

    def restore(self) -> None:
        """Paint what was found, as one step for undo; what is painted already stays.

        Raises
        ------
        SketchcellError
            When it cannot be read any more.
        """
        folder, layers = self._folder, self._state.layers
        if folder is None or layers is None:
            return
        sha256 = self._hash()
        with Project.open(folder) as found:
            changes = []
            for entry in found.entries:
                if entry.sha256 != sha256 or entry.shape != layers.frame.planes.shape:
                    continue
                for plane in found.painted_planes(entry.id):
                    earlier, now = found.page(entry.id, plane), self._scribe.page(plane)
                    free = (now.labels == 0) & ~now.boundaries
                    labels = np.where(free, earlier.labels, now.labels)
                    boundaries = now.boundaries | (free & earlier.boundaries)
                    changes.append((plane, whole(labels.shape), labels, boundaries))
        self._scribe.edit(changes)
        inform("The strokes are back.")
        self.discard()

    def discard(self) -> None:
        """Delete what was found."""
        folder, self._folder = self._folder, None
        if folder is not None:
            try:
                discard_unsaved(folder)
            except SketchcellError:
                inform(f"'{folder}' cannot be deleted.")
        self.changed.emit()

    def _hash(self) -> str:
        project = self._state.project
        return "" if project is None else project.entry(self._state.entry).sha256

    def _on_recovered(self, folder: Path) -> None:
        self._folder, self._entry = folder, self._state.entry
        self.changed.emit()

    def _on_entry(self, entry: str) -> None:
        if entry != self._entry:
            self._folder = None
            self.changed.emit()
