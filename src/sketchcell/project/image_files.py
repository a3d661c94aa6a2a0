"""Images that came from memory and could not be found again: kept in the project as TIFF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tifffile
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.images import write_atomically
from sketchcell.images.origin import SOFTWARE

_FOLDER = "images"


def kept_image(folder: Path, entry_id: str) -> Path:
    """Return the file of an image that is kept in the project at `folder`."""
    return folder / _FOLDER / f"{entry_id}.tif"


def keep_image(path: Path, array: NDArray[Any]) -> None:
    """Write an image as it is, lossless; `tifffile.imread` gives the same type and shape.

    Raises
    ------
    SketchcellError
        If it does not hold plain numbers, or cannot be written.
    """
    if array.dtype.kind not in "uif" or array.size == 0 or array.ndim < 2:
        raise SketchcellError(
            f"An image of type {array.dtype} and shape {array.shape} cannot be kept in a project; "
            "turn it into planes of plain numbers first."
        )
    colour = array.ndim > 2 and array.shape[-1] in (3, 4) and array.dtype.kind == "u"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SketchcellError(f"'{path}' cannot be written: {error.strerror or error}.") from error
    write_atomically(
        path,
        lambda file: tifffile.imwrite(
            file,
            array,
            compression="zlib",
            photometric="rgb" if colour else "minisblack",
            bigtiff=array.nbytes > 2**31,
            software=SOFTWARE,
        ),
    )
