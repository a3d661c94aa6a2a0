"""Label planes as TIFF files that other programs read with axes and pixel size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Any, BinaryIO
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import tifffile
from numpy.typing import DTypeLike, NDArray

from sketchcell.images.origin import SOFTWARE

#: Side of the tiles in which what is larger than memory is stored.
TILE = 1024
_LETTERS = {"z": "Z", "t": "T"}
_BIG = 2**31  # bytes, from which the 4 GB that a plain TIFF can hold are too near
_PER_CENTIMETRE = 1e4  # µm


def tiff_of_labels(
    file: BinaryIO,
    parts: Iterable[NDArray[Any]],
    shape: Sequence[int],
    dtype: DTypeLike,
    axes: Sequence[str],
    *,
    tile: int | None = None,
    pixel_size: Mapping[str, float] | None = None,
    time_interval: float | None = None,
) -> None:
    """Write labels as TIFF, losslessly compressed (zlib), part by part.

    The file is OME-TIFF (2016-06) if all its axes are depth or time, each at most once, and has pixels a
    centimetre in the tags of plain TIFF as well, which is where ImageJ's own reader looks.

    Parameters
    ----------
    file
        Open for writing.
    parts
        Planes ``(H, W)``, or their tiles row by row, in the order of the axes.
    shape
        Of the whole, ``(…, H, W)``.
    dtype
        uint16 or uint32.
    axes
        A name for each axis before rows and columns.
    tile
        Side of the tiles, a multiple of 16; None: whole planes.
    pixel_size
        Micrometres along those of the axes ``z``, ``y`` and ``x`` for which they are known.
    time_interval
        Seconds from frame to frame.
    """
    size = dict(pixel_size or {})
    letters = "".join(_LETTERS.get(name, "Q") for name in axes)
    ome = "Q" not in letters and len(set(letters)) == len(letters)
    about: dict[str, Any] = {"axes": f"{letters}YX"}
    if ome:
        # The writer's own would differ from time to time, and with it files that hold the same.
        about["UUID"] = str(
            uuid5(NAMESPACE_URL, f"{SOFTWARE}:{letters}:{tuple(shape)}:{np.dtype(dtype)}:{size}")
        )
        for axis, length in size.items():
            about |= {f"PhysicalSize{axis.upper()}": length, f"PhysicalSize{axis.upper()}Unit": "µm"}
        if time_interval is not None:
            about |= {"TimeIncrement": time_interval, "TimeIncrementUnit": "s"}
    known = "y" in size and "x" in size
    tifffile.imwrite(
        file,
        iter(parts),
        shape=tuple(shape),
        dtype=dtype,
        tile=None if tile is None else (tile, tile),
        compression="zlib",
        photometric="minisblack",
        ome=ome,
        metadata=about,
        resolution=(_PER_CENTIMETRE / size["x"], _PER_CENTIMETRE / size["y"]) if known else None,
        resolutionunit="CENTIMETER" if known else None,
        bigtiff=prod(shape) * np.dtype(dtype).itemsize > _BIG,
        software=SOFTWARE,
    )


def highest_label(labels: Any) -> int:
    """Return the highest label of a plane, 0 if there is none; a lazy one is read tile by tile."""
    if isinstance(labels, np.ndarray):
        return int(labels.max(initial=0))
    return max(int(part.max()) for part in _tiles(labels))


def parts_of_labels(planes: Iterable[Any], dtype: DTypeLike, tile: int | None) -> Iterator[NDArray[Any]]:
    """Yield planes, or their tiles, filled up with 0 to the right and below, for `tiff_of_labels`."""
    for plane in planes:
        if tile is None:
            yield np.ascontiguousarray(plane, dtype)
            continue
        for part in _tiles(plane, tile):
            whole = np.zeros((tile, tile), dtype)
            whole[: part.shape[0], : part.shape[1]] = part
            yield whole


def _tiles(labels: Any, side: int = TILE) -> Iterator[NDArray[Any]]:
    height, width = labels.shape
    for top in range(0, height, side):
        for left in range(0, width, side):
            yield np.asarray(labels[top : top + side, left : left + side])
