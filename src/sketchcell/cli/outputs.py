"""Checking where results go before any work is put into them.

What is replaced: files and model folders that this program wrote itself, and empty ones. Anything else stays,
and the command refuses to run; so does a command whose result would replace one of its inputs.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sketchcell.errors import SketchcellError
from sketchcell.images import check_writable, is_ours


def claim_file(path: Path, inputs: Iterable[Path] = (), ours: Callable[[Path], bool] = is_ours) -> None:
    """Make sure that a result can be written to `path` without losing anything.

    Parameters
    ----------
    path
        The file to be.
    inputs
        Files that must not be replaced, whoever wrote them.
    ours
        Tells whether an existing file is a result of this program.

    Raises
    ------
    SketchcellError
        If the place is taken or cannot be written.
    """
    if path.is_dir():
        raise SketchcellError(f"{path} is a folder; give the name of a file to write.")
    if path.exists():
        for given in inputs:
            if given.exists() and path.samefile(given):
                raise SketchcellError(
                    f"{path} is one of the inputs and would be replaced; write to another place."
                )
        if path.stat().st_size and not ours(path):
            raise SketchcellError(
                f"{path} exists and was not written by sketchcell; move it away or choose another name."
            )
    claim_folder(path.parent)


def claim_folder(path: Path) -> None:
    """Make sure that `path` is a folder, or can become one, in which files can be created.

    Raises
    ------
    SketchcellError
        If it is a file, or nothing can be created there.
    """
    there = path
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise SketchcellError(f"{there} is a file; choose another place for results than {path}.")
    check_writable(there)


def claim_model(path: Path) -> None:
    """Make sure that a model can be saved as the folder `path`.

    Raises
    ------
    SketchcellError
        If it is something else than a model of ours or an empty folder, or cannot be written.
    """
    # Not at the top: commands that need no model should not wait a second for torch.
    from sketchcell.model.package import CONFIG, WEIGHTS

    if path.exists() and not path.is_dir():
        raise SketchcellError(f"{path} is a file; a model is saved as a folder, choose another name.")
    if path.is_dir():
        if path.samefile(Path.cwd()):
            raise SketchcellError(
                "A model cannot replace the folder you are in; give the name of a new folder."
            )
        present = {entry.name for entry in path.iterdir()}
        if present and not (present <= {CONFIG, WEIGHTS} and _describes_model(path / CONFIG)):
            raise SketchcellError(
                f"{path} is a folder with other files in it; choose another name for the model."
            )
        check_writable(path)
    claim_folder(Path(os.path.abspath(path)).parent)


def _describes_model(config: Path) -> bool:
    # Saving removes the old folder, and many programs keep a file of this name.
    try:
        return "weights_sha256" in json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return False


def require_space(path: Path, size: int) -> None:
    """Make sure that `size` bytes fit on the disk where `path` will be.

    Raises
    ------
    SketchcellError
        If they do not.
    """
    there = Path(os.path.abspath(path))
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    if free < size:
        raise SketchcellError(
            f"The disk is full: {path} needs {size / 1e6:.1f} MB and {free / 1e6:.1f} MB are free; make "
            "room or choose another place."
        )


@contextmanager
def folder_for_results(path: Path) -> Iterator[None]:
    """Create a folder and those above it where they are missing; take them back if the work within fails.

    Raises
    ------
    SketchcellError
        If it cannot be created.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SketchcellError(f"The folder {path} cannot be made: {error.strerror or error}.") from error
        yield
    except BaseException:
        # Only empty folders go: results that were finished stay.
        with contextlib.suppress(OSError):
            for folder in missing:
                folder.rmdir()
        raise
