"""Specks: small where the map is low, or tiny."""

import numpy as np
import pytest

from sketchcell.families.decoding import Parts
from sketchcell.families.specks import are_specks


def without_specks(labels, map_, share):
    area, peak = Parts(labels, map_).census()
    there = np.flatnonzero(area)
    return np.where(np.isin(labels, there[are_specks(area[there], peak[there], share)]), 0, labels)


def some():
    """Cells of 100 pixels, and specks of 25, 25 and 4."""
    labels = np.zeros((40, 60), np.int32)
    for number, column in enumerate((2, 16, 30), 1):
        labels[3:13, column : column + 10] = number
    labels[20:25, 5:10] = 4
    labels[20:25, 30:35] = 5
    labels[30:32, 30:32] = 6
    return labels


def test_small_ones_go_where_the_map_is_low_and_tiny_ones_anywhere():
    labels = some()
    map_ = np.where(np.isin(labels, (1, 2, 3, 5, 6)), 0.9, 0.6)
    kept = np.isin(labels, (1, 2, 3, 5))
    np.testing.assert_array_equal(without_specks(labels, map_, 0.3), np.where(kept, labels, 0))


def test_size_decides_only_below_the_share():
    labels = some()
    low = np.where(labels == 1, 0.9, 0.1)
    np.testing.assert_array_equal(without_specks(labels, low, 0.2), np.where(labels == 6, 0, labels))
    np.testing.assert_array_equal(without_specks(labels, low, 0.0), labels)


def test_a_crowd_of_specks_is_not_typical():
    labels = np.zeros((64, 64), np.int32)
    labels[2:22, 2:22] = 1
    for number in range(12):
        labels[40 + 6 * (number // 6), 4 + 8 * (number % 6) : 7 + 8 * (number % 6)] = 2 + number
    map_ = np.where(labels == 1, 1.0, 0.5)
    assert set(np.unique(without_specks(labels, map_, 1.0))) >= {0, 1}


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_nothing_stays_nothing_and_one_stays_one(share):
    nothing = np.zeros((3, 4), np.int32)
    np.testing.assert_array_equal(without_specks(nothing, np.ones((3, 4)), share), nothing)
    np.testing.assert_array_equal(without_specks(nothing + 1, np.ones((3, 4)), share), nothing + 1)
