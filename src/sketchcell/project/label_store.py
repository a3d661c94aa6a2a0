"""Label images in OME-Zarr (Zarr 3, NGFF 0.5), a chunk a plane, so that any program can read them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from sketchcell.project.entry import Entry, Plane

if TYPE_CHECKING:
    from zarr import Group

#: Of our own part of the attributes.
OURS = "sketchcell"
_LARGEST_CHUNK = 4096  # pixels a side; larger planes are several chunks
_TYPES = {"t": "time", "c": "channel", "z": "space"}


def create(folder: Path, entry: Entry, images: Mapping[str, DTypeLike]) -> Group:
    """Create a group of label images that have an entry's planes; nothing is painted.

    Parameters
    ----------
    folder
        Must not be there.
    entry
        Gives the shape (planes…, H, W) and the names of the axes.
    images
        Name and type of each.
    """
    import zarr  # takes a second, which only those pay who come here

    ome = {"version": "0.5", "labels": list(images)}
    group = zarr.create_group(folder, zarr_format=3, attributes={"ome": ome})
    for name, dtype in images.items():
        image = group.create_group(name, attributes={"ome": _about(entry, name)})
        image.create_array(
            "0",
            shape=entry.planes + entry.shape,
            dtype=dtype,
            chunks=(1,) * len(entry.planes) + tuple(min(side, _LARGEST_CHUNK) for side in entry.shape),
            fill_value=0,
            dimension_names=[*entry.axes, "y", "x"],
        )
    return group


def open_group(folder: Path, mode: Any = "r") -> Group:
    """Open what `create` made; whatever is damaged there, the error can be anything."""
    import zarr

    return zarr.open_group(folder, mode=mode)


def array_of(group: Group, name: str) -> Any:
    """Return a label image as a Zarr array."""
    return group[f"{name}/0"]


def read_plane(group: Group, name: str, plane: Plane) -> NDArray[Any]:
    """Return one plane of a label image."""
    return np.asarray(array_of(group, name)[plane])


def _about(entry: Entry, name: str) -> dict[str, Any]:
    axes = [{"name": axis} | ({"type": _TYPES[axis]} if axis in _TYPES else {}) for axis in entry.axes]
    axes += [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}]
    whole = {"type": "scale", "scale": [1.0] * len(axes)}
    return {
        "version": "0.5",
        "multiscales": [
            {
                "name": name,
                "axes": axes,
                "datasets": [{"path": "0", "coordinateTransformations": [whole]}],
            }
        ],
        "image-label": {"version": "0.5"},
    }
