"""Exports that are there already: ours are replaced, others are left alone."""

from __future__ import annotations

import zipfile
from pathlib import Path

from sketchcell.errors import SketchcellError
from sketchcell.export.content import KEY
from sketchcell.export.formats import Format

_PACKAGE = ("rdf.yaml", "config.json", "weights.safetensors")
_START = 4096  # bytes of an ONNX file, in which its producer's name is


def claim(path: Path, kind: Format, overwrite: bool) -> None:
    """Make sure that a file may be written.

    Raises
    ------
    SketchcellError
        When something is there that is not an export of ours, unless it may be replaced.
    """
    if path.exists() and not path.is_file():
        raise SketchcellError(f"{path} is a folder; give the name of a file to write.")
    if path.suffix.lower() != kind.suffix:
        raise SketchcellError(f"The name of this file must end in {kind.suffix}; '{path.name}' does not.")
    if path.exists() and not overwrite and path.stat().st_size and not is_export(path):
        raise SketchcellError(
            f"{path} exists and was not exported by sketchcell; move it away or choose another name."
        )


def is_export(path: Path) -> bool:
    """Tell whether a file is a model that this program exported."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
            # torch keeps its extra files in such a place; a zip of somebody's models is no package
            return any(name.endswith(f"/extra/{KEY}.json") for name in names) or {*_PACKAGE} <= {*names}
        with path.open("rb") as file:
            return path.suffix == ".onnx" and KEY.encode() in file.read(_START)
    except (OSError, zipfile.BadZipFile):
        return False
