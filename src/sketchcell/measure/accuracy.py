"""Every accuracy measure of instance labels against a ground truth, in one call."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketchcell.errors import SketchcellError
from sketchcell.measure.contours import ContourAgreement, agreement, pool_agreements
from sketchcell.measure.labels import as_label_pair, require_planes
from sketchcell.measure.matching import THRESHOLDS, Matching, Overlap, match_all, overlap, pool_overlaps
from sketchcell.measure.tracking_challenge import detection_accuracy, segmentation_accuracy


@dataclass(frozen=True)
class Accuracy:
    """How well predicted instances agree with true ones. All measures lie in [0, 1], 1 is best.

    A measure that cannot be defined (no true object for SEG and DET, no object at all for contours) is NaN;
    the measures by matching are 0 then, as in StarDist.

    Attributes
    ----------
    true_objects, predicted_objects
        Numbers of objects.
    thresholds
        IoU thresholds of the three tables below.
    ap
        TP / (TP + FP + FN) at each threshold: OA, called AP by StarDist and Cellpose.
    precision, recall, f1
        At each threshold. All measures without a threshold of their own, below, are at IoU 0.5.
    detection_quality, segmentation_quality, panoptic_quality
        DQ = F1, SQ = mean IoU of the matched pairs, PQ = DQ · SQ.
    dice, jaccard
        Means over the matched pairs: "average DICE" and "aggregated Jaccard" of Sketchpose, where Jaccard is
        SQ. (What Cellpose calls the aggregated Jaccard index is another measure: the common pixels of all
        pairs, divided by the pixels of all objects.)
    seg, det, op_csb
        Cell Tracking Challenge; OP_CSB = (SEG + DET) / 2.
    contour_radii, contour_f1
        Contour F1 at each radius, in pixels.
    """

    true_objects: int
    predicted_objects: int
    thresholds: tuple[float, ...]
    ap: tuple[float, ...]
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    f1: tuple[float, ...]
    detection_quality: float
    segmentation_quality: float
    panoptic_quality: float
    dice: float
    jaccard: float
    seg: float
    det: float
    op_csb: float
    contour_radii: tuple[float, ...]
    contour_f1: tuple[float, ...]

    @property
    def ap50(self) -> float:
        """AP at IoU 0.5."""
        return self.ap[self.thresholds.index(0.5)]

    @property
    def mean_ap(self) -> float:
        """Mean AP over the thresholds .5 to .95."""
        return float(np.mean(self.ap))

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists for JSON; NaN, which JSON lacks, becomes None."""
        values = dataclasses.asdict(self) | {"ap50": self.ap50, "mean_ap": self.mean_ap}
        return {name: _plain(value) for name, value in values.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return what `to_dict` of an accuracy, or `mean_accuracy` of several, has described."""
        names = [field.name for field in dataclasses.fields(cls)]
        return cls(**{name: _restored(values[name]) for name in names})

    def rows(self) -> list[tuple[str, float]]:
        """Names and values of all measures, in the order in which people read them."""
        half = self.thresholds.index(0.5)
        rows = [
            (f"AP at IoU {threshold:.2f}", ap) for threshold, ap in zip(self.thresholds, self.ap, strict=True)
        ]
        rows += [
            ("AP, mean of .50 to .95", self.mean_ap),
            ("precision", self.precision[half]),
            ("recall", self.recall[half]),
            ("F1 (DQ)", self.detection_quality),
            ("mean IoU of matched (SQ)", self.segmentation_quality),
            ("panoptic quality (PQ)", self.panoptic_quality),
            ("Dice of matched", self.dice),
            ("Jaccard of matched", self.jaccard),
            ("SEG", self.seg),
            ("DET", self.det),
            ("OP_CSB", self.op_csb),
        ]
        contours = zip(self.contour_radii, self.contour_f1, strict=True)
        return rows + [(f"contour F1 within {radius:g} px", f1) for radius, f1 in contours]


def evaluate(truth: ArrayLike, predicted: ArrayLike) -> Accuracy:
    """Compare predicted instances with a ground truth.

    Parameters
    ----------
    truth, predicted
        A label image ``(H, W)`` or a volume ``(Z, H, W)``, both of one shape; whole numbers, 0 background;
        ids need not be contiguous. An object of a volume is all voxels of one id, in whatever planes; only
        the contours are compared plane by plane.

    Returns
    -------
    All measures, see `Accuracy`.

    Raises
    ------
    SketchcellError
        If the shapes differ or are no such shapes, or the arrays do not hold whole numbers that are not
        negative.
    """
    return compare(truth, predicted).accuracy()


@dataclass(frozen=True)
class Comparison:
    """What one or more pairs of label images have in common: all that the measures need.

    Attributes
    ----------
    overlap
        The common pixels of all objects.
    contours
        The agreement of their contours.
    """

    overlap: Overlap
    contours: ContourAgreement

    def accuracy(self) -> Accuracy:
        """Derive every measure."""
        matchings = match_all(self.overlap, THRESHOLDS)
        half = matchings[THRESHOLDS.index(0.5)]
        seg, det = segmentation_accuracy(self.overlap), detection_accuracy(self.overlap)
        return Accuracy(
            true_objects=self.overlap.truth_areas.size,
            predicted_objects=self.overlap.predicted_areas.size,
            thresholds=THRESHOLDS,
            ap=_column(matchings, "accuracy"),
            precision=_column(matchings, "precision"),
            recall=_column(matchings, "recall"),
            f1=_column(matchings, "f1"),
            detection_quality=half.f1,
            segmentation_quality=half.segmentation_quality,
            panoptic_quality=half.panoptic_quality,
            dice=_mean(2 * half.ious / (1 + half.ious)),
            jaccard=_mean(half.ious),
            seg=seg,
            det=det,
            op_csb=(seg + det) / 2,
            contour_radii=self.contours.radii,
            contour_f1=tuple(self.contours.f1.values()),
        )


def compare(truth: ArrayLike, predicted: ArrayLike) -> Comparison:
    """Collect what `evaluate` derives its measures from; see there for parameters and errors."""
    true, pred = as_label_pair(truth, predicted)
    require_planes(true)
    return Comparison(overlap(true, pred), agreement(true, pred))


def pooled_accuracy(comparisons: Sequence[Comparison]) -> Accuracy:
    """Judge several images as one, in which every object weighs the same.

    This is how the Cell Tracking Challenge sums up a sequence, and ``stardist.matching.matching_dataset`` a
    data set. In the mean over images (`mean_accuracy`) every image weighs the same.
    """
    contours = pool_agreements([comparison.contours for comparison in comparisons])
    return Comparison(pool_overlaps([comparison.overlap for comparison in comparisons]), contours).accuracy()


def mean_accuracy(results: Sequence[Accuracy]) -> dict[str, Any]:
    """Average every measure over several images, in the form of `Accuracy.to_dict`.

    Undefined values are left out of the means, and so are images without any true or predicted object unless
    there are no others; the numbers of objects are added up.
    """
    if not results:
        raise SketchcellError("There is no result to average.")
    telling = [result for result in results if result.true_objects or result.predicted_objects]
    dicts = [result.to_dict() for result in telling or results]
    summary = {name: _mean_of([values[name] for values in dicts]) for name in dicts[0]}
    for count in ("true_objects", "predicted_objects"):
        summary[count] = sum(values[count] for values in dicts)
    return summary


def _mean_of(values: list[Any]) -> Any:
    if isinstance(values[0], list):
        return [_mean_of(list(column)) for column in zip(*values, strict=True)]
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


def _column(matchings: Sequence[Matching], name: str) -> tuple[float, ...]:
    return tuple(float(getattr(matching, name)) for matching in matchings)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else 0.0


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _restored(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_restored(item) for item in value)
    return math.nan if value is None else value
