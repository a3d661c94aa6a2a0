"""A project for people who never made one: kept aside until they save it, and found again by its image."""

from __future__ import annotations

import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

from sketchcell.errors import SketchcellError
from sketchcell.project.catalogue import is_project, read_entries
from sketchcell.project.journal import utc_now
from sketchcell.project.journal_file import JOURNAL
from sketchcell.project.lock import is_open
from sketchcell.project.moving import SUFFIX
from sketchcell.project.places import unsaved_folder
from sketchcell.project.project import Project

_OLD = 30 * 24 * 3600  # seconds
_MOST_OLD = 50


def create_unsaved() -> Project:
    """Make a project in `unsaved_folder`, and remove those there that nobody will miss.

    Raises
    ------
    SketchcellError
        If nothing can be written there.
    """
    prune_unsaved()
    name = f"{utc_now():%Y-%m-%d %H.%M.%S} {secrets.token_hex(2)}{SUFFIX}"
    return Project.create(unsaved_folder() / name)


def find_unsaved(sha256: str) -> list[Path]:
    """Return unsaved projects with strokes that have an image of this content, newest first, none open."""
    found = []
    for folder in _unsaved():
        with suppress(SketchcellError, OSError):
            about = (folder / JOURNAL).stat()
            if about.st_size and any(entry.sha256 == sha256 for entry in read_entries(folder)):
                found.append((about.st_mtime_ns, folder))
    return [folder for _, folder in sorted(found, reverse=True) if not is_open(folder)]


def discard_unsaved(folder: Path) -> None:
    """Remove an unsaved project with its strokes; one that is open, or was saved, stays.

    Raises
    ------
    SketchcellError
        If it cannot be removed.
    """
    if folder.parent != unsaved_folder() or is_open(folder):
        return
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise SketchcellError(f"'{folder}' cannot be removed: {error.strerror or error}.") from error


def prune_unsaved() -> None:
    """Remove unsaved projects without strokes, and those older than 30 days but for the newest 50 of them."""
    empty, old = [], []
    for folder in _unsaved():
        journal = folder / JOURNAL
        about = journal.stat() if journal.exists() else None
        if about is None or not about.st_size:
            empty.append(folder)
        elif time.time() - about.st_mtime > _OLD:
            old.append((about.st_mtime_ns, folder))
    unmissed = [folder for _, folder in sorted(old, reverse=True)[_MOST_OLD:]]
    for folder in empty + unmissed:
        if not is_open(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _unsaved() -> list[Path]:
    return [folder for folder in unsaved_folder().glob(f"*{SUFFIX}") if is_project(folder)]
