"""Sample images for napari's *File → Open Sample*."""

from __future__ import annotations

from typing import Any

import numpy as np

from sketchcell.samples import load_sample

LayerData = tuple[Any, dict[str, Any], str]


def nuclei() -> list[LayerData]:
    """Return fluorescent nuclei with a few strokes on them; the dock takes the strokes up."""
    return _layers("nuclei")


def phase_contrast() -> list[LayerData]:
    """Return large cells in phase contrast with a few strokes on them."""
    return _layers("phase-contrast")


def bacteria() -> list[LayerData]:
    """Return densely packed bacteria with a few strokes on them."""
    return _layers("bacteria")


def he() -> list[LayerData]:
    """Return stained tissue in colour with a few strokes on its nuclei."""
    return _layers("he")


def _layers(name: str) -> list[LayerData]:
    sample = load_sample(name)
    return [
        (sample.image, {"name": name, "rgb": sample.image.ndim == 3}, "image"),
        (sample.sketch.labels.astype(np.uint16), {"name": "sketch"}, "labels"),
        (sample.sketch.boundaries.astype(np.uint8), {"name": "boundaries"}, "labels"),
    ]
