"""Large images from a script: one call, and the labels are on the disk."""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import ArrayLike

from sketchcell.errors import SketchcellError
from sketchcell.images import Planes, check_writable
from sketchcell.inference import drain
from sketchcell.large.places import alone_in
from sketchcell.large.segmenting import segmenting_large
from sketchcell.large.workers import Workers
from sketchcell.model import Model

_CHUNK = 1024


def segment_large(
    model: Model,
    image: ArrayLike | Planes,
    path: str | os.PathLike[str],
    *,
    params: Any = None,
    tile: int | None = None,
    halo: int | None = None,
    workers: Workers | None = None,
) -> zarr.Array[Any]:
    """Segment an image that may be larger than memory, with the cells of the whole image.

    Stopped and called again with the same arguments, it goes on where it was.

    Parameters
    ----------
    model
        On its device.
    image
        One plane, read lazily if it can be: NumPy, dask, zarr, or `sketchcell.images.Planes`.
    path
        A zarr array is made there; it must not exist.
    params, tile, halo, workers
        As for `segmenting_large`.

    Returns
    -------
    zarr.Array
        int32 (H, W), ids 1…n, 0 = background.

    Warns
    -----
    UserWarning
        When cells are larger than the halo.

    Raises
    ------
    SketchcellError
        When the image is a stack, the path is taken or cannot be written, another run works
        there, or image and model do not fit.
    """
    planes = image if isinstance(image, Planes) else Planes(image)
    target = Path(path)
    if planes.leading:
        raise SketchcellError(f"The image is a stack of {planes.leading} planes: segment them one by one.")
    if target.exists():
        raise SketchcellError(f"'{target}' is there already; choose another name.")
    check_writable(target.parent)
    folder = target.with_name(f".{target.name}.part")
    with alone_in(folder):
        labels = zarr.create_array(
            str(folder / "labels"),
            shape=planes.shape,
            chunks=tuple(min(_CHUNK, side) for side in planes.shape),
            dtype=np.int32,
            overwrite=True,
        )
        steps = segmenting_large(
            model,
            planes,
            (),
            labels,
            work=folder / "work",
            params=params,
            tile=tile,
            halo=halo,
            workers=workers,
        )
        for sentence in drain(steps).warnings:
            warnings.warn(sentence, UserWarning, stacklevel=2)
        (folder / "labels").rename(target)
    shutil.rmtree(folder)
    return zarr.open_array(str(target), mode="r")
