"""What a person painted: strokes, their valid distances, their scale, and a robot that draws them."""

from sketchcell.sketch.edit import Edit
from sketchcell.sketch.ids import BACKGROUND, FIRST_OBJECT, UNLABELLED
from sketchcell.sketch.objects import Objects, PaintedObject
from sketchcell.sketch.scale import Diameter, object_diameter
from sketchcell.sketch.simulate import KINDS, simulate_sketch
from sketchcell.sketch.sketch import Sketch, require_trainable
from sketchcell.sketch.stroke import Stroke
from sketchcell.sketch.update import update_valid_distances
from sketchcell.sketch.valid import ValidDistances, valid_distances
from sketchcell.sketch.window import Window

__all__ = [
    "BACKGROUND",
    "FIRST_OBJECT",
    "KINDS",
    "UNLABELLED",
    "Diameter",
    "Edit",
    "Objects",
    "PaintedObject",
    "Sketch",
    "Stroke",
    "ValidDistances",
    "Window",
    "object_diameter",
    "require_trainable",
    "simulate_sketch",
    "update_valid_distances",
    "valid_distances",
]
