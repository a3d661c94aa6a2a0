"""Cells as COCO annotations."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from sketchcell.export.labels.outlines import outlines
from sketchcell.export.labels.parts import begins_with, beside
from sketchcell.export.labels.planes import LabelPlanes, Place
from sketchcell.export.labels.runs import runs
from sketchcell.images.origin import SOFTWARE
from sketchcell.inference import Progress

_ENDINGS = (".tif", ".tiff", ".png", ".jpg", ".jpeg")
_EVERY = 2000  # cells between two steps
_INFO = {"contributor": SOFTWARE, "description": "Cells"}
_START = f'{{"info": {json.dumps(_INFO)}, "licenses": [],\n'
_CATEGORY = {"id": 1, "name": "cell", "supercategory": "cell"}


def writing_coco(
    images: Sequence[LabelPlanes], path: Path, polygons: bool = False
) -> Generator[Progress, None, int]:
    """Write one file for one or several images, with one annotation a cell and plane.

    Each plane is an image of its own; its ``file_name`` is the image's name, in stacks with the plane behind
    it (``NAME_t0_z3.tif``, counted from 0). ``label`` says which label an annotation was.

    Parameters
    ----------
    images
        The cells of each.
    path
        The file, replaced atomically.
    polygons
        Whether cells without holes are polygons; all others, and without it all, are run lengths
        (uncompressed). Either is exact: pycocotools makes the same pixels of it.

    Returns
    -------
    How many annotations were written.

    Raises
    ------
    SketchcellError
        As in `sketchcell.images.write_atomically`.
    """
    total = sum(len(cells.planes) for cells in images)
    shown: list[dict[str, Any]] = []
    with beside(path) as file:
        file.write(f'{_START}"annotations": ['.encode())
        count = 0
        for cells in images:
            for place in cells.places:
                yield Progress(len(shown), total, "collecting pixels")
                labels = cells.plane(place.number)
                height, width = labels.shape
                number = len(shown) + 1
                shown.append(
                    {"id": number, "width": width, "height": height, "file_name": _name(cells, place)}
                )
                for annotation in _annotations(labels, polygons):
                    count += 1
                    _write(file, count, {"id": count, "image_id": number} | annotation)
                    if count % _EVERY == 0:
                        yield Progress(number - 1, total, "writing annotations")
        rest = {"images": shown, "categories": [_CATEGORY]}
        file.write(b"\n],\n" + json.dumps(rest)[1:].encode() + b"\n")
    return count


def _annotations(labels: Any, polygons: bool) -> Generator[dict[str, Any], None, None]:
    traced = outlines(labels).cells() if polygons else None
    for one in runs(labels):
        drawn = None if traced is None else next(traced)[1]
        segmentation: Any = {"size": list(labels.shape), "counts": one.counts}
        if drawn is not None and all(len(polygon) == 1 for polygon in drawn):
            segmentation = [polygon[0].ravel().tolist() for polygon in drawn]
        yield {
            "category_id": 1,
            "segmentation": segmentation,
            "bbox": list(one.box),
            "area": one.area,
            "iscrowd": 0,
            "label": one.label,
        }


def _write(file: BinaryIO, count: int, annotation: dict[str, Any]) -> None:
    file.write((",\n" if count > 1 else "\n").encode() + json.dumps(annotation).encode())


def _name(cells: LabelPlanes, place: Place) -> str:
    where = [f"_{role}{getattr(place, role)}" for role in ("t", "z") if role in cells.roles]
    stem, ending = os.path.splitext(cells.name)
    if ending.lower() not in _ENDINGS:
        stem, ending = cells.name, ""
    return stem + "".join(where) + ending


def is_our_coco(path: Path) -> bool:
    """Tell whether a file is COCO JSON that this package wrote."""
    return begins_with(path, _START)
