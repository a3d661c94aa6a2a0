"""Recognising an image by its content, quickly, however large it is."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError

_SAMPLE = 2**20  # bytes, of each of the three samples of a large file
_WHOLE_FILE = 16 * 2**20  # bytes: up to here all of a file counts
_WHOLE_ARRAY = 64 * 2**20
_ZARR_METADATA = {"zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata"}


def content_hash(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 by which an image file, or a folder such as a Zarr, is recognised.

    Up to 16 MiB it is that of the whole file; of a larger file that of its size (decimal digits and a new
    line) and of its first, middle and last MiB. A folder counts by the path and size of each file in it, in
    the order of the paths, and by the content of its Zarr metadata.

    Raises
    ------
    SketchcellError
        If it cannot be read.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return _folder_hash(path)
        with path.open("rb") as file:
            return _file_hash(file, os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise SketchcellError(f"'{path}' cannot be read: {error.strerror or error}.") from error


def array_hash(array: NDArray[Any]) -> str:
    """Return the SHA-256 by which an image in memory is recognised.

    It is that of the type and shape (as ``<u2 3 512 512`` and a new line) and of the little-endian bytes in
    C order, of which above 64 MiB only the first, middle and last MiB count.
    """
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    digest = hashlib.sha256(f"{little.dtype.str} {' '.join(map(str, array.shape))}\n".encode())
    data = little.reshape(-1).view(np.uint8).data
    if len(data) <= _WHOLE_ARRAY:
        digest.update(data)
    else:
        for start in _sample_starts(len(data)):
            digest.update(data[start : start + _SAMPLE])
    return digest.hexdigest()


def _sample_starts(size: int) -> tuple[int, int, int]:
    return 0, size // 2 - _SAMPLE // 2, size - _SAMPLE


def _file_hash(file: BinaryIO, size: int) -> str:
    if size <= _WHOLE_FILE:
        return hashlib.sha256(file.read()).hexdigest()
    digest = hashlib.sha256(f"{size}\n".encode())
    for start in _sample_starts(size):
        file.seek(start)
        digest.update(file.read(_SAMPLE))
    return digest.hexdigest()


def _folder_hash(folder: Path) -> str:
    files = sorted(
        (Path(parent, name).relative_to(folder).as_posix(), Path(parent, name))
        for parent, _, names in os.walk(folder)
        for name in names
    )
    digest = hashlib.sha256()
    for name, path in files:
        digest.update(f"{name}\n{path.stat().st_size}\n".encode())
        if path.name in _ZARR_METADATA:
            digest.update(path.read_bytes())
    return digest.hexdigest()
