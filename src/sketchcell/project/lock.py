"""One program at a time writes to a project."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from sketchcell.errors import SketchcellError

_NAME = ".lock"


def lock(folder: Path) -> FileLock:
    """Lock a project; the system lets go of it when the process ends, however it ends.

    Raises
    ------
    SketchcellError
        If it is open elsewhere, or nothing can be written there.
    """
    held = FileLock(folder / _NAME, timeout=0, thread_local=False)
    try:
        held.acquire()
    except Timeout as error:
        raise SketchcellError(
            f"The project '{folder}' is open in another window or program; close it there first."
        ) from error
    except OSError as error:
        raise SketchcellError(
            f"The project '{folder}' cannot be opened: {error.strerror or error}. Copy it to a folder where "
            "you may write."
        ) from error
    return held


def is_open(folder: Path) -> bool:
    """Tell whether a project is open, here or in another program."""
    try:
        lock(folder).release()
    except SketchcellError:
        return True
    return False
