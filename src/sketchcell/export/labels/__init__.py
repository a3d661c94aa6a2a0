"""Cells in the formats of other programs: OME-Zarr, QuPath, ImageJ, COCO."""

from sketchcell.export.labels.coco import writing_coco
from sketchcell.export.labels.formats import (
    LABEL_FORMATS,
    LabelFormat,
    Options,
    exporting_labels,
    label_format,
    require_free,
)
from sketchcell.export.labels.geojson import OBJECT_TYPES
from sketchcell.export.labels.opening import open_labels
from sketchcell.export.labels.outlines import Outlines, outlines
from sketchcell.export.labels.planes import LabelPlanes

__all__ = [
    "LABEL_FORMATS",
    "OBJECT_TYPES",
    "LabelFormat",
    "LabelPlanes",
    "Options",
    "Outlines",
    "exporting_labels",
    "label_format",
    "open_labels",
    "outlines",
    "require_free",
    "writing_coco",
]
