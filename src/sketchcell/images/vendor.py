"""Files of microscopes' makers, through bioio and the readers for it that are installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sketchcell.errors import SketchcellError
from sketchcell.images.calibration import Calibration

#: Endings of formats, and the package whose reader knows them.
READERS = {
    ".czi": "bioio-czi",
    ".nd2": "bioio-nd2",
    ".lif": "bioio-lif",
    ".dv": "bioio-dv",
    ".r3d": "bioio-dv",
    ".sldy": "bioio-sldy",
    ".ims": "bioio-imageio bioio-bioformats",
    ".oib": "bioio-bioformats",
    ".oif": "bioio-bioformats",
    ".vsi": "bioio-bioformats",
    ".ndpi": "bioio-tifffile",
}


def open_vendor(path: Path, scene: int = 0) -> tuple[Any, tuple[str, ...], Calibration]:
    """Open a scene of a file that bioio can read, lazily.

    Returns
    -------
    The image with the axes TCZYX or TCZYXS, those of length 1 left out; a name for each axis, colours as
    ``s``; what the file says of its pixels.

    Raises
    ------
    SketchcellError
        If bioio or its reader for the format is not installed, or the file is damaged.
    """
    image = _bioio(path)
    try:
        image.set_scene(image.scenes[scene])
        data, axes = image.dask_data, str(image.dims.order)
        sizes, interval = image.physical_pixel_sizes, image.time_interval
        names = tuple(str(name) for name in image.channel_names or ())
    except Exception as error:  # readers raise whatever a damaged file makes them stumble over
        raise SketchcellError(f"{path} cannot be read: {_short(error)}.") from error
    keep = [number for number, axis in enumerate(axes) if axis in "YX" or data.shape[number] > 1]
    data = data[tuple(slice(None) if number in keep else 0 for number in range(len(axes)))]
    known = {axis.lower(): getattr(sizes, axis, None) for axis in "ZYX"}
    seconds = interval.total_seconds() if hasattr(interval, "total_seconds") else interval
    calibration = Calibration(
        {axis: float(size) for axis, size in known.items() if size and size > 0},
        float(seconds) if seconds else None,
        names,
    )
    return data, tuple(axes[number].lower() for number in keep), calibration


def vendor_scenes(path: Path) -> tuple[str, ...]:
    """Return the names of the scenes in a file.

    Raises
    ------
    SketchcellError
        As `open_vendor`.
    """
    return tuple(str(name) for name in _bioio(path).scenes)


def _bioio(path: Path) -> Any:
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise SketchcellError(
            f"{path} is no TIFF, PNG, JPEG or OME-Zarr image and of no maker's format that is known; convert "
            "it to one of these."
        )
    needed = f'pip install "napari-sketchcell[formats]" {reader}'
    try:
        from bioio import BioImage
        from bioio_base.exceptions import UnsupportedFileFormatError
    except ImportError as error:
        raise SketchcellError(f"{path} needs a reader for its format: {needed}") from error
    try:
        return BioImage(path)
    except UnsupportedFileFormatError as error:
        raise SketchcellError(f"{path} needs a reader for its format: {needed}") from error
    except Exception as error:
        raise SketchcellError(f"{path} cannot be read: {_short(error)}.") from error


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
