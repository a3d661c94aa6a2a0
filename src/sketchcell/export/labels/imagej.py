"""Cells as ImageJ regions of interest."""

from __future__ import annotations

import zipfile
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.export.labels.outlines import Polygon, outlines
from sketchcell.export.labels.parts import beside
from sketchcell.export.labels.planes import LabelPlanes, Place
from sketchcell.export.libraries import require
from sketchcell.images.origin import SOFTWARE
from sketchcell.inference import Progress

if TYPE_CHECKING:
    from roifile import ImagejRoi

_LARGEST = 60_535  # ImageJ takes what is more for negative
_LONGEST = 65_535  # corners of a traced region
_EVERY = 1000  # regions between two steps
_DATE = (1980, 1, 1, 0, 0, 0)  # the same cells give the same file
_MOVE, _LINE, _CLOSE = 0.0, 1.0, 4.0


def writing_imagej(cells: LabelPlanes, path: Path) -> Generator[Progress, None, int]:
    """Write a zip of regions for ImageJ's ROI Manager, one a cell and plane.

    A cell in one piece without holes is a traced region, any other one a composite; ImageJ's mask of either
    is exactly the cell. Names are the labels, with the plane counted from 1 before them in stacks: ``z3-12``,
    ``t1-z3-12``. Stacks of one axis give the position of the slice, those of two the hyperstack's.

    Returns
    -------
    How many regions were written.

    Raises
    ------
    SketchcellError
        If roifile is not installed, a plane has a side of more than 60,535 pixels, and as in
        `sketchcell.images.write_atomically`.
    """
    require("roifile", "a zip of ImageJ regions")
    count = 0
    with beside(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.comment = SOFTWARE.encode()
        for place in cells.places:
            yield Progress(place.number, len(cells.planes), "tracing outlines")
            labels = cells.plane(place.number)
            if max(labels.shape) > _LARGEST:
                raise SketchcellError(
                    f"ImageJ's regions end at {_LARGEST:,} pixels; this plane is too large, export GeoJSON."
                )
            for label, polygons in outlines(labels).cells():
                name = _name(label, place, cells.roles)
                roi = _region(polygons)
                _put(roi, place, cells.roles)
                roi.name = name
                archive.writestr(zipfile.ZipInfo(f"{name}.roi", _DATE), roi.tobytes(), zipfile.ZIP_DEFLATED)
                count += 1
                if count % _EVERY == 0:
                    yield Progress(place.number, len(cells.planes), "writing regions")
    return count


def _name(label: int, place: Place, roles: tuple[str, ...]) -> str:
    where = [f"{role}{getattr(place, role) + 1}" for role in ("t", "z") if role in roles]
    return "-".join([*where, str(label)])


def _put(roi: ImagejRoi, place: Place, roles: tuple[str, ...]) -> None:
    if len(roles) == 1:
        roi.position = place.number + 1
    elif roles:
        roi.z_position, roi.t_position = place.z + 1, place.t + 1


def _region(polygons: list[Polygon]) -> ImagejRoi:
    from roifile import ROI_TYPE, ImagejRoi

    roi = ImagejRoi()
    rings = [ring for polygon in polygons for ring in polygon]
    corners = np.concatenate([polygon[0] for polygon in polygons])
    roi.left, roi.top = (int(side) for side in corners.min(axis=0))
    roi.right, roi.bottom = (int(side) for side in corners.max(axis=0))
    if len(rings) == 1 and len(corners) <= _LONGEST:
        roi.roitype = ROI_TYPE.TRACED
        roi.integer_coordinates = corners - [roi.left, roi.top]
        roi.n_coordinates = len(corners)
        return roi
    roi.roitype = ROI_TYPE.RECT
    roi.multi_coordinates = np.concatenate([_path(ring) for ring in rings])
    roi.shape_roi_size = roi.multi_coordinates.size
    return roi


def _path(ring: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return a closed line as ImageJ's composites hold it."""
    steps = np.full((len(ring), 3), _LINE, np.float32)
    steps[0, 0] = _MOVE
    steps[:, 1:] = ring
    return np.append(steps.ravel(), np.float32(_CLOSE))


def is_our_zip(path: Path) -> bool:
    """Tell whether a file is a zip of regions that this package wrote."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.comment == SOFTWARE.encode()
    except (OSError, zipfile.BadZipFile):
        return False
