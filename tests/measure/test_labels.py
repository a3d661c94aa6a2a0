"""What may be judged, and what may not."""

import time

import numpy as np
import pytest

from sketchcell.errors import SketchcellError
from sketchcell.measure import contour_f1, evaluate, matching

LABELS = np.kron(np.arange(12).reshape(3, 4), np.ones((5, 5), int))


@pytest.mark.parametrize(
    "dtype", ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", ">i4", "f2", "f4", "f8", ">f8"]
)
def test_every_number_type_of_whole_numbers(dtype):
    assert evaluate(LABELS.astype(dtype), LABELS) == evaluate(LABELS, LABELS.astype(dtype))
    assert evaluate(LABELS, LABELS.astype(dtype)).panoptic_quality == 1


def test_any_layout_in_memory():
    expected = evaluate(LABELS, LABELS // 2)
    assert evaluate(np.asfortranarray(LABELS), (LABELS // 2).tolist()) == expected
    assert evaluate(LABELS[:, ::-1], (LABELS // 2)[:, ::-1]) == expected


def test_a_mask_is_one_object():
    accuracy = evaluate(LABELS, LABELS > 0)
    assert (accuracy.true_objects, accuracy.predicted_objects, accuracy.ap50) == (11, 1, 0)
    assert accuracy.det == pytest.approx(1 - 5 * 10 / 110)


@pytest.mark.parametrize("largest", [2**31, 2**53, 2**63, 2**64 - 1])
def test_the_largest_ids(largest):
    ids = np.where(LABELS > 0, np.uint64(largest) - LABELS.astype(np.uint64), np.uint64(0))
    assert evaluate(LABELS, ids) == evaluate(LABELS, LABELS)
    assert matching(ids + np.uint64(ids[0, 0] == largest), LABELS).tp == 11


def test_the_largest_whole_floats():
    ids = np.where(LABELS == 3, 2.0**63, LABELS)
    assert evaluate(LABELS, ids) == evaluate(LABELS, LABELS)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (LABELS - 1, "negative"),
        (-1.0 * LABELS, "negative"),
        (LABELS + 0.5, "not whole numbers"),
        (np.where(LABELS > 3, np.nan, 1), "not whole numbers"),
        (np.where(LABELS > 3, np.inf, 1), "not whole numbers"),
        (LABELS * 1j, "holds complex128"),
        (LABELS.astype(str), "not whole numbers"),
        (LABELS.astype(object), "holds object"),
        ([[1, 2], [3]], "differ in length"),
        (LABELS[1:], "must be equal"),
        (LABELS.T, "must be equal"),
        (LABELS[None], "must be equal"),
        (None, "holds object"),
    ],
)
def test_bad_labels_on_either_side(bad, words):
    for pair, name in (((bad, LABELS), "ground truth"), ((LABELS, bad), "prediction")):
        for judge in (evaluate, contour_f1, matching):
            with pytest.raises(SketchcellError, match=words) as caught:
                judge(*pair)
            assert name in str(caught.value)


@pytest.mark.parametrize("shape", [(), (9,), (2, 2, 9, 9)])
def test_neither_plane_nor_stack(shape):
    labels = np.ones(shape, int)
    for judge in (evaluate, contour_f1):
        with pytest.raises(SketchcellError, match=r"plane \(H, W\) or a stack"):
            judge(labels, labels)


@pytest.mark.parametrize("threshold", [0, -1, 1.1, float("nan")])
def test_thresholds_that_are_none(threshold):
    with pytest.raises(SketchcellError, match="threshold"):
        matching(LABELS, LABELS, threshold)


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (0, 5, 5), (3, 0, 4), (1, 1)])
def test_hardly_any_pixels(shape):
    nothing = np.zeros(shape, int)
    accuracy = evaluate(nothing, nothing)
    assert (accuracy.true_objects, accuracy.ap50, accuracy.dice) == (0, 0, 0)
    assert np.isnan([accuracy.seg, accuracy.det, *accuracy.contour_f1]).all()


def test_sixty_thousand_objects():
    side = 250
    truth = np.kron(np.arange(1, side**2 + 1).reshape(side, side), np.ones((8, 8), int))
    start = time.perf_counter()
    moved = evaluate(truth, np.roll(truth, (1, 1), (0, 1)))
    # Every object overlaps four, and at a low threshold all of them compete.
    low = matching(truth, np.roll(truth, (3, 3), (0, 1)), 0.1)
    # About three seconds; a dense table would hold 3.9 billion numbers.
    assert time.perf_counter() - start < 40
    assert moved.true_objects == low.tp == side**2
    assert (moved.ap50, moved.det) == (1, 1)
    assert moved.jaccard == moved.seg == pytest.approx(49 / 79)
