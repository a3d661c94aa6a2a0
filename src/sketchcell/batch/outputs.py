"""Labels at their place: what is ours, and moving what is finished there."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from sketchcell.images import is_ours

_DESCRIPTIONS = ("zarr.json", ".zattrs", ".zgroup")


def stamp(path: Path) -> tuple[int, int]:
    """Return size in bytes and time of change (ns) of a file; of a folder, of what describes it."""
    files = [path] if not path.is_dir() else [path / name for name in _DESCRIPTIONS]
    found = [file.stat() for file in files if file.exists()]
    return sum(one.st_size for one in found), max((one.st_mtime_ns for one in found), default=0)


def is_our_result(path: Path) -> bool:
    """Tell whether labels were written by this package, and not edited by another program since."""
    return is_ours(path) if path.is_file() else False


def put_in_place(staged: Path, output: Path) -> None:
    """Give finished labels their name; older ones of this name go.

    Raises
    ------
    OSError
        If that is not possible.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    if staged.is_dir() and output.exists():
        old = staged.with_name(f"{staged.name}.old")
        output.rename(old)
        staged.rename(output)
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.replace(staged, output)


def clear(folder: Path) -> None:
    """Remove what an earlier run did not finish."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
