"""Labels at their place: what is ours, and moving what is finished there."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from sketchcell.export.labels import LabelPlanes
from sketchcell.export.labels.ome_zarr import is_our_zarr, writing_ome_zarr
from sketchcell.images import Calibration, is_ours, write_label_stack
from sketchcell.inference import Progress

_DESCRIPTIONS = ("zarr.json", ".zattrs", ".zgroup")


def stamp(path: Path) -> tuple[int, int]:
    """Return size in bytes and time of change (ns) of a file; of a folder, of what describes it."""
    files = [path] if not path.is_dir() else [path / name for name in _DESCRIPTIONS]
    found = [file.stat() for file in files if file.exists()]
    return sum(one.st_size for one in found), max((one.st_mtime_ns for one in found), default=0)


def is_our_result(path: Path) -> bool:
    """Tell whether labels were written by this package, and not edited by another program since."""
    return is_our_zarr(path) if path.is_dir() else is_ours(path)


def writing_labels(
    path: Path,
    format: str,
    labels: Sequence[Any],
    leading: tuple[int, ...],
    axes: tuple[str, ...],
    calibration: Calibration,
) -> Generator[Progress, None, None]:
    """Write the labels of an image, with axes and pixel size.

    Parameters
    ----------
    path
        The file or folder to be.
    format
        One of `FORMATS`.
    labels
        Planes ``(H, W)`` in the order of the leading axes, in memory or lazy.
    leading, axes
        Length and name of each of these.
    calibration
        Of the image.

    Raises
    ------
    SketchcellError
        If they cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if format == "ome-zarr":
        cells = LabelPlanes(path.stem, labels, leading, axes, calibration.pixel_size)
        yield from writing_ome_zarr(cells, path)
    else:
        write_label_stack(path, labels, leading, axes, calibration.pixel_size, calibration.time_interval)


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
