"""What came out: the cell table, accuracy against a ground truth, and the overlay picture."""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sketchcell.measure.accuracy import (
    Accuracy,
    Comparison,
    compare,
    evaluate,
    mean_accuracy,
    pooled_accuracy,
)
from sketchcell.measure.cells import measure, measuring
from sketchcell.measure.contours import contour_f1
from sketchcell.measure.matching import THRESHOLDS, Matching, Overlap, match_all, matching, overlap
from sketchcell.measure.overlay import overlay
from sketchcell.measure.summary import summarize
from sketchcell.measure.tables import as_csv, require_table_name, write_table
from sketchcell.measure.tracking_challenge import detection_accuracy, segmentation_accuracy

if TYPE_CHECKING:
    import pandas

__all__ = [
    "THRESHOLDS",
    "Accuracy",
    "Comparison",
    "Matching",
    "Overlap",
    "as_csv",
    "compare",
    "contour_f1",
    "detection_accuracy",
    "evaluate",
    "match_all",
    "matching",
    "mean_accuracy",
    "measure",
    "measuring",
    "overlap",
    "overlay",
    "pooled_accuracy",
    "require_table_name",
    "segmentation_accuracy",
    "summarize",
    "write_table",
]


class _CallableModule(ModuleType):
    """Lets ``sketchcell.measure(…)`` work when the name means this package, not its function."""

    def __call__(self, *arguments: Any, **options: Any) -> "pandas.DataFrame":
        return measure(*arguments, **options)


sys.modules[__name__].__class__ = _CallableModule
