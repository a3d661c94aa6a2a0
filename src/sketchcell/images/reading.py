"""Images, label images and masks from TIFF, PNG and JPEG files."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from sketchcell.errors import SketchcellError

_TIFF_STARTS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_PILLOW_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
#: Of the files that are read here, whatever their names.
IMAGE_STARTS = (*_TIFF_STARTS, *_PILLOW_STARTS)
# An array and a letter for each of its axes, as tifffile names them.
_Named = tuple[NDArray[Any], str]
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
    return _checked_labels(_single_plane(Path(path), "label image"), Path(path))


def read_label_stack(path: str | os.PathLike[str]) -> tuple[NDArray[np.int32], str]:
    """Read a label image, or a stack of them from a TIFF with several pages.

    Parameters
    ----------
    path
        As for `read_labels`, and TIFF with one or two more axes, stored in any way: as one series, as pages
        of one shape, as separately stored samples.

    Returns
    -------
    labels
        int32, not negative.
    axes
        Its axes: ``YX``, ``ZYX``, ``TYX`` or ``TZYX``. A single leading axis counts as depth unless the file
        calls it time.

    Raises
    ------
    SketchcellError
        As for `read_labels`; for four axes also if the file does not name time and depth.
    """
    labels, axes = decoded(Path(path), _read_tiff_stack, partial(read_pillow, keep_palette=True))
    if labels.ndim != len(axes) or axes not in ("YX", "ZYX", "TYX", "TZYX"):
        raise SketchcellError(
            f"{path} is no label image and no stack of them: it has the shape {labels.shape}; save it with a "
            "single channel and the axes YX, ZYX, TYX or TZYX."
        )
    return _checked_labels(labels, Path(path)), axes


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


def _checked_labels(labels: NDArray[Any], path: Path) -> NDArray[np.int32]:
    if labels.dtype.kind == "f" and not (np.isfinite(labels).all() and (labels == np.floor(labels)).all()):
        raise SketchcellError(f"{path} is no label image: it holds values that are not whole numbers.")
    if (
        labels.dtype.kind != "b"
        and labels.size
        and (labels.min() < 0 or int(labels.max()) > np.iinfo(np.int32).max)
    ):
        raise SketchcellError(
            f"{path} is no label image: labels must lie between 0 and {np.iinfo(np.int32).max}."
        )
    return labels.astype(np.int32)


def _single_plane(path: Path, what: str) -> NDArray[Any]:
    array = _read(path, keep_palette=True)
    if array.ndim != 2:
        raise SketchcellError(
            f"{path} is no {what}: it has the shape {array.shape}; save it as one plane with a single "
            "channel."
        )
    return array


def _read(path: Path, *, keep_palette: bool) -> NDArray[Any]:
    return decoded(path, _read_tiff, partial(read_pillow, keep_palette=keep_palette))[0]


def decoded(
    path: Path, tiff: Callable[[Path], _Named], pillow: Callable[[Path], _Named]
) -> tuple[NDArray[Any], str]:
    """Read a file with the reader for its format; every failure becomes a sentence about the file."""
    start = file_start(path)
    try:
        if start.startswith(_TIFF_STARTS):
            array, axes = tiff(path)
        elif start.startswith(_PILLOW_STARTS):
            array, axes = pillow(path)
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
    return array.astype(array.dtype.newbyteorder("="), copy=False), axes


def file_start(path: Path) -> bytes:
    """Return the first bytes of a file, which tell its format; what cannot be read is a sentence."""
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


def _read_tiff(path: Path) -> _Named:
    with loud_decoder(), tifffile.TiffFile(path) as tiff:
        if not tiff.series:
            raise ValueError("it contains no image")
        series = tiff.series[0]
        axes = str(series.axes)
        require_complete(series, path.stat().st_size)
        array: NDArray[Any] = np.asarray(series.asarray())
        extra = [int(sample) for sample in series.keyframe.extrasamples]
    return without_alpha(*_plane(array, axes, path), extra)


def _read_tiff_stack(path: Path) -> _Named:
    """Read all planes, time before depth; an axis behind the plane's own means colour and is left there."""
    with loud_decoder(), tifffile.TiffFile(path) as tiff:
        if not tiff.series:
            raise ValueError("it contains no image")
        first, pages = tiff.series[0], pages_of_one_image(tiff)
        for series in pages or [first]:
            require_complete(series, path.stat().st_size)
        array = np.stack([one.asarray() for one in pages]) if pages else np.asarray(first.asarray())
        axes = "ZYX" if pages else str(first.axes)
    array, axes = _without_single(array, axes)
    if array.ndim == 3 and axes.endswith("YX") and axes[0] != "T":
        axes = "ZYX"
    if axes == "ZTYX":
        array, axes = np.swapaxes(array, 0, 1), "TZYX"
    return array, axes


def pages_of_one_image(tiff: tifffile.TiffFile) -> list[tifffile.TiffPageSeries]:
    """Return the series that are pages of one image, written one by one; none where they are not."""
    first = tiff.series[0]
    alike = all(
        one.shape == first.shape and one.dtype == first.dtype and one.axes == "YX" for one in tiff.series
    )
    return list(tiff.series) if alike and len(tiff.series) > 1 and not tiff.is_ome else []


def require_complete(series: tifffile.TiffPageSeries, file_size: int) -> None:
    """Refuse data beyond the end of the file: some decoders fill what is missing with grey."""
    for page in series.pages:
        if page is not None and any(
            start + count > file_size
            for start, count in zip(page.dataoffsets, page.databytecounts, strict=False)
        ):
            raise ValueError("the file is shorter than it says")


@contextmanager
def loud_decoder() -> Iterator[None]:
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
    array, axes = _without_single(array, axes)
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


def _without_single(array: NDArray[Any], axes: str) -> _Named:
    """Drop axes of length one, other than the plane's own."""
    keep = [index for index, axis in enumerate(axes) if axis in "YX" or array.shape[index] > 1]
    return array.reshape([array.shape[index] for index in keep]), "".join(axes[index] for index in keep)


def without_alpha(array: NDArray[Any], axes: str, extra: list[int]) -> _Named:
    """Drop the last sample of each pixel if the file says that it is alpha."""
    associated, unassociated = 1, 2
    if axes.endswith("S") and extra and extra[-1] in (associated, unassociated):
        array = array[..., :-1]
        return (array[..., 0], axes[:-1]) if array.shape[-1] == 1 else (array, axes)
    return array, axes


def read_pillow(path: Path, *, keep_palette: bool) -> _Named:
    """Read a PNG or JPEG file; colours are red, green and blue."""
    with warnings.catch_warnings():
        # Microscopes make images that Pillow takes for attacks; what is truly huge is still an error.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            image.load()
            if image.mode == "LA":
                return np.array(image.getchannel("L")), "YX"
            if image.mode in ("1", "L", "I", "F") or image.mode.startswith("I;"):
                return np.array(image), "YX"
            if image.mode == "P" and keep_palette:
                return np.array(image), "YX"
            return np.array(image.convert("RGB")), "YXS"
