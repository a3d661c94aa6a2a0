"""Cells as a TIFF of labels."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np

from sketchcell.export.labels.planes import LabelPlanes
from sketchcell.images import write_label_stack
from sketchcell.inference import Progress


def writing_tiff(cells: LabelPlanes, path: Path) -> Generator[Progress, None, int]:
    """Write all planes into one lossless TIFF as `write_label_stack` does, with the size of pixels.

    Returns
    -------
    How many labels there are, those of all planes together.
    """
    ids: set[int] = set()
    planes = []
    for place in cells.places:
        yield Progress(place.number, len(cells.planes), "writing TIFF")
        planes.append(cells.plane(place.number))
        ids.update(np.unique(planes[-1]).tolist())
    write_label_stack(path, planes, cells.leading, cells.roles, cells.pixel_size)
    return len(ids - {0})
