"""Confidence: what is found again is likely to be right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from looks import disks, echo

from sketchcell.inference import drain
from sketchcell.learning.confidence import confidence
from sketchcell.learning.second_look import Shared, looking_again

small_labels = arrays(np.int32, (5, 6), elements=st.integers(0, 4))


@given(small_labels, small_labels)
def test_what_is_found_again_is_told_by_the_best_intersection_over_union(first, second):
    found = Shared.of(first, second).found_again()
    assert found.shape == (first.max() + 1,)
    for number in range(first.max() + 1):
        one = first == number
        best = max(
            (
                (one & (second == other)).sum() / (one | (second == other)).sum()
                for other in range(1, second.max() + 1)
                if (one | (second == other)).any()
            ),
            default=0.0,
        )
        assert found[number] == pytest.approx(best if number and one.any() else 0.0)
    np.testing.assert_array_equal(
        Shared.of(first, second).turned().found_again(), Shared.of(second, first).found_again()
    )


@given(small_labels, small_labels)
def test_confidence_is_a_probability_for_each_label_and_0_for_what_is_not_there(first, second):
    sure = confidence(first, second)
    assert sure.shape == (first.max() + 1,)
    assert sure.dtype == np.float32
    there = np.bincount(first.ravel(), minlength=sure.size) > 0
    there[0] = False
    assert (sure[there] > 0).all()
    assert (sure < 1).all()
    assert not sure[~there].any()


def test_what_is_found_again_is_likelier_than_what_is_not_and_odd_sizes_are_doubted():
    labels = disks((20, 20), (20, 60), (70, 20), (70, 60), (45, 84, 2))
    again = disks((20, 20), (20, 66), (70, 20), (45, 84, 2))
    same, moved, _, lost, tiny = confidence(labels, again)[1:]
    assert same > 0.9
    assert same > moved > lost
    assert lost < 0.2
    assert tiny < 0.5
    assert (confidence(labels, labels)[1:5] == same).all()


def test_numbers_do_not_matter():
    labels = disks((20, 20), (20, 60), (70, 20))
    again = disks((70, 24), (20, 20), (20, 61))
    other = np.array([0, 7, 3, 5], np.int32)
    np.testing.assert_array_equal(confidence(other[labels], again)[other[1:]], confidence(labels, again)[1:])


def test_the_second_look_finds_the_same_places_with_other_eyes():
    upper, lower = disks((20, 20), (70, 30)), disks((70, 30), (20, 70))
    model, channels = echo(upper, lower)
    again = drain(looking_again(model, channels))
    # turned by 180 degrees, what was above is below
    expected = np.where(np.arange(96)[:, None] < 48, lower, upper)
    np.testing.assert_array_equal(again > 0, expected > 0)
    first = model.decode(drain(model.predicting_normalized(channels)))
    np.testing.assert_array_equal(first > 0, np.where(np.arange(96)[:, None] < 48, upper, lower) > 0)


def test_the_second_look_takes_other_thresholds():
    model, channels = echo(disks((20, 20)), disks((70, 30)))
    strict = type(model.config.params)(peak_threshold=1.0)
    assert not drain(looking_again(model, channels, strict)).any()
