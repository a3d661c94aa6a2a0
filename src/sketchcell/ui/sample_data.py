"""Sample images for napari's *File → Open Sample*."""

from __future__ import annotations

from typing import Any

import numpy as np

from sketchcell.samples import load_sample

LayerData = tuple[Any, dict[str, Any], str]


def nuclei() -> list[LayerData]:
    """Return fluorescent nuclei with a few strokes on them; the dock takes the strokes up."""
    sample = load_sample("nuclei")
    return [
        (sample.image, {"name": "nuclei"}, "image"),
        (sample.sketch.labels.astype(np.uint16), {"name": "sketch"}, "labels"),
        (sample.sketch.boundaries.astype(np.uint8), {"name": "boundaries"}, "labels"),
    ]
