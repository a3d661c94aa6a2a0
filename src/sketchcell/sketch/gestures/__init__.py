"""Gestures by which a person corrects what is shown, as pure functions on annotation and instances."""

from sketchcell.sketch.gestures.accept import accept, accept_all
from sketchcell.sketch.gestures.importing import from_labels
from sketchcell.sketch.gestures.merge import merge
from sketchcell.sketch.gestures.outline import outline_stroke
from sketchcell.sketch.gestures.plane import Correction, Plane
from sketchcell.sketch.gestures.redraw import redraw
from sketchcell.sketch.gestures.reject import reject
from sketchcell.sketch.gestures.split import split

__all__ = [
    "Correction",
    "Plane",
    "accept",
    "accept_all",
    "from_labels",
    "merge",
    "outline_stroke",
    "redraw",
    "reject",
    "split",
]
