"""Telling our own files from those that a person would miss."""

from __future__ import annotations

import os
from pathlib import Path

import tifffile
from PIL import Image

#: Written into the software field of every TIFF and PNG file of this package.
SOFTWARE = "sketchcell"


def is_ours(path: str | os.PathLike[str]) -> bool:
    """Tell whether a TIFF or PNG file was written by this package, and not edited by another program since.

    Returns
    -------
    False for every other file, also for one that cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            start = file.read(8)
            file.seek(0)
            if start.startswith(b"\x89PNG"):
                with Image.open(file, formats=("PNG",)) as picture:
                    return bool(picture.info.get("Software") == SOFTWARE)
            with tifffile.TiffFile(file) as tiff:
                return bool(tiff.pages.first.software == SOFTWARE)
    except Exception:
        # Whatever a foreign or damaged file makes the decoders stumble over, it is not ours.
        return False
