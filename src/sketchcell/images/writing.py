"""Files that are either written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, PngImagePlugin

from sketchcell.errors import SketchcellError
from sketchcell.images.label_tiff import TILE, highest_label, parts_of_labels, tiff_of_labels
from sketchcell.images.origin import SOFTWARE

_TIFF_SUFFIXES = (".tif", ".tiff")


def write_atomically(path: str | os.PathLike[str], write: Callable[[BinaryIO], object]) -> None:
    """Write a file through a temporary neighbour that takes its name only when it is complete.

    Parameters
    ----------
    path
        The file; an older one of this name is replaced, or kept untouched when anything goes wrong.
    write
        Receives the open binary file and writes the contents.

    Raises
    ------
    SketchcellError
        If the folder is missing or not writable, the disk is full, or `path` is something else than a file.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise SketchcellError(f"{path} cannot be written: it exists and is not a file.")
    temporary = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        try:
            with temporary.open("xb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    except FileNotFoundError as error:
        raise SketchcellError(
            f"{path} cannot be written: the folder {target.parent} does not exist."
        ) from error
    except OSError as error:
        raise SketchcellError(f"{path} cannot be written: {error.strerror or error}.") from error


def check_writable(folder: str | os.PathLike[str]) -> None:
    """Make sure that files can be created in `folder`, before work is put into them.

    Raises
    ------
    SketchcellError
        If the folder is missing, is a file, or nothing can be created in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        state = "is not a folder" if folder.exists() else "does not exist"
        raise SketchcellError(f"The folder {folder} {state}.")
    probe = folder / f".{secrets.token_hex(8)}.part"
    try:
        # One byte, because a full disk still accepts the names of empty files.
        with contextlib.ExitStack() as stack:
            stack.callback(probe.unlink, missing_ok=True)
            probe.write_bytes(b"\0")
    except OSError as error:
        raise SketchcellError(f"Nothing can be written into {folder}: {error.strerror or error}.") from error


def write_labels(
    path: str | os.PathLike[str], labels: ArrayLike, pixel_size: Mapping[str, float] | None = None
) -> None:
    """Write a label image: lossless TIFF (zlib) or, by the suffix ``.png``, PNG.

    Parameters
    ----------
    path
        File name ending in ``.tif``, ``.tiff`` or ``.png``. Replaced atomically.
    labels
        ``(H, W)``, whole numbers that are not negative. Stored as uint16 if they fit, else as uint32 (TIFF
        only).
    pixel_size
        Micrometres along the axes ``y`` and ``x``, where they are known; TIFF keeps them.

    Raises
    ------
    SketchcellError
        For another suffix or labels that the format cannot hold, and as in `write_atomically`.
    """
    array = np.asarray(labels)
    if array.ndim != 2 or array.size == 0 or array.dtype.kind not in "bui" or array.min() < 0:
        raise SketchcellError(
            f"{path} cannot be written: labels must be one plane of whole numbers that are not negative, "
            f"not {array.dtype} of shape {array.shape}."
        )
    if int(array.max()) > np.iinfo(np.uint32).max:
        raise SketchcellError(f"{path} cannot be written: labels go up to {np.iinfo(np.uint32).max}.")
    suffix = Path(path).suffix.lower()
    small = array.max() <= np.iinfo(np.uint16).max
    if suffix in _TIFF_SUFFIXES:
        dtype = np.uint16 if small else np.uint32
        write_atomically(
            path,
            lambda file: tiff_of_labels(
                file, [array.astype(dtype)], array.shape, dtype, (), pixel_size=pixel_size
            ),
        )
    elif suffix == ".png":
        if not small:
            raise SketchcellError(f"{path} cannot be written: PNG holds labels up to 65535 only; use TIFF.")
        _write_pillow(path, array.astype(np.uint16))
    else:
        raise SketchcellError(f"{path} cannot be written: end the name of a label image in .tif or .png.")


def write_label_stack(
    path: str | os.PathLike[str],
    planes: Sequence[Any],
    leading: tuple[int, ...] = (),
    axes: Sequence[str] = (),
    pixel_size: Mapping[str, float] | None = None,
    time_interval: float | None = None,
) -> None:
    """Write label planes as one lossless TIFF (zlib), plane by plane.

    Parameters
    ----------
    path
        File name ending in ``.tif`` or ``.tiff``. Replaced atomically.
    planes
        Each ``(H, W)``, whole numbers that are not negative, in the order of the leading axes. Stored as
        uint16 if all fit, else as uint32. Lazy ones (zarr) are read and stored tile by tile.
    leading
        Lengths of the axes that are stepped through; () for a single plane.
    axes
        A name for each of them: ``z``, ``t``, or anything else.
    pixel_size
        Micrometres along those of the axes ``z``, ``y`` and ``x`` for which they are known.
    time_interval
        Seconds from frame to frame.

    Raises
    ------
    SketchcellError
        For another suffix, and as in `write_atomically`.
    """
    if Path(path).suffix.lower() not in _TIFF_SUFFIXES:
        raise SketchcellError(f"{path} cannot be written: end the name of a stack of labels in .tif.")
    largest = max(highest_label(plane) for plane in planes)
    dtype = np.uint16 if largest <= np.iinfo(np.uint16).max else np.uint32
    shape = (*leading, *planes[0].shape)
    tile = None if all(isinstance(plane, np.ndarray) for plane in planes) else TILE
    write_atomically(
        path,
        lambda file: tiff_of_labels(
            file,
            parts_of_labels(planes, dtype, tile),
            shape,
            dtype,
            axes,
            tile=tile,
            pixel_size=pixel_size,
            time_interval=time_interval,
        ),
    )


def write_png(path: str | os.PathLike[str], image: NDArray[np.uint8]) -> None:
    """Write a picture for people: uint8, ``(H, W)`` grey or ``(H, W, 3)`` RGB. Replaced atomically.

    Raises
    ------
    SketchcellError
        For another shape or type, and as in `write_atomically`.
    """
    if image.dtype != np.uint8 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)):
        raise SketchcellError(f"{path} cannot be written: a picture is uint8, grey or RGB.")
    _write_pillow(path, image)


def _write_pillow(path: str | os.PathLike[str], array: NDArray[Any]) -> None:
    about = PngImagePlugin.PngInfo()
    about.add_text("Software", SOFTWARE)
    write_atomically(path, lambda file: Image.fromarray(array).save(file, format="PNG", pnginfo=about))
