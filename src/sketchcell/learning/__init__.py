"""Learning from sketches, while they are painted."""

from sketchcell.learning.distill import distill, distilling
from sketchcell.learning.fit import Step, StopLearning, fit, train
from sketchcell.learning.live import Prediction, View, live
from sketchcell.learning.moments import Moment, Moments
from sketchcell.learning.settings import FitSettings
from sketchcell.learning.sheets import Leave, Sheet

__all__ = [
    "FitSettings",
    "Leave",
    "Moment",
    "Moments",
    "Prediction",
    "Sheet",
    "Step",
    "StopLearning",
    "View",
    "distill",
    "distilling",
    "fit",
    "live",
    "train",
]
