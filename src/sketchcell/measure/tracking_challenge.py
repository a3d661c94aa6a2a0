"""SEG and DET of the Cell Tracking Challenge (Maška et al. 2014; Matula et al. 2015)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sketchcell.measure.matching import Overlap

_SPLIT, _FALSE_NEGATIVE, _FALSE_POSITIVE = 5, 10, 1


def segmentation_accuracy(table: Overlap) -> float:
    """SEG: mean over the true objects of the IoU with the predicted object that covers more than half of it.

    A true object that none covers counts 0.

    Parameters
    ----------
    table
        What `overlap` returns.

    Returns
    -------
    A number in [0, 1]; NaN when there is no true object.
    """
    if not table.truth_areas.size:
        return float("nan")
    return float(table.iou[_covers(table)].sum() / table.truth_areas.size)


def detection_accuracy(table: Overlap) -> float:
    """DET = 1 - min(AOGM-D, AOGM-D₀) / AOGM-D₀, with costs split 5, false negative 10, false positive 1.

    A predicted object detects every true object of which it covers more than half. One that detects several
    must be split that many times less one; one that detects none is a false positive; a true object that none
    detects is a false negative. AOGM-D₀ is the cost of an empty prediction.

    Parameters
    ----------
    table
        What `overlap` returns.

    Returns
    -------
    A number in [0, 1]; NaN when there is no true object.
    """
    n_true = table.truth_areas.size
    if not n_true:
        return float("nan")
    detections = np.bincount(table.columns[_covers(table)], minlength=table.predicted_areas.size)
    splits = int(np.maximum(detections - 1, 0).sum())
    false_positives = int((detections == 0).sum())
    false_negatives = n_true - int(detections.sum())
    cost = _SPLIT * splits + _FALSE_NEGATIVE * false_negatives + _FALSE_POSITIVE * false_positives
    empty_cost = _FALSE_NEGATIVE * n_true
    return 1 - min(cost, empty_cost) / empty_cost


def _covers(table: Overlap) -> NDArray[np.bool_]:
    return np.asarray(2 * table.shared > table.truth_areas[table.rows], dtype=np.bool_)
