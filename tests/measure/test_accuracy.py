import json
import math
import time

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from sketchcell.measure import (
    contour_f1,
    detection_accuracy,
    evaluate,
    mean_accuracy,
    overlap,
    segmentation_accuracy,
)


def slow_seg_and_det(truth, predicted):
    """The Cell Tracking Challenge's definitions, object by object."""
    jaccards, found = [], {name: 0 for name in np.unique(predicted) if name}
    for name in np.unique(truth)[1:]:
        true = truth == name
        jaccard = 0.0
        for other in found:
            shared = np.sum(true & (predicted == other))
            if shared > true.sum() / 2:
                jaccard = shared / np.sum(true | (predicted == other))
                found[other] += 1
        jaccards.append(jaccard)
    cost = 10 * jaccards.count(0.0)
    cost += sum(1 if count == 0 else 5 * (count - 1) for count in found.values())
    return np.mean(jaccards), 1 - min(cost, 10 * len(jaccards)) / (10 * len(jaccards))


def test_seg_and_det_against_their_definitions(pair):
    table = overlap(*pair)
    seg, det = slow_seg_and_det(*pair)
    assert segmentation_accuracy(table) == pytest.approx(seg)
    assert detection_accuracy(table) == pytest.approx(det)
    accuracy = evaluate(*pair)
    assert accuracy.op_csb == pytest.approx((seg + det) / 2)


def test_the_costs_of_detection():
    truth = np.zeros((10, 40), int)
    for name in range(4):
        truth[2:8, 10 * name + 1 : 10 * name + 9] = name + 1
    merged = np.where(truth <= 2, truth > 0, truth)
    missed = np.where(truth == 4, 0, truth)
    extra = truth.copy()
    extra[0, 0] = 9
    assert [
        detection_accuracy(overlap(truth, labels)) for labels in (truth, merged, missed, extra, 0 * truth)
    ] == pytest.approx([1, 1 - 5 / 40, 1 - 10 / 40, 1 - 1 / 40, 0])


def test_half_is_not_more_than_half():
    truth, predicted = np.zeros((1, 8), int), np.zeros((1, 8), int)
    truth[0, :4], predicted[0, 2:4] = 1, 1
    assert segmentation_accuracy(overlap(truth, predicted)) == 0


def slow_contour_f1(truth, predicted, radius):
    def contour(labels):
        edge = np.pad(labels, 1, mode="edge")
        neighbours = [edge[:-2, 1:-1], edge[2:, 1:-1], edge[1:-1, :-2], edge[1:-1, 2:]]
        return np.argwhere((labels > 0) & np.any([labels != other for other in neighbours], axis=0))

    distances = cdist(contour(truth), contour(predicted))
    recall, precision = (np.mean(distances.min(axis=axis) <= radius) for axis in (1, 0))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0


def test_contours_against_a_slow_reference(pair):
    found = contour_f1(*pair)
    assert found == pytest.approx({radius: slow_contour_f1(*pair, radius) for radius in range(2, 8)})


def test_contours_of_empty_images():
    empty, whole = np.zeros((9, 9), int), np.pad(np.ones((3, 3), int), 3)
    assert all(math.isnan(value) for value in contour_f1(empty, empty).values())
    assert set(contour_f1(whole, empty).values()) == {0.0}
    assert set(contour_f1(whole, whole).values()) == {1.0}


def test_a_perfect_prediction(pair):
    truth, _ = pair
    accuracy = evaluate(truth, truth * 3)
    assert all(value == pytest.approx(1) for _, value in accuracy.rows())


def test_means_over_matched_objects():
    truth, predicted = np.zeros((2, 20), int), np.zeros((2, 20), int)
    truth[0, :10], predicted[0, :8] = 1, 5
    truth[1, :10], predicted[1, :6] = 2, 6
    accuracy = evaluate(truth, predicted)
    assert accuracy.jaccard == pytest.approx((0.8 + 0.6) / 2)
    assert accuracy.dice == pytest.approx((16 / 18 + 12 / 16) / 2)
    assert accuracy.ap50 == 1
    assert accuracy.mean_ap == pytest.approx((3 * 1 + 4 * (1 / 3)) / 10)


def test_results_are_plain_json(pair):
    truth, predicted = pair
    values = json.loads(json.dumps(evaluate(truth, predicted).to_dict(), allow_nan=False))
    assert values["ap"][0] == values["ap50"]
    assert json.loads(json.dumps(evaluate(truth * 0, predicted).to_dict(), allow_nan=False))["seg"] is None


def test_means_leave_out_what_is_undefined(pair):
    truth, predicted = pair
    some, nothing = evaluate(truth, predicted), evaluate(truth * 0, truth * 0)
    summary = mean_accuracy([some, nothing])
    assert summary == some.to_dict()
    assert mean_accuracy([nothing])["seg"] is None
    false_alarm = mean_accuracy([some, evaluate(truth * 0, predicted)])
    assert false_alarm["ap50"] == pytest.approx(some.ap50 / 2)
    assert false_alarm["seg"] == pytest.approx(some.seg)
    assert false_alarm["predicted_objects"] == 2 * some.predicted_objects


def test_thousands_of_objects_are_quick(make_blobs):
    truth, predicted = make_blobs(0, 2048, 4), make_blobs(0, 2048, 4, noise=0.3)
    assert truth.max() > 2000
    start = time.perf_counter()
    evaluate(truth, predicted)
    # About half a second; a dense matching would need minutes.
    assert time.perf_counter() - start < 15
