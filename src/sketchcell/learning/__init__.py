"""Learning from sketches, while they are painted."""

from sketchcell.learning.confidence import confidence
from sketchcell.learning.distill import distill, distilling
from sketchcell.learning.fit import Step, StopLearning, fit, train
from sketchcell.learning.hints import Hint, Hints, looking_for_hints
from sketchcell.learning.live import Prediction, View, live
from sketchcell.learning.moments import Moment, Moments
from sketchcell.learning.second_look import looking_again
from sketchcell.learning.settings import FitSettings
from sketchcell.learning.sheets import Leave, Sheet

__all__ = [
    "FitSettings",
    "Hint",
    "Hints",
    "Leave",
    "Moment",
    "Moments",
    "Prediction",
    "Sheet",
    "Step",
    "StopLearning",
    "View",
    "confidence",
    "distill",
    "distilling",
    "fit",
    "live",
    "looking_again",
    "looking_for_hints",
    "train",
]
