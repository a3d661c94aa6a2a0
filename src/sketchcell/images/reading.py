"""Images, label images and masks from TIFF, PNG and JPEG files."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from sketchcell.errors import SketchcellError

_TIFF_STARTS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_PILLOW_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_STACK_AXES = {"Z": "planes in depth", "T": "time points"}


def read_image(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read one image plane.

    Parameters
    ----------
    path
        A TIFF (8, 16, 32-bit integers, floating point, boolean; either byte order; the first series and its
        full resolution), PNG or JPEG file, recognised by its content, not by its name.

    Returns
    -------
    Array of the stored type and values. ``(H, W)``, or ``(H, W, C)`` where the file names a channel or RGB
    axis; alpha channels are dropped. A TIFF with a third axis without a name keeps its order: see
    `as_channels`.

    Raises
    ------
    SketchcellError
        If the file is missing, a folder, empty, damaged or in another format, or is a stack of planes.
    """
    return _read(Path(path), keep_palette=False)


def read_labels(path: str | os.PathLike[str]) -> NDArray[np.int32]:
    """Read a label image or a sketch: one integer a pixel.

    Parameters
    ----------
    path
        As for `read_image`. A PNG with a palette gives its indices. Floating point files are accepted when
        every value is a whole number.

    Returns
    -------
    int32 ``(H, W)``, not negative.

    Raises
    ------
    SketchcellError
        As for `read_image`; also for colour images and for fractions, negative or too large numbers.
    """
    labels = _single_plane(Path(path), "label image")
    if labels.dtype.kind == "f" and not (np.isfinite(labels).all() and (labels == np.floor(labels)).all()):
        raise SketchcellError(f"{path} is no label image: it holds values that are not whole numbers.")
    if (
        labels.dtype.kind != "b"
        and labels.size
        and (labels.min() < 0 or labels.max() > np.iinfo(np.int32).max)
    ):
        raise SketchcellError(
            f"{path} is no label image: labels must lie between 0 and {np.iinfo(np.int32).max}."
        )
    return labels.astype(np.int32)


def read_mask(path: str | os.PathLike[str]) -> NDArray[np.bool_]:
    """Read a mask: bool ``(H, W)``, true wherever the file's single channel is not zero.

    Raises
    ------
    SketchcellError
        As for `read_image`; also for colour images and NaN.
    """
    mask = _single_plane(Path(path), "mask")
    if mask.dtype.kind == "f" and np.isnan(mask).any():
        raise SketchcellError(f"{path} is no mask: it contains NaN (not a number).")
    return np.asarray(mask != 0, dtype=np.bool_)


def _single_plane(path: Path, what: str) -> NDArray[Any]:
    array = _read(path, keep_palette=True)
    if array.ndim != 2:
        raise SketchcellError(
            f"{path} is no {what}: it has the shape {array.shape}; save it as one plane with a single "
            "channel."
        )
    return array


def _read(path: Path, *, keep_palette: bool) -> NDArray[Any]:
    start = _file_start(path)
    try:
        if start.startswith(_TIFF_STARTS):
            array = _read_tiff(path)
        elif start.startswith(_PILLOW_STARTS):
            array = _read_pillow(path, keep_palette=keep_palette)
        else:
            raise SketchcellError(f"{path} is no TIFF, PNG or JPEG image; convert it to one of these.")
    except (SketchcellError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise SketchcellError(f"{path} is too large for a PNG or JPEG; save it as TIFF.") from error
    except Exception as error:
        # The decoders raise whatever a damaged file makes them stumble over.
        reason = str(error).strip().splitlines()
        detail = f" ({reason[0].rstrip('.')})" if reason else ""
        raise SketchcellError(f"{path} cannot be read: it is damaged or incomplete{detail}.") from error
    if array.dtype.kind not in "buif":
        raise SketchcellError(
            f"{path} holds values of type {array.dtype}; use integers or floating point numbers."
        )
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _file_start(path: Path) -> bytes:
    if path.is_dir():
        raise SketchcellError(f"{path} is a folder; give an image file.")
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except FileNotFoundError as error:
        raise SketchcellError(f"{path} does not exist.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SketchcellError(f"{path} cannot be read: {reason}.") from error
    if not start:
        raise SketchcellError(f"{path} is an empty file.")
    return start


def _read_tiff(path: Path) -> NDArray[Any]:
    with _loud_decoder(), tifffile.TiffFile(path) as tiff:
        if not tiff.series:
            raise ValueError("it contains no image")
        series = tiff.series[0]
        axes = str(series.axes)
        _require_complete(series, path.stat().st_size)
        array: NDArray[Any] = np.asarray(series.asarray())
        extra = [int(sample) for sample in series.keyframe.extrasamples]
    return _without_alpha(*_plane(array, axes, path), extra)


def _require_complete(series: tifffile.TiffPageSeries, file_size: int) -> None:
    """Refuse data beyond the end of the file: some decoders fill what is missing with grey."""
    for page in series.pages:
        if page is not None and any(
            start + count > file_size
            for start, count in zip(page.dataoffsets, page.databytecounts, strict=False)
        ):
            raise ValueError("the file is shorter than it says")


@contextmanager
def _loud_decoder() -> Iterator[None]:
    """Turn the errors that tifffile only logs (missing segments, unreadable tags) into exceptions."""
    logger = logging.getLogger("tifffile")
    problems: list[str] = []

    def collect(record: logging.LogRecord) -> bool:
        if record.levelno >= logging.ERROR:
            problems.append(record.getMessage())
        return False

    logger.addFilter(collect)
    try:
        yield
    finally:
        logger.removeFilter(collect)
    if problems:
        raise ValueError(problems[0])


def _plane(array: NDArray[Any], axes: str, path: Path) -> tuple[NDArray[Any], str]:
    """Drop axes of length one, refuse stacks, put named channels last."""
    keep = [index for index, axis in enumerate(axes) if axis in "YX" or array.shape[index] > 1]
    array = array.reshape([array.shape[index] for index in keep])
    axes = "".join(axes[index] for index in keep)
    for axis, length in zip(axes, array.shape, strict=True):
        if axis in _STACK_AXES:
            raise SketchcellError(
                f"{path} is a stack of {length} {_STACK_AXES[axis]}; save the planes as single images."
            )
    if array.ndim not in (2, 3):
        raise SketchcellError(
            f"{path} has {array.ndim} axes {array.shape}; save single planes, with channels if any."
        )
    channel_axis = next((index for index, axis in enumerate(axes) if axis in "CS"), None)
    if channel_axis is not None:
        array = np.moveaxis(array, channel_axis, -1)
        axes = axes.replace(axes[channel_axis], "") + axes[channel_axis]
    return array, axes


def _without_alpha(array: NDArray[Any], axes: str, extra: list[int]) -> NDArray[Any]:
    associated, unassociated = 1, 2
    if axes.endswith("S") and extra and extra[-1] in (associated, unassociated):
        array = array[..., :-1]
        return array[..., 0] if array.shape[-1] == 1 else array
    return array


def _read_pillow(path: Path, *, keep_palette: bool) -> NDArray[Any]:
    with warnings.catch_warnings():
        # Microscopes make images that Pillow takes for attacks; what is truly huge is still an error.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            image.load()
            if image.mode == "P" and keep_palette:
                return np.array(image)
            if image.mode == "LA":
                return np.array(image.getchannel("L"))
            if image.mode in ("1", "L", "I", "F", "RGB") or image.mode.startswith("I;"):
                return np.array(image)
            return np.array(image.convert("RGB"))
