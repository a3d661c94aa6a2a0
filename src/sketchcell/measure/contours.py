"""Agreement of contours within a radius."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import edt
import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketchcell.measure.labels import as_label_pair, require_planes

#: Radii in pixels of table 1 in Guerrero-Peña et al. (ICIP 2018).
RADII = (2, 3, 4, 5, 6, 7)


@dataclass(frozen=True)
class ContourAgreement:
    """How many contour pixels have a counterpart within each radius; sums over planes and images.

    Attributes
    ----------
    radii
        In pixels, ``(R,)``.
    n_true, n_predicted
        Contour pixels.
    true_hits, predicted_hits
        Those of them at most a radius away from one of the other image, int64 ``(R,)``.
    """

    radii: tuple[float, ...]
    n_true: int
    n_predicted: int
    true_hits: NDArray[np.int64]
    predicted_hits: NDArray[np.int64]

    @property
    def f1(self) -> dict[float, float]:
        """F1 for each radius; NaN when there is no contour at all, 0 when only one side has one."""
        if not self.n_true or not self.n_predicted:
            return dict.fromkeys(self.radii, 0.0 if self.n_true or self.n_predicted else math.nan)
        hits = zip(self.radii, self.predicted_hits, self.true_hits, strict=True)
        return {
            radius: _f1(float(predicted / self.n_predicted), float(true / self.n_true))
            for radius, predicted, true in hits
        }


def contour_f1(truth: ArrayLike, predicted: ArrayLike, radii: Sequence[float] = RADII) -> dict[float, float]:
    """F1 score of the predicted against the true contours, with some freedom in their place.

    Contour pixels are the object pixels with a 4-neighbour of another label (background or another object);
    the image's edge is no contour. Precision is the share of predicted contour pixels at most a radius away
    (Euclidean) from a true one, recall the share of true ones at most a radius away from a predicted one, F1
    their harmonic mean: the boundary F1 of Csurka et al. (BMVC 2013), as in Guerrero-Peña et al. (ICIP 2018),
    table 1. In a stack, contours and distances lie within each plane, and the planes' pixels count together.

    Parameters
    ----------
    truth, predicted
        Label images ``(H, W)`` or stacks ``(Z, H, W)`` of one shape, whole numbers, 0 background.
    radii
        In pixels.

    Returns
    -------
    F1 for each radius. NaN when neither image has a contour, 0 when only one has.

    Raises
    ------
    SketchcellError
        If the shapes differ or are no such shapes, or the arrays do not hold whole numbers that are not
        negative.
    """
    true, pred = as_label_pair(truth, predicted)
    require_planes(true)
    return agreement(true, pred, radii).f1


def agreement(
    truth: NDArray[np.int64], predicted: NDArray[np.int64], radii: Sequence[float] = RADII
) -> ContourAgreement:
    """Count what `contour_f1` needs, from labels of one shape, ``(H, W)`` or ``(Z, H, W)``."""
    planes = [(truth, predicted)] if truth.ndim == 2 else [*zip(truth, predicted, strict=True)]
    return pool_agreements([_plane_agreement(true, pred, radii) for true, pred in planes], radii)


def pool_agreements(parts: Sequence[ContourAgreement], radii: Sequence[float] = RADII) -> ContourAgreement:
    """Add up agreements found for the same `radii`."""
    nothing = np.zeros(len(radii), np.int64)
    return ContourAgreement(
        tuple(radii),
        sum(part.n_true for part in parts),
        sum(part.n_predicted for part in parts),
        sum((part.true_hits for part in parts), nothing),
        sum((part.predicted_hits for part in parts), nothing),
    )


def _plane_agreement(
    truth: NDArray[np.int64], predicted: NDArray[np.int64], radii: Sequence[float]
) -> ContourAgreement:
    true, pred = _contours(truth), _contours(predicted)
    return ContourAgreement(
        tuple(radii),
        int(np.count_nonzero(true)),
        int(np.count_nonzero(pred)),
        _hits(true, pred, radii),
        _hits(pred, true, radii),
    )


def _hits(contour: NDArray[np.bool_], other: NDArray[np.bool_], radii: Sequence[float]) -> NDArray[np.int64]:
    """Count the pixels of a contour at most each radius away from the other one."""
    if not contour.any() or not other.any():
        return np.zeros(len(radii), np.int64)
    distances = edt.edt(~other)[contour]
    return np.array([np.count_nonzero(distances <= radius) for radius in radii], np.int64)


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
