"""The images of a project and its description, ``project.json``."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sketchcell.errors import SketchcellError
from sketchcell.project.entry import Entry
from sketchcell.project.json_file import JsonFile

DESCRIPTION = "project.json"
_FORMAT = 1


class Catalogue:
    """The images of a project, in order.

    Parameters
    ----------
    folder
        Of the project.
    entries
        The images.
    """

    def __init__(self, folder: Path, entries: list[Entry]) -> None:
        self._entries = {entry.id: entry for entry in entries}
        self.file = JsonFile(folder / DESCRIPTION, self._described)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries.values()))

    def __contains__(self, entry_id: str) -> bool:
        return entry_id in self._entries

    def __getitem__(self, entry_id: str) -> Entry:
        if entry_id not in self._entries:
            raise ValueError(f"the project has no image {entry_id!r}")
        return self._entries[entry_id]

    def new_id(self) -> str:
        """Return a name that no image has."""
        return secrets.token_hex(6)

    def add(self, entry: Entry) -> None:
        """Add an image at the end; the description is written."""
        self._entries[entry.id] = entry
        self.file.changed()
        try:
            self.file.write()
        except SketchcellError:
            del self._entries[entry.id]
            raise

    def remove(self, entry_id: str) -> None:
        """Remove an image; the description is written."""
        del self._entries[entry_id]
        self.file.changed()
        self.file.write()

    def change(self, entry_id: str, **values: Any) -> None:
        """Change an image; the description is out of date."""
        self._entries[entry_id] = replace(self[entry_id], **values)
        self.file.changed()

    def _described(self) -> dict[str, Any]:
        return {
            "format": _FORMAT,
            "program": f"sketchcell {version('napari-sketchcell')}",
            "entries": [entry.to_json() for entry in self],
        }


def is_project(folder: Path) -> bool:
    """Tell whether a folder holds a project."""
    return (folder / DESCRIPTION).is_file()


def read_entries(folder: Path) -> list[Entry]:
    """Return the images of a project as its description has them.

    Raises
    ------
    SketchcellError
        If the folder is no project, the description is damaged, or it was written by a newer version.
    """
    path = folder / DESCRIPTION
    if not path.is_file():
        raise SketchcellError(f"'{folder}' is not a project: there is no {DESCRIPTION} in it.")
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
        if type(described["format"]) is int and described["format"] > _FORMAT:
            raise SketchcellError(
                f"The project '{folder}' was written by a newer sketchcell; update to open it."
            )
        if described["format"] != _FORMAT:
            raise ValueError("unknown format")
        return [Entry.from_json(written) for written in described["entries"]]
    except OSError as error:
        raise SketchcellError(f"'{path}' cannot be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SketchcellError(
            f"'{path}' is damaged; put a copy of it from a backup there. What you painted is in the journal "
            "beside it."
        ) from error
