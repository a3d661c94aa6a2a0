"""Cells as OME-Zarr labels: a folder of their own, or inside an image."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from sketchcell.errors import SketchcellError
from sketchcell.export.labels.measurements import Measurements
from sketchcell.export.labels.parts import folder_beside
from sketchcell.export.labels.planes import LabelPlanes
from sketchcell.export.libraries import require
from sketchcell.images.origin import SOFTWARE
from sketchcell.inference import Progress

VERSIONS = ("0.5", "0.4")
_ZARR = {"0.4": 2, "0.5": 3}
_CHUNK = 1024  # pixels a side
_COARSEST = 512  # pixels: a level that fits into it is the last one
_GENERATOR = "generator"


def writing_ome_zarr(
    cells: LabelPlanes, path: Path, version: str | None = None
) -> Generator[Progress, None, int]:
    """Write the cells as a label image with levels of falling resolution.

    Levels hold every second pixel of the one before in rows and columns, so that no new labels arise. A
    `path` ``IMAGE.zarr/labels/NAME`` makes them labels of that image, which then lists them. Measurements
    become properties of the labels where the table has one row a cell.

    Parameters
    ----------
    cells
        What to write.
    path
        The folder; it takes its name when it is complete. One that exists is replaced.
    version
        Of the format, ``0.5`` or ``0.4``; when omitted that of the image it is written into, else 0.5.

    Returns
    -------
    How many labels there are, those of all planes together.

    Raises
    ------
    SketchcellError
        If ome-zarr is not installed, the version is not known or another one than the image's, or the place
        cannot be written.
    """
    version = _version(path, version)
    writer = require("ome_zarr.writer", "an OME-Zarr folder")
    da = require("dask.array", "an OME-Zarr folder")
    properties = _properties(cells)
    data, count = _stacked(cells, da)
    axes = [*(role for role in ("t", "z") if role in cells.roles), "y", "x"]
    image = _image_around(path)
    if image is not None:
        _make_labels_group(path.parent, version)
    with folder_beside(path) as folder:
        group = zarr.open_group(folder / "new", mode="w", zarr_format=_ZARR[version])  # type: ignore[arg-type]
        jobs = writer.write_multiscale_labels(
            _levels(data),
            group,
            name="cells",
            fmt=require("ome_zarr.format", "an OME-Zarr folder").format_from_version(version),
            axes=axes,
            scale={axis: float(cells.pixel_size.get(axis, 1)) for axis in axes},
            axes_units={axis: "micrometer" for axis in axes if axis in cells.pixel_size},
            label_metadata={
                **({"source": {"image": "../../"}} if image is not None else {}),
                **({"properties": properties} if properties else {}),
            },
            compute=False,
        )
        parts = [job.blocks[row] for job in jobs for row in range(job.numblocks[0])]
        for number, part in enumerate(parts):
            yield Progress(number, len(parts), "writing OME-Zarr")
            part.compute(scheduler="synchronous")
        written = folder / "new" / "labels" / "cells"
        zarr.open_group(written, mode="r+").attrs[_GENERATOR] = SOFTWARE
        written.rename(folder / "result")
    if image is not None:
        _list(path)
    return count


def is_our_zarr(path: Path) -> bool:
    """Tell whether a folder holds labels that this package wrote."""
    try:
        return bool(zarr.open_group(path, mode="r").attrs.get(_GENERATOR) == SOFTWARE)
    except Exception:
        # Whatever a foreign or damaged folder makes zarr stumble over, it is not ours.
        return False


def _stacked(cells: LabelPlanes, da: Any) -> tuple[Any, int]:
    """Return all planes as one lazy array, time before depth, and how many labels there are."""
    ids: set[int] = set()
    for place in cells.places:
        for rows in _bands(cells, place.number):
            ids.update(np.unique(rows).tolist())
    ids.discard(0)
    most = max(ids, default=0)
    dtype = np.uint16 if most < 2**16 else np.uint32 if most < 2**32 else np.uint64
    shape = cells.planes[0].shape
    lazy = [_Plane(cells, number, shape, np.dtype(dtype)) for number in range(len(cells.planes))]
    stack = da.stack([da.from_array(plane, chunks=_CHUNK, meta=np.zeros((0, 0), dtype)) for plane in lazy])
    stack = stack.reshape((*cells.leading, *shape))
    return (da.swapaxes(stack, 0, 1) if cells.roles == ("z", "t") else stack), len(ids)


class _Plane:
    """A plane that is read where dask asks for a part of it."""

    def __init__(self, cells: LabelPlanes, number: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._cells, self._number = cells, number
        self.shape, self.dtype, self.ndim = shape, dtype, len(shape)

    def __getitem__(self, part: Any) -> Any:
        return np.asarray(self._cells.planes[self._number][part]).astype(self.dtype)


def _bands(cells: LabelPlanes, number: int) -> Iterator[Any]:
    """Yield the rows of a plane; one that is not in memory is read bit by bit."""
    plane = cells.planes[number]
    if isinstance(plane, np.ndarray):
        yield cells.plane(number)
        return
    for top in range(0, plane.shape[0], _CHUNK):
        yield np.asarray(plane[top : top + _CHUNK])


def _levels(data: Any) -> list[Any]:
    """Return the data and what is left of it by halves; a pixel stands for its middle one."""
    levels, factor = [data], 2
    height, width = data.shape[-2:]
    while max(height, width) * 2 > _COARSEST * factor and min(height, width) >= factor:
        rows, columns = (slice(factor // 2, side // factor * factor, factor) for side in (height, width))
        levels.append(data[..., rows, columns].rechunk((*data.chunksize[:-2], _CHUNK, _CHUNK)))
        factor *= 2
    return levels


def _properties(cells: LabelPlanes) -> list[dict[str, float]]:
    measurements = Measurements(cells)
    if not measurements.flat:
        return []
    known = measurements.of(cells.places[0])
    return [{"label-value": label, **numbers} for label, numbers in known.items()]


def _image_around(path: Path) -> Path | None:
    """Return the image whose labels `path` will be."""
    image = path.parent.parent
    if path.parent.name != "labels" or not _format(image):
        return None
    return image


def _format(path: Path) -> str:
    """Return the version of OME-Zarr that a group has, "" if it is none."""
    try:
        group = zarr.open_group(path, mode="r")
    except Exception:
        return ""
    described: Any = group.attrs.get("ome", group.attrs)
    if "multiscales" not in described:
        return ""
    return "0.5" if group.metadata.zarr_format == 3 else "0.4"


def _version(path: Path, asked: str | None) -> str:
    if asked is not None and asked not in VERSIONS:
        raise SketchcellError(f"OME-Zarr {asked} cannot be written; choose {' or '.join(VERSIONS)}.")
    image = _image_around(path)
    own = "" if image is None else _format(image)
    if own and asked is not None and asked != own:
        raise SketchcellError(f"{image} is OME-Zarr {own}, and so must its labels be; give no version.")
    return own or asked or VERSIONS[0]


def _make_labels_group(path: Path, version: str) -> None:
    try:
        zarr.open_group(path, mode="a", zarr_format=_ZARR[version])  # type: ignore[arg-type]
    except OSError as error:
        raise SketchcellError(f"{path} cannot be written: {error.strerror or error}.") from error


def _list(path: Path) -> None:
    """Add labels to those that an image names."""
    group = zarr.open_group(path.parent, mode="r+")
    inner = group.metadata.zarr_format == 3
    found: Any = group.attrs.get("ome", {"version": "0.5"}) if inner else group.attrs
    described = dict(found)
    described["labels"] = [*dict.fromkeys([*described.get("labels", []), os.path.basename(path)])]
    group.attrs.update({"ome": described} if inner else {"labels": described["labels"]})
