"""Files and folders that are written in steps and take their names only when they are complete."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sketchcell.errors import SketchcellError


@contextmanager
def beside(path: Path) -> Iterator[BinaryIO]:
    """Write a file under another name beside it; it replaces what was there if all went well.

    Raises
    ------
    SketchcellError
        If the folder is missing or not writable, the disk is full, or `path` is something else than a file.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise SketchcellError(f"{path} cannot be written: it exists and is not a file.")
    temporary = target.with_name(f".{secrets.token_hex(8)}.part")
    with _explained(path):
        try:
            with temporary.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise


@contextmanager
def folder_beside(path: Path) -> Iterator[Path]:
    """Fill a new folder under another name; what it holds as ``result`` becomes `path` if all went well.

    Raises
    ------
    SketchcellError
        As for `beside`; also if `path` is a file.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_dir():
        raise SketchcellError(f"{path} cannot be written: it exists and is not a folder.")
    temporary = target.with_name(f".{secrets.token_hex(8)}.part")
    with _explained(path):
        try:
            temporary.mkdir()
            yield temporary
            if target.exists():
                target.rename(temporary / "before")
            try:
                (temporary / "result").rename(target)
            except OSError:
                if (temporary / "before").exists():
                    (temporary / "before").rename(target)
                raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if path.parent.exists():
            raise
        raise SketchcellError(
            f"{path} cannot be written: the folder {path.parent} does not exist."
        ) from error
    except OSError as error:
        raise SketchcellError(f"{path} cannot be written: {error.strerror or error}.") from error


def begins_with(path: Path, start: str) -> bool:
    """Tell whether a file begins with these words; False where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(start.encode())) == start.encode()
    except OSError:
        return False
