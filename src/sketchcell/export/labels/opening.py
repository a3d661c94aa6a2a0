"""Label images from files and OME-Zarr folders, to be written in another format."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.export.labels.planes import LabelPlanes
from sketchcell.images import open_image, read_label_stack

_ENDING = "_labels"  # of the names that segmenting gives


def open_labels(path: Path) -> LabelPlanes:
    """Open labels; those of OME-Zarr are read plane by plane when they are needed.

    Parameters
    ----------
    path
        A TIFF or PNG file, the folder of OME-Zarr labels, or an OME-Zarr image with labels of one name in it.

    Returns
    -------
    LabelPlanes
        ``nuclei_labels.tif`` gets the name ``nuclei.tif``: that of its image.

    Raises
    ------
    SketchcellError
        If there is nothing, or no labels.
    """
    if path.is_dir():
        return _from_zarr(path)
    labels, axes = read_label_stack(path)
    leading = labels.shape[:-2]
    names = tuple(letter.lower() for letter in axes[:-2])
    planes = labels.reshape(-1, *labels.shape[-2:])
    size = open_image(path).pixel_size
    return LabelPlanes(path.stem.removesuffix(_ENDING) + path.suffix, planes, leading, names, size)


def _from_zarr(path: Path) -> LabelPlanes:
    path = _labels_in(path)
    opened = open_image(path)
    data = opened.data[0] if isinstance(opened.data, list) else opened.data
    if data.dtype.kind not in "bui":
        raise SketchcellError(f"{path} holds {data.dtype}, not labels; give the labels of an image.")
    # a channel axis of length one is what some programs cannot do without
    keep = [axis for axis in range(data.ndim) if data.shape[axis] > 1 or axis >= data.ndim - 2]
    shape = [data.shape[axis] for axis in keep]
    axes = [opened.axes[axis] for axis in keep]
    if axes[-2:] != ["y", "x"] or "c" in axes:
        raise SketchcellError(f"{path} has the axes {', '.join(opened.axes)}; labels have z or t, y and x.")
    planes = _LazyPlanes(data, tuple(shape[:-2]))
    name = path.name.removesuffix(".zarr").removesuffix(".ome")
    return LabelPlanes(name, planes, tuple(shape[:-2]), tuple(axes[:-2]), opened.pixel_size)


def _labels_in(path: Path) -> Path:
    """Return the labels of an image's folder, or the folder itself if it is no image with labels."""
    try:
        group: Any = zarr.open_group(path / "labels", mode="r")
        names = dict(group.attrs.get("ome", group.attrs)).get("labels", [])
    except Exception:
        return path  # what is wrong with it is found when it is opened as labels
    if len(names) != 1:
        raise SketchcellError(
            f"{path} has labels of {len(names)} names ({', '.join(names)}); give the folder of one, "
            f"{path / 'labels'}/NAME."
        )
    return path / "labels" / str(names[0])


class _LazyPlanes:
    """The planes of an array, each read when it is asked for."""

    def __init__(self, data: Any, leading: tuple[int, ...]) -> None:
        self._data, self._leading = data, leading

    def __len__(self) -> int:
        return prod(self._leading)

    def __getitem__(self, number: int) -> NDArray[Any]:
        step = iter(np.unravel_index(number, self._leading) if self._leading else ())
        alone = self._data.ndim - 2 - len(self._leading)
        shape = self._data.shape[:-2]
        index = tuple(0 if alone and length == 1 else int(next(step)) for length in shape)
        return np.asarray(self._data[index])
