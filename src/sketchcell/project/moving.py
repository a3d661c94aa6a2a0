"""Moving a project's folder, to another disk too."""

from __future__ import annotations

import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from sketchcell.errors import SketchcellError

SUFFIX = ".sketchcell"


def project_folder(path: Path) -> Path:
    """Return a path with the ending that a project's folder has, added if it is missing."""
    return path if path.name.endswith(SUFFIX) else path.with_name(path.name + SUFFIX)


def move_folder(source: Path, target: Path) -> None:
    """Move a folder; it is at one of the two places, whole, whatever happens.

    Raises
    ------
    SketchcellError
        If `target` is there already, is inside `source`, or cannot be written.
    """
    if source in target.parents:
        raise SketchcellError(f"'{target}' is inside the project itself; choose another folder.")
    if target.exists():
        raise SketchcellError(f"'{target}' is there already; choose another name.")
    with suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
        return
    # Another disk, or no right to write there, which the copy finds out.
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        shutil.copytree(source, part)
        part.rename(target)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise SketchcellError(
            f"The project cannot be moved to '{target}': {getattr(error, 'strerror', None) or error}."
        ) from error
    shutil.rmtree(source, ignore_errors=True)
