"""How the work on a project is done: whatever JSON can hold, in ``settings.json``."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from sketchcell.project.json_file import JsonFile

_NAME = "settings.json"


class Settings:
    """The settings of a project.

    Parameters
    ----------
    folder
        Of the project.
    notes
        Receives a sentence if they are damaged; then there are none.
    """

    def __init__(self, folder: Path, notes: list[str]) -> None:
        self._values: dict[str, Any] = {}
        self.file = JsonFile(folder / _NAME, lambda: self._values)
        if not self.file.path.exists():
            return
        try:
            values = json.loads(self.file.path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            values = None
        if isinstance(values, dict):
            self._values = values
        else:
            notes.append(
                "The project's settings could not be read: look over family, network and parameters."
            )

    def copy(self) -> dict[str, Any]:
        """Return a copy of all settings."""
        return copy.deepcopy(self._values)

    def replace(self, values: dict[str, Any]) -> None:
        """Take other settings; raise TypeError or ValueError if JSON cannot hold them."""
        self._values = json.loads(json.dumps(values, allow_nan=False))
        self.file.changed()
