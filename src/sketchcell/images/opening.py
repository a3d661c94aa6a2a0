"""Images of any number of axes from files and OME-Zarr folders, lazily where the format allows it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import tifffile
import zarr

from sketchcell.errors import SketchcellError
from sketchcell.images.calibration import Calibration, tiff_calibration, zarr_calibration
from sketchcell.images.reading import decoded, loud_decoder, read_pillow, require_complete, without_alpha

_LARGEST = 2_000_000_000  # bytes of a TIFF that is read at once; a larger one is read where it is looked at
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


def open_image(path: str | os.PathLike[str]) -> Opened:
    """Open an image of any number of axes.

    Parameters
    ----------
    path
        A TIFF, PNG or JPEG file, recognised by its content, or the folder of an OME-Zarr image (0.4 or 0.5).

    Raises
    ------
    SketchcellError
        If it is missing, damaged or in another format.
    """
    path = Path(path)
    if path.is_dir():
        return _open_zarr(path)
    known = [Calibration()]
    array, axes = decoded(path, partial(_open_tiff, known=known), partial(read_pillow, keep_palette=False))
    rgb = axes.endswith("S") and array.shape[-1] in (3, 4)
    names = axes[:-1] if rgb else axes
    return Opened(array, tuple(_AXES.get(letter, letter.lower()) for letter in names), rgb, known[-1])


def _open_tiff(path: Path, known: list[Calibration]) -> tuple[Any, str]:
    with loud_decoder(), tifffile.TiffFile(path) as tiff:
        if not tiff.series:
            raise ValueError("it contains no image")
        series = tiff.series[0]
        require_complete(series, path.stat().st_size)
        known.append(tiff_calibration(tiff))
        axes = str(series.axes)
        if series.nbytes <= _LARGEST:
            extra = [int(sample) for sample in series.keyframe.extrasamples]
            return without_alpha(series.asarray(), axes, extra)
    return zarr.open_array(tifffile.imread(path, aszarr=True, series=0, level=0), mode="r"), axes


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
