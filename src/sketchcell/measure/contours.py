"""Agreement of contours within a radius."""

from __future__ import annotations

from collections.abc import Sequence

import edt
import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Radii in pixels of table 1 in Guerrero-Peña et al. (ICIP 2018).
RADII = (2, 3, 4, 5, 6, 7)


def contour_f1(truth: ArrayLike, predicted: ArrayLike, radii: Sequence[float] = RADII) -> dict[float, float]:
    """F1 score of the predicted against the true contours, with some freedom in their place.

    Contour pixels are the object pixels with a 4-neighbour of another label (background or another object);
    the image's edge is no contour. Precision is the share of predicted contour pixels at most a radius away
    (Euclidean) from a true one, recall the share of true ones at most a radius away from a predicted one, F1
    their harmonic mean: the boundary F1 of Csurka et al. (BMVC 2013), as in Guerrero-Peña et al. (ICIP 2018),
    table 1.

    Parameters
    ----------
    truth, predicted
        Label images ``(H, W)`` of one shape, integers, 0 background.
    radii
        In pixels.

    Returns
    -------
    F1 for each radius. NaN when neither image has a contour, 0 when only one has.
    """
    true, pred = _contours(np.asarray(truth)), _contours(np.asarray(predicted))
    if not true.any() and not pred.any():
        return dict.fromkeys(radii, float("nan"))
    if not true.any() or not pred.any():
        return dict.fromkeys(radii, 0.0)
    to_true = edt.edt(~true)[pred]
    to_predicted = edt.edt(~pred)[true]
    return {
        radius: _f1(float((to_true <= radius).mean()), float((to_predicted <= radius).mean()))
        for radius in radii
    }


def _contours(labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    contour = np.zeros(labels.shape, np.bool_)
    for one, other in ((np.s_[1:, :], np.s_[:-1, :]), (np.s_[:, 1:], np.s_[:, :-1])):
        differs = labels[one] != labels[other]
        contour[one] |= differs
        contour[other] |= differs
    contour &= labels != 0
    return contour


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
