"""Images of any number of axes from files and OME-Zarr folders, lazily where the format allows it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import zarr

from sketchcell.errors import SketchcellError
from sketchcell.images.calibration import Calibration, tiff_calibration, zarr_calibration
from sketchcell.images.reading import (
    IMAGE_STARTS,
    decoded,
    file_start,
    loud_decoder,
    pages_of_one_image,
    read_pillow,
    require_complete,
    without_alpha,
)
from sketchcell.images.vendor import READERS, open_vendor, vendor_scenes

_LARGEST = 2_000_000_000  # bytes of a TIFF that is read at once; a larger one is read where it is looked at
IMAGE_SUFFIXES = (".tif", ".tiff", ".png", ".jpg", ".jpeg")
_AXES = {"C": "c", "S": "s", "Z": "z", "T": "t", "Y": "y", "X": "x"}


@dataclass(frozen=True, eq=False)
class Opened:
    """An image as its file holds it.

    Attributes
    ----------
    data
        An array, or a list of them, each a coarser level of the same image; in memory or read lazily.
    axes
        A name for each axis, colours left out.
    rgb
        Whether the last axis is colour.
    calibration
        Pixel size, time between frames and names of channels, as far as the file says them.
    """

    data: Any
    axes: tuple[str, ...]
    rgb: bool = False
    calibration: Calibration = field(default_factory=Calibration)

    @property
    def pixel_size(self) -> Mapping[str, float]:
        """Micrometres along those of the axes ``z``, ``y`` and ``x`` for which they are known."""
        return self.calibration.pixel_size


def open_image(path: str | os.PathLike[str], scene: int = 0) -> Opened:
    """Open an image of any number of axes.

    Parameters
    ----------
    path
        A TIFF, PNG or JPEG file, recognised by its content, the folder of an OME-Zarr image (0.4 or 0.5), or
        a file of a microscope's maker for which bioio has a reader. Pages of one shape in a TIFF are one
        image.
    scene
        Which one of several images in the file; see `scene_names`.

    Raises
    ------
    SketchcellError
        If it is missing, damaged or in another format.
    """
    path = Path(path)
    if path.is_dir():
        return _open_zarr(path)
    if _is_vendors(path):
        data, names, calibration = open_vendor(path, scene)
        rgb = names[-1] == "s"
        return Opened(data, names[:-1] if rgb else names, rgb, calibration)
    known = [Calibration()]
    array, axes = decoded(
        path, partial(_open_tiff, scene=scene, known=known), partial(read_pillow, keep_palette=False)
    )
    rgb = axes.endswith("S") and array.shape[-1] in (3, 4)
    letters = axes[:-1] if rgb else axes
    return Opened(array, tuple(_AXES.get(letter, letter.lower()) for letter in letters), rgb, known[-1])


def scene_names(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Return a name for each image in a file: one for most; several for OME-TIFF and makers' formats.

    Raises
    ------
    SketchcellError
        As in `open_image`.
    """
    path = Path(path)
    if path.is_dir():
        return ("",)
    if _is_vendors(path):
        return vendor_scenes(path)
    found: tuple[str, ...] = ("",)
    if looks_like_image(path, by_name=False):
        with suppress(Exception), tifffile.TiffFile(path) as tiff:
            # what is wrong with it is said when it is opened
            if tiff.is_ome and len(tiff.series) > 1:
                found = tuple(str(series.name) for series in tiff.series)
    return found


def looks_like_image(path: Path, *, by_name: bool = True) -> bool:
    """Tell whether a file is an image that `open_image` may read, by its content or else its name.

    Parameters
    ----------
    by_name
        Whether a name such as ``a.tif`` or ``a.czi`` is enough.
    """
    if by_name and path.suffix.lower() in (*IMAGE_SUFFIXES, *READERS):
        return True
    try:
        return file_start(path).startswith(IMAGE_STARTS)
    except SketchcellError:
        return False


def _is_vendors(path: Path) -> bool:
    return not looks_like_image(path, by_name=False) and path.suffix.lower() in READERS and path.is_file()


def _open_tiff(path: Path, scene: int, known: list[Calibration]) -> tuple[Any, str]:
    with loud_decoder(), tifffile.TiffFile(path) as tiff:
        if not tiff.series:
            raise ValueError("it contains no image")
        pages = pages_of_one_image(tiff)
        number = scene if tiff.is_ome else 0
        series = tiff.series[number]
        for one in pages or [series]:
            require_complete(one, path.stat().st_size)
        known.append(tiff_calibration(tiff, number))
        axes = str(series.axes)
        if pages:
            return np.stack([one.asarray() for one in pages]), f"I{axes}"
        if series.nbytes <= _LARGEST:
            extra = [int(sample) for sample in series.keyframe.extrasamples]
            return without_alpha(series.asarray(), axes, extra)
    return zarr.open_array(tifffile.imread(path, aszarr=True, series=number, level=0), mode="r"), axes


def _open_zarr(path: Path) -> Opened:
    try:
        group = zarr.open_group(path, mode="r")
        attributes: Any = dict(group.attrs)
        described = attributes.get("ome", attributes)
        image = described["multiscales"][0]
        levels: list[Any] = [group[level["path"]] for level in image["datasets"]]
        axes = tuple(axis["name"] if isinstance(axis, dict) else str(axis) for axis in image["axes"])
        calibration = zarr_calibration(described, image["axes"])
    except Exception as error:  # zarr's stores raise whatever a damaged folder makes them stumble over
        raise SketchcellError(f"{path} is no OME-Zarr image that can be read; give an image file.") from error
    return Opened(levels if len(levels) > 1 else levels[0], axes, calibration=calibration)
