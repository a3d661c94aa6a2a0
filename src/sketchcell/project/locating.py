"""Finding images again after they were moved."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from sketchcell.errors import SketchcellError
from sketchcell.project.content import content_hash
from sketchcell.project.entry import Entry


def relative_to(path: Path, folder: Path) -> str | None:
    """Return the way from `folder` to `path` with forward slashes, None if there is none (another drive)."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return None


class Locator:
    """Finds images by their place, or else by their name and content in likely folders."""

    def __init__(self) -> None:
        self._recognised: dict[Path, tuple[str, int, int]] = {}

    def find(self, entry: Entry, folder: Path, likely: Iterable[Path]) -> Path:
        """Return where an image is now.

        Parameters
        ----------
        entry
            The image; it has a path.
        folder
            Of the project.
        likely
            More folders to look in.

        Raises
        ------
        SketchcellError
            If it is nowhere, or was changed.
        """
        changed: Path | None = None
        for path in _candidates(entry, folder, likely):
            if not path.exists():
                continue
            if self.is_the_image(entry, path):
                return path
            changed = changed or path
        if changed is not None:
            raise SketchcellError(
                f"The image '{changed}' was changed since it was added to the project. Show where the "
                "unchanged one is, or say that the changed one is to be used."
            )
        raise SketchcellError(
            f"The image '{entry.path}' is not there any more. Show where it is now, or put it beside the "
            "project."
        )

    def is_the_image(self, entry: Entry, path: Path) -> bool:
        """Tell whether a file or folder has the content of an image.

        Raises
        ------
        SketchcellError
            If it cannot be read.
        """
        about = path.stat()
        # A folder's own time says nothing about what is in the folders inside.
        stamp = entry.sha256, about.st_size, about.st_mtime_ns
        if path.is_file() and self._recognised.get(path) == stamp:
            return True
        if content_hash(path) != entry.sha256:
            return False
        self._recognised[path] = stamp
        return True


def _candidates(entry: Entry, folder: Path, likely: Iterable[Path]) -> Iterator[Path]:
    assert entry.path is not None
    yield entry.path
    if entry.relative is not None:
        yield Path(os.path.normpath(folder / entry.relative))
    # The path may have been written on another system.
    name = re.split(r"[\\/]", str(entry.path))[-1]
    for parent in (folder, folder.parent, *likely):
        yield parent / name
