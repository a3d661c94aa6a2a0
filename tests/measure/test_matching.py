from importlib import import_module

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from sketchcell.errors import SketchcellError
from sketchcell.measure import THRESHOLDS, match_all, matching, overlap

EMPTY = np.zeros((12, 12), int)
ONE = np.pad(np.full((4, 4), 3), 4)


def dense_matching(truth, predicted, threshold):
    """StarDist's definition with a full matrix; returns true positives and the sum of their IoUs."""
    trues, preds = ([labels == name for name in np.unique(labels) if name] for labels in (truth, predicted))
    if not trues or not preds:
        return 0, 0.0
    iou = np.array([[np.sum(true & pred) / np.sum(true | pred) for pred in preds] for true in trues])
    costs = -(iou >= threshold).astype(float) - iou / (2 * min(iou.shape))
    chosen = iou[linear_sum_assignment(costs)]
    return np.sum(chosen >= threshold), chosen[chosen >= threshold].sum()


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_equal_to_a_dense_reference(pair, threshold):
    found = matching(*pair, threshold)
    assert (found.tp, found.ious.sum()) == pytest.approx(dense_matching(*pair, threshold))
    assert found.tp + found.fn == np.unique(pair[0]).size - 1
    assert found.tp + found.fp == np.unique(pair[1]).size - 1


def assert_equal_to_stardist(truth, predicted, threshold):
    stardist = pytest.importorskip("stardist.matching")
    theirs = stardist.matching(truth, predicted, thresh=threshold)
    ours = matching(truth, predicted, threshold)
    assert (ours.tp, ours.fp, ours.fn) == (theirs.tp, theirs.fp, theirs.fn)
    assert ours.accuracy == pytest.approx(theirs.accuracy)
    assert ours.precision == pytest.approx(theirs.precision)
    assert ours.recall == pytest.approx(theirs.recall)
    assert ours.f1 == pytest.approx(theirs.f1)
    assert ours.segmentation_quality == pytest.approx(theirs.mean_matched_score, abs=1e-6)
    assert ours.panoptic_quality == pytest.approx(theirs.panoptic_quality, abs=1e-6)


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_equal_to_stardist(pair, threshold):
    # A little more than the round number: StarDist compares in single precision.
    assert_equal_to_stardist(*pair, threshold + 1e-6)


@pytest.mark.parametrize(("truth", "predicted"), [(EMPTY, EMPTY), (ONE, EMPTY), (EMPTY, ONE), (ONE, ONE)])
def test_equal_to_stardist_at_the_edges(truth, predicted):
    assert_equal_to_stardist(truth, predicted, 0.5)


@pytest.mark.parametrize("seed", range(5))
def test_low_thresholds_find_as_many_pairs(seed):
    rng = np.random.default_rng(seed)
    truth, predicted = (np.kron(rng.integers(0, 12, (9, 9)), np.ones((3, 3), int)) for _ in range(2))
    for threshold in (0.03, 0.1, 0.25):
        assert matching(truth, predicted, threshold).tp == dense_matching(truth, predicted, threshold)[0]


@given(
    arrays.arrays(np.int64, (2, 5, 6), elements=st.integers(0, 4)),
    st.sampled_from([0.01, 0.2, 0.25, 1 / 3, 0.5, 0.6, 0.75, 1.0]),
)
def test_tiny_images_against_the_dense_reference(labels, threshold):
    """Full of ties: the numbers of pairs and the sums of their IoU are still the same."""
    found = matching(*labels, threshold)
    tp, total = dense_matching(*labels, threshold)
    assert found.tp == tp
    if threshold >= 0.5:
        assert found.ious.sum() == pytest.approx(total)


def test_an_iou_equal_to_the_threshold_matches():
    truth, predicted = np.zeros((1, 20), int), np.zeros((1, 20), int)
    truth[0, :10], predicted[0, :7] = 1, 1
    assert matching(truth, predicted, 0.7).tp == 1
    assert matching(truth, predicted, 0.75).tp == 0


def test_the_table_counts_pixels(pair):
    truth, predicted = pair
    table = overlap(truth, predicted)
    true_ids, predicted_ids = (ids[ids > 0] for ids in map(np.unique, pair))
    for row, column, shared in zip(table.rows, table.columns, table.shared, strict=True):
        assert shared == np.sum((truth == true_ids[row]) & (predicted == predicted_ids[column]))
    assert table.truth_areas.tolist() == [np.sum(truth == name) for name in true_ids]
    assert table.predicted_areas.tolist() == [np.sum(predicted == name) for name in predicted_ids]
    assert table.shared.sum() == np.sum((truth > 0) & (predicted > 0))


def test_the_table_does_not_depend_on_how_much_is_counted_at_once(pair, monkeypatch):
    whole = overlap(*pair)
    monkeypatch.setattr(import_module("sketchcell.measure.matching"), "_CHUNK", 7)
    parts = overlap(*pair)
    for name in ("rows", "columns", "shared"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name))


def test_names_of_objects_do_not_matter(pair):
    truth, predicted = pair
    sparse = np.where(predicted > 0, predicted.astype(np.int64) + 2_000_000_000, 0)
    for dense, far in zip(
        match_all(overlap(truth, predicted)), match_all(overlap(truth.astype(np.uint16), sparse)), strict=True
    ):
        assert (dense.tp, dense.fp, dense.fn) == (far.tp, far.fp, far.fn)


def test_no_pixels_at_all():
    table = overlap(np.zeros((0, 4), int), np.zeros((0, 4), int))
    assert matching(np.zeros((0, 4), int), np.zeros((0, 4), int)).tp == 0
    assert not table.shared.size


@pytest.mark.parametrize(
    ("truth", "predicted", "words"),
    [
        (EMPTY, EMPTY[1:], "shape"),
        (EMPTY + 0.5, EMPTY, "ground truth is no label image"),
        (EMPTY, EMPTY - 1, "prediction is no label image"),
    ],
)
def test_bad_labels(truth, predicted, words):
    with pytest.raises(SketchcellError, match=words):
        overlap(truth, predicted)
