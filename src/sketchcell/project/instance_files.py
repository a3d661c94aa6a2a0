"""The last segmentation of each plane, kept so that it is there when the project is opened again."""

from __future__ import annotations

import shutil
import threading
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketchcell.errors import SketchcellError
from sketchcell.project import label_store
from sketchcell.project.entry import Entry, Plane

_NAME = "instances"


class InstanceFiles:
    """Instance labels of the images of a project, an OME-Zarr each.

    Parameters
    ----------
    folder
        Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()

    def save(self, entry: Entry, plane: Plane, instances: ArrayLike) -> None:
        """Keep the instances of a plane.

        Raises
        ------
        ValueError
            If they have not the plane's shape.
        SketchcellError
            If they cannot be written.
        """
        array = np.ascontiguousarray(instances, np.int32)
        if array.shape != entry.shape:
            raise ValueError(f"instances of shape {array.shape} do not fill a plane of {entry.shape}")
        with self._lock:
            try:
                folder = self._path(entry)
                group = _opened(folder, "r+")
                if group is None:
                    shutil.rmtree(folder, ignore_errors=True)
                    folder.parent.mkdir(parents=True, exist_ok=True)
                    group = label_store.create(folder, entry, {_NAME: np.int32})
                label_store.array_of(group, _NAME)[plane] = array
                # Last: what was written by half does not fit the checksum.
                checksums = {**_checksums(group), _key(plane): zlib.crc32(array.data)}
                group.update_attributes({label_store.OURS: {"crc32": checksums}})
            except OSError as error:
                raise SketchcellError(
                    f"The instances of {entry.name} cannot be saved: {error.strerror or error}."
                ) from error

    def read(self, entry: Entry, plane: Plane) -> NDArray[np.int32] | None:
        """Return the instances of a plane, int32 (H, W); None if there are none, or they are damaged."""
        with self._lock:
            group = _opened(self._path(entry), "r")
            if group is None or _key(plane) not in _checksums(group):
                return None
            try:
                array = np.ascontiguousarray(label_store.read_plane(group, _NAME, plane), np.int32)
            except Exception:
                # Zarr and its codecs raise what they like on damaged files.
                return None
            fits = array.shape == entry.shape and zlib.crc32(array.data) == _checksums(group)[_key(plane)]
            return array if fits else None

    def remove(self, entry_id: str) -> None:
        """Forget an image's instances."""
        with self._lock:
            shutil.rmtree(self.folder / entry_id, ignore_errors=True)

    def _path(self, entry: Entry) -> Path:
        return self.folder / entry.id / f"{_NAME}.ome.zarr"


def _opened(folder: Path, mode: str) -> Any:
    if not folder.exists():
        return None
    try:
        group = label_store.open_group(folder, mode)
        label_store.array_of(group, _NAME)
    except Exception:
        # As above; and instances can be computed again.
        return None
    return group


def _checksums(group: Any) -> dict[str, int]:
    ours = group.attrs.get(label_store.OURS)
    found = ours.get("crc32") if isinstance(ours, dict) else None
    return dict(found) if isinstance(found, dict) else {}


def _key(plane: Plane) -> str:
    return "/".join(map(str, plane))
