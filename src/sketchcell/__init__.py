"""Segment cells from a few painted strokes.

Everything public is here and is loaded on first use: ``import sketchcell`` itself imports neither torch nor
napari.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sketchcell.errors import SketchcellError
    from sketchcell.large import segment_large
    from sketchcell.learning import FitSettings, distill, fit, live, train
    from sketchcell.measure import evaluate, measure, summarize
    from sketchcell.model import Model, load_model
    from sketchcell.samples import Sample, load_sample
    from sketchcell.sketch import Sketch, simulate_sketch

    __version__: str

__all__ = [
    "FitSettings",
    "Model",
    "Sample",
    "Sketch",
    "SketchcellError",
    "distill",
    "evaluate",
    "fit",
    "live",
    "load_model",
    "load_sample",
    "measure",
    "segment_large",
    "simulate_sketch",
    "summarize",
    "train",
]

_HOME = {
    "FitSettings": "learning",
    "Model": "model",
    "Sample": "samples",
    "Sketch": "sketch",
    "SketchcellError": "errors",
    "distill": "learning",
    "evaluate": "measure",
    "fit": "learning",
    "live": "learning",
    "load_model": "model",
    "load_sample": "samples",
    "measure": "measure",
    "segment_large": "large",
    "simulate_sketch": "sketch",
    "summarize": "measure",
    "train": "learning",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("napari-sketchcell")
    if name not in _HOME:
        raise AttributeError(f"module 'sketchcell' has no attribute {name!r}")
    value = getattr(import_module(f"sketchcell.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, "__version__"])
