"""One-to-one matching of predicted with true objects by their intersection over union."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketchcell.errors import SketchcellError
from sketchcell.measure.assignment import best_pairs
from sketchcell.measure.labels import as_label_pair

#: IoU thresholds of the accuracy tables, .5 to .95.
THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))

# Pixels taken at once, which bounds the memory for volumes.
_CHUNK = 2**22


@dataclass(frozen=True)
class Overlap:
    """Which objects share pixels, and how many: the sparse contingency table of two label images.

    Attributes
    ----------
    truth_areas, predicted_areas
        Pixels of each object, int64 ``(n_true,)`` and ``(n_pred,)``; objects in the order of their labels,
        background left out.
    rows, columns, shared
        int64 ``(K,)``: for each pair of overlapping objects its indices into the areas, and the common
        pixels.
    """

    truth_areas: NDArray[np.int64]
    predicted_areas: NDArray[np.int64]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    shared: NDArray[np.int64]

    @property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union of each overlapping pair, float64 ``(K,)``."""
        union = self.truth_areas[self.rows] + self.predicted_areas[self.columns] - self.shared
        return self.shared / union


@dataclass(frozen=True)
class Matching:
    """Counts at one IoU threshold and what follows from them.

    Attributes
    ----------
    threshold
        Pairs with at least this IoU can match.
    tp, fp, fn
        Matched pairs, predicted objects without partner, true objects without partner.
    ious
        IoU of every matched pair, float64 ``(tp,)``.
    """

    threshold: float
    tp: int
    fp: int
    fn: int
    ious: NDArray[np.float64]

    @property
    def accuracy(self) -> float:
        """OA, called AP by StarDist and Cellpose: TP / (TP + FP + FN)."""
        return _ratio(self.tp, self.tp + self.fp + self.fn)

    @property
    def precision(self) -> float:
        """TP / (TP + FP)."""
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        """TP / (TP + FN)."""
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN); the detection quality DQ of the panoptic quality."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def segmentation_quality(self) -> float:
        """SQ: mean IoU of the matched pairs."""
        return float(self.ious.mean()) if self.tp else 0.0

    @property
    def panoptic_quality(self) -> float:
        """PQ = DQ · SQ (Kirillov et al., CVPR 2019)."""
        return self.f1 * self.segmentation_quality


def overlap(truth: ArrayLike, predicted: ArrayLike) -> Overlap:
    """Count the pixels that every true object shares with every predicted one.

    Parameters
    ----------
    truth, predicted
        Label images or volumes of one shape, whole numbers, 0 background; ids need not be contiguous.

    Raises
    ------
    SketchcellError
        If the shapes differ, or the arrays do not hold whole numbers that are not negative.
    """
    true, pred = as_label_pair(truth, predicted)
    true_index, truth_areas = _indices(true)
    pred_index, predicted_areas = _indices(pred)
    pairs, shared = _count_pairs(true_index, pred_index, max(predicted_areas.size, 1))
    rows, columns = np.divmod(pairs, max(predicted_areas.size, 1))
    return Overlap(truth_areas, predicted_areas, rows, columns, shared)


def pool_overlaps(tables: Sequence[Overlap]) -> Overlap:
    """Put the objects of several pairs of label images into one table, as if the images lay side by side."""
    first_rows = np.cumsum([0, *(table.truth_areas.size for table in tables)])
    first_columns = np.cumsum([0, *(table.predicted_areas.size for table in tables)])
    return Overlap(
        _joined([table.truth_areas for table in tables]),
        _joined([table.predicted_areas for table in tables]),
        _joined([table.rows + first for table, first in zip(tables, first_rows, strict=False)]),
        _joined([table.columns + first for table, first in zip(tables, first_columns, strict=False)]),
        _joined([table.shared for table in tables]),
    )


def matching(truth: ArrayLike, predicted: ArrayLike, threshold: float = 0.5) -> Matching:
    """Match objects one to one: as many pairs of IoU ≥ `threshold` as possible.

    Among equally many pairs those of the largest IoU, where overlaps below the threshold count too. This is
    the convention of ``stardist.matching.matching``; unlike there, an IoU equal to the threshold always
    counts (StarDist rounds to single precision first). See `overlap` for the parameters and errors; a
    threshold lies in (0, 1].
    """
    return match_all(overlap(truth, predicted), (threshold,))[0]


def match_all(table: Overlap, thresholds: Sequence[float] = THRESHOLDS) -> list[Matching]:
    """Match at several thresholds, as `matching` does, from one table of overlaps."""
    return [_match(table, table.iou, threshold) for threshold in thresholds]


def _match(table: Overlap, iou: NDArray[np.float64], threshold: float) -> Matching:
    if not 0 < threshold <= 1:
        raise SketchcellError(f"An IoU threshold lies above 0 and up to 1; {threshold} does not.")
    n_true, n_pred = table.truth_areas.size, table.predicted_areas.size
    # Above one half, what cannot match cannot change which pairs do.
    candidates = np.flatnonzero(iou >= threshold) if threshold >= 0.5 else np.arange(iou.size)
    scores = iou[candidates]
    # One pair more always outweighs all overlaps together, which only break ties.
    gains = (scores >= threshold) + scores / (2 * max(min(n_true, n_pred), 1))
    ious = scores[best_pairs(table.rows[candidates], table.columns[candidates], gains)]
    ious = ious[ious >= threshold]
    return Matching(float(threshold), ious.size, n_pred - ious.size, n_true - ious.size, ious)


def _joined(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([np.empty(0, np.int64), *parts])


def _indices(labels: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Index of each pixel's object, -1 for background, and each object's area."""
    flat = labels.ravel()
    if int(flat.max(initial=0)) <= 2 * flat.size + 1024:
        # A counting table beats sorting unless the ids are very sparse.
        counts = np.bincount(flat, minlength=1)
        counts[0] = 0
        present = np.flatnonzero(counts)
        lookup = np.full(counts.size, -1, np.int32)
        lookup[present] = np.arange(present.size)
        return lookup[flat], counts[present].astype(np.int64)
    ids, inverse, areas = np.unique(flat, return_inverse=True, return_counts=True)
    has_background = int(ids[0] == 0)
    return inverse.astype(np.int32) - np.int32(has_background), areas[has_background:].astype(np.int64)


def _count_pairs(
    true_index: NDArray[np.int32], pred_index: NDArray[np.int32], width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return true · width + predicted of each pair of objects that share pixels, and how many they share."""
    codes, lengths = [], []
    for start in range(0, true_index.size, _CHUNK):
        true, pred = true_index[start : start + _CHUNK], pred_index[start : start + _CHUNK]
        code = np.where((true >= 0) & (pred >= 0), true * np.int64(width) + pred, -1)
        # Runs of one pair are long: far fewer numbers to sort than pixels.
        starts = np.flatnonzero(np.diff(code, prepend=-2))
        inside = code[starts] >= 0
        codes.append(code[starts[inside]])
        lengths.append(np.diff(starts, append=code.size)[inside])
    pairs, places = np.unique(_joined(codes), return_inverse=True)
    shared = np.zeros(pairs.size, np.int64)
    np.add.at(shared, places, _joined(lengths))
    return pairs, shared


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
