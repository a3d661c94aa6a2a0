"""Volumes, and several images together."""

import numpy as np
import pytest
from label_pairs import discs

from sketchcell.errors import SketchcellError
from sketchcell.measure import compare, contour_f1, evaluate, mean_accuracy, pooled_accuracy

PLANES = [(discs(seed), discs(seed, shift=2)) for seed in range(3)]
TRUTH, PREDICTED = (np.stack(side) for side in zip(*PLANES, strict=True))


def test_an_object_of_a_volume_runs_through_planes():
    truth = np.zeros((4, 6, 6), int)
    truth[:, 1:5, 1:5] = 3
    predicted = truth.copy()
    predicted[0] = 0
    predicted[1] *= 2
    accuracy = evaluate(truth, predicted)
    assert (accuracy.true_objects, accuracy.predicted_objects) == (1, 2)
    # 2 of the 4 planes, cut into two: the IoU is one half, which matches, but more than half is not covered.
    assert (accuracy.jaccard, accuracy.seg, accuracy.det) == (0.5, 0, 0)


def test_one_plane_is_a_volume_too():
    for truth, predicted in PLANES:
        assert evaluate(truth[None], predicted[None]) == evaluate(truth, predicted)


def test_contours_of_a_volume_lie_in_its_planes():
    # Mirrored planes would be too far away for each other; those above and below do not count.
    found = contour_f1(TRUTH, PREDICTED)
    contours = [compare(*pair).contours for pair in PLANES]
    for index, radius in enumerate((2, 3, 4, 5, 6, 7)):
        precision = sum(one.predicted_hits[index] for one in contours) / sum(
            one.n_predicted for one in contours
        )
        recall = sum(one.true_hits[index] for one in contours) / sum(one.n_true for one in contours)
        assert found[radius] == pytest.approx(2 * precision * recall / (precision + recall))
    one = np.zeros((2, 9, 9), int)
    one[0, 3:6, 3:6] = 1
    assert set(contour_f1(one, one[::-1]).values()) == {0.0}
    assert set(contour_f1(one, one).values()) == {1.0}


def test_pooled_objects_weigh_the_same():
    """Images side by side, far enough apart, are one image; with ids of their own they match the same."""
    margin = 10
    canvases = []
    for side in (0, 1):
        planes = [np.pad(pair[side], margin) for pair in PLANES]
        canvases.append(
            np.hstack([np.where(plane > 0, plane + 100 * at, 0) for at, plane in enumerate(planes)])
        )
    padded = [compare(*(np.pad(labels, margin) for labels in pair)) for pair in PLANES]
    assert pooled_accuracy(padded) == evaluate(*canvases)


def test_pooling_nothing_and_empties():
    empty = np.zeros((9, 9), int)
    nothing = compare(empty, empty)
    some = compare(*PLANES[0])
    assert pooled_accuracy([some, nothing, nothing]) == evaluate(*PLANES[0])
    assert pooled_accuracy([]).true_objects == 0
    with pytest.raises(SketchcellError, match="no result"):
        mean_accuracy([])
