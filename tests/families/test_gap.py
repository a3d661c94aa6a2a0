"""The gap between touching cells: where it is opened, and that closing it gives the cells back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from truths import TRUTHS

from sketchcell.families.gap import INSIDE, OUTSIDE, UNKNOWN, close_gap, open_gap

SEEDS = st.integers(0, 2**32 - 1)
GAPS = pytest.mark.parametrize("gap", [1, 2])


def blocks(seed, height=24, width=26, side=4, ids=5):
    """Rectangles of ids from 0, unlabelled, to `ids`; some lines."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, ids + 1, (height // side + 1, width // side + 1))
    labels = np.kron(coarse, np.ones((side, side), int))[:height, :width].astype(np.int32)
    return labels, random.random(labels.shape) < random.choice([0, 0.02])


def slow_open(labels, boundaries, gap):
    """As `open_gap` says, pixel by pixel."""
    sides = np.full(labels.shape, UNKNOWN)
    height, width = labels.shape
    for y, x in np.ndindex(labels.shape):
        around = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
        around = [(v, u) for v, u in around if 0 <= v < height and 0 <= u < width]
        if boundaries[y, x] or labels[y, x] == 1:
            sides[y, x] = OUTSIDE
        elif labels[y, x] > 1:
            others = [
                labels[p] for p in around if labels[p] > 1 and not boundaries[p] and labels[p] != labels[y, x]
            ]
            if any(gap == 2 or labels[y, x] > other for other in others):
                sides[y, x] = OUTSIDE
            elif all(labels[p] > 0 or boundaries[p] for p in around):
                sides[y, x] = INSIDE
    return sides


@GAPS
@settings(max_examples=30)
@given(seed=SEEDS)
def test_the_gap_is_where_it_is_said_to_be(gap, seed):
    labels, boundaries = blocks(seed)
    np.testing.assert_array_equal(open_gap(labels, boundaries, gap), slow_open(labels, boundaries, gap))


@GAPS
@settings(max_examples=30)
@given(seed=SEEDS)
def test_no_component_holds_two_objects(gap, seed):
    labels, boundaries = blocks(seed, side=2, ids=4)
    parts, count = ndimage.label(open_gap(labels + 1, boundaries, gap) == INSIDE)
    for part in range(1, count + 1):
        assert np.unique(labels[parts == part]).size == 1


@GAPS
@pytest.mark.parametrize("kind", TRUTHS)
def test_closing_gives_the_cells_back(gap, kind):
    truth = TRUTHS[kind]()
    sides = open_gap(truth + 1, np.zeros(truth.shape, bool), gap)
    closed = close_gap(np.where(sides == INSIDE, truth, 0).astype(np.int32), gap)
    grown = (closed > 0) & (truth == 0)  # in the notch where two round cells part
    assert grown.sum() <= 0.035 * (truth > 0).sum()
    missing = (closed == 0) & (truth > 0)
    assert missing.sum() <= 0.002 * truth.size
    mixed = (closed > 0) & (truth > 0) & (closed != truth)
    assert mixed.sum() <= (0.04 * truth.size if gap == 1 else 0.004 * truth.size)


@GAPS
@settings(max_examples=40)
@given(seed=SEEDS)
def test_closing_only_fills_between_two_instances(gap, seed):
    labels, _ = blocks(seed, side=3, ids=3)
    labels = np.maximum(labels - 1, 0)
    closed = close_gap(labels, gap)
    np.testing.assert_array_equal(closed[labels > 0], labels[labels > 0])
    for y, x in np.argwhere((labels == 0) & (closed > 0)):
        rows, columns = np.nonzero(labels)
        away = np.hypot(rows - y, columns - x)
        own = labels[rows, columns] == closed[y, x]
        assert away[own].min() == away.min()
        assert away[own].min() + away[~own].min() <= gap + 1.5


@GAPS
def test_an_instance_alone_does_not_grow(gap):
    labels = np.zeros((20, 20), np.int32)
    labels[4:9, 3:12] = labels[11:15, 3:12] = labels[4:15, 3:6] = 1
    np.testing.assert_array_equal(close_gap(labels, gap), labels)
    assert close_gap(np.zeros((3, 3), np.int32), gap).max() == 0


@GAPS
def test_cells_further_apart_stay_apart(gap):
    labels = np.zeros((9, 20), np.int32)
    labels[:, :6], labels[:, 6 + gap + 1 :] = 1, 2
    np.testing.assert_array_equal(close_gap(labels, gap), labels)
