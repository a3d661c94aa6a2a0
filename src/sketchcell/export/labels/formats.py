"""The formats that cells can be written in."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from sketchcell.errors import SketchcellError
from sketchcell.export.labels.coco import is_our_coco, writing_coco
from sketchcell.export.labels.geojson import is_our_geojson, writing_geojson
from sketchcell.export.labels.imagej import is_our_zip, writing_imagej
from sketchcell.export.labels.ome_zarr import is_our_zarr, writing_ome_zarr
from sketchcell.export.labels.planes import LabelPlanes
from sketchcell.export.labels.tiff import writing_tiff
from sketchcell.images import is_ours
from sketchcell.inference import Progress


@dataclass(frozen=True)
class Options:
    """What only some formats ask.

    Attributes
    ----------
    object_type
        GeoJSON: what QuPath makes of a cell; ``detection``, ``cell`` or ``annotation``.
    polygons
        COCO: whether cells without holes are polygons; else all are run lengths.
    version
        OME-Zarr: ``0.5`` or ``0.4``; None for that of the image around, else 0.5.
    """

    object_type: str = "detection"
    polygons: bool = False
    version: str | None = None


@dataclass(frozen=True)
class LabelFormat:
    """A format.

    Attributes
    ----------
    name
        On the command line.
    title
        For people.
    what
        One sentence about it.
    suffix
        How names end.
    is_ours
        Tells whether an existing file or folder is one that this package wrote.
    folder
        Whether it is a folder.
    """

    name: str
    title: str
    what: str
    suffix: str
    is_ours: Callable[[Path], bool]
    folder: bool = False


_ALL = (
    LabelFormat("tiff", "Label TIFF", "One number a cell, all planes in one file", ".tif", is_ours),
    LabelFormat("ome-zarr", "OME-Zarr", "A folder with levels of resolution", ".ome.zarr", is_our_zarr, True),
    LabelFormat("geojson", "GeoJSON", "Outlines for QuPath, with measurements", ".geojson", is_our_geojson),
    LabelFormat("imagej", "ImageJ regions", "For the ROI Manager of ImageJ and Fiji", ".zip", is_our_zip),
    LabelFormat("coco", "COCO JSON", "Masks for labelling and training tools", ".json", is_our_coco),
)
LABEL_FORMATS: dict[str, LabelFormat] = {form.name: form for form in _ALL}


def exporting_labels(
    cells: LabelPlanes,
    path: Path,
    format: str,
    options: Options | None = None,
    *,
    overwrite: bool = False,
) -> Generator[Progress, None, int]:
    """Write the cells of one image.

    Parameters
    ----------
    cells
        What to write.
    path
        The file or folder. It is there when it is complete, and not before; a generator that is closed leaves
        nothing behind.
    format
        One of `LABEL_FORMATS`.
    options
        What only some formats ask.
    overwrite
        Whether to replace what another program wrote at `path`; what this package wrote is replaced anyway.

    Yields
    ------
    Progress
        In planes.

    Returns
    -------
    int
        How many cells were written; GeoJSON, ImageJ and COCO count a cell in each plane.

    Raises
    ------
    SketchcellError
        For another format, a place that is taken or cannot be written, and what the formats cannot hold.
    """
    options = options or Options()
    require_free(path, label_format(format), overwrite=overwrite)
    if format == "geojson":
        return (yield from writing_geojson(cells, path, options.object_type))
    if format == "imagej":
        return (yield from writing_imagej(cells, path))
    if format == "coco":
        return (yield from writing_coco([cells], path, options.polygons))
    if format == "ome-zarr":
        return (yield from writing_ome_zarr(cells, path, options.version))
    return (yield from writing_tiff(cells, path))


def label_format(name: str) -> LabelFormat:
    """Return a format by its name.

    Raises
    ------
    SketchcellError
        If there is none of this name.
    """
    if name not in LABEL_FORMATS:
        raise SketchcellError(f"Cells cannot be written as '{name}'; choose from {', '.join(LABEL_FORMATS)}.")
    return LABEL_FORMATS[name]


def require_free(path: Path, format: LabelFormat, *, overwrite: bool = False) -> None:
    """Make sure that nothing is lost at `path`.

    Raises
    ------
    SketchcellError
        If a file is where a folder must be or the other way round, or something is there that this package
        did not write and that may not be replaced.
    """
    if not path.exists():
        return
    if path.is_dir() != format.folder:
        kind = "folder" if format.folder else "file"
        raise SketchcellError(f"{path} exists and is no {kind}; choose another name.")
    empty = not any(path.iterdir()) if path.is_dir() else not path.stat().st_size
    if not (overwrite or empty or format.is_ours(path)):
        raise SketchcellError(
            f"{path} exists and was not written by sketchcell; move it away or choose another name."
        )
