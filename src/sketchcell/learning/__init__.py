"""Learning from sketches, while they are painted."""

from sketchcell.learning.distill import distill, distilling
from sketchcell.learning.fit import Step, StopLearning, fit, train
from sketchcell.learning.live import Prediction, View, live
from sketchcell.learning.settings import FitSettings

__all__ = [
    "FitSettings",
    "Prediction",
    "Step",
    "StopLearning",
    "View",
    "distill",
    "distilling",
    "fit",
    "live",
    "train",
]
