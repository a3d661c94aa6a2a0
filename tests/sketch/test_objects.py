"""Objects of a sketch, against slow definitions, and after strokes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from sketchcell.sketch import Sketch, valid_distances

SEEDS = st.integers(0, 2**32 - 1)


def random_sketch(seed, height=24, width=26):
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 5, (height // 4 + 1, width // 4 + 1))
    labels = np.kron(coarse, np.ones((4, 4), int))[:height, :width]
    labels[random.random(labels.shape) < 0.05] = 0
    boundaries = random.random(labels.shape) < random.choice([0, 0.05])
    return labels, boundaries


def described(sketch):
    """Objects as a set of plain values, without their numbers."""
    return {
        (
            one.id,
            tuple(span.start for span in one.box),
            one.mask.shape,
            one.mask.tobytes(),
            one.closed,
            one.surrounded,
            one.edges,
        )
        for one in sketch.objects
    }


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_objects_are_connected_paint_of_one_id(seed):
    labels, boundaries = random_sketch(seed)
    sketch = Sketch(labels, boundaries)
    unknown = (labels == 0) & ~boundaries
    left = (labels > 1) & ~boundaries
    for one in sketch.objects:
        whole = np.zeros(labels.shape, bool)
        whole[one.box] = one.mask
        assert left[whole].all()
        left &= ~whole
        assert (labels[whole] == one.id).all()
        assert ndimage.label(whole)[1] == 1
        beside = ndimage.binary_dilation(whole) & ~whole
        assert not ((labels[beside] == one.id) & ~boundaries[beside]).any()
        assert one.closed == (not unknown[beside].any())
        assert one.surrounded >= one.closed
        assert one.area == whole.sum()
    assert not left.any()


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_the_distance_in_a_closed_object_is_the_exact_one(seed):
    labels, boundaries = random_sketch(seed)
    distances = valid_distances(labels, boundaries)
    for one in Sketch(labels, boundaries).objects:
        if not one.closed or not distances.valid[one.box][one.mask].all():
            continue
        np.testing.assert_allclose(one.distance[one.mask], distances.distance[one.box][one.mask], rtol=1e-6)
        assert one.thickness == one.distance.max()


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_painting_gives_the_objects_of_a_fresh_sketch(seed):
    random = np.random.default_rng(seed)
    labels, boundaries = random_sketch(seed)
    sketch = Sketch(labels, boundaries)
    described(sketch)
    for _ in range(3):
        top, left = random.integers(0, 20, 2)
        window = slice(int(top), int(top) + 4), slice(int(left), int(left) + 5)
        before = {id(one): one for one in sketch.objects}
        changed = sketch.paint(window, np.full((4, 5), random.integers(0, 5)))
        assert described(sketch) == described(Sketch(sketch.labels, sketch.boundaries))
        new = [one for one in sketch.objects if id(one) not in before]
        kept = {id(one) for one in sketch.objects}
        for one in new + [old for key, old in before.items() if key not in kept]:
            for span, outer in zip(one.box, changed, strict=True):
                assert outer.start <= span.start
                assert span.stop <= outer.stop
        assert {id(one) for one in sketch.objects.within((slice(0, 24), slice(0, 26)))} == kept


def test_a_ring_is_surrounded_but_not_closed_until_its_gap_is_painted():
    labels = np.ones((12, 12), int)
    labels[2:9, 2:9] = 2
    labels[4:7, 4:7] = 0
    sketch = Sketch(labels)
    (ring,) = sketch.objects
    assert ring.surrounded
    assert not ring.closed
    assert ring.diameter == pytest.approx(2 * np.sqrt(49 / np.pi))
    sketch.paint((slice(4, 7), slice(4, 7)), np.full((3, 3), 2))
    (full,) = sketch.objects
    assert full.closed
    assert full.thickness == 4


@pytest.mark.parametrize("radius", [1, 5, 30, 31, 40])
def test_small_and_large_objects_have_the_same_distance(radius):
    rows, columns = np.indices((90, 90)) - 45
    inside = rows**2 + columns**2 <= radius**2
    (one,) = Sketch(inside + 1).objects
    expected = ndimage.distance_transform_edt(inside)[one.box].astype(np.float32)
    np.testing.assert_array_equal(one.distance, expected)


def test_the_thickest_closed_object_is_known():
    labels = np.ones((30, 30), int)
    labels[2:7, 2:7] = 2
    labels[12:21, 12:21] = 3
    labels[25:, 25:] = 0
    labels[23:26, 5:26] = 4
    sketch = Sketch(labels)
    assert sketch.objects.thickest == 5
    sketch.paint((slice(10, 12), slice(12, 21)), np.zeros((2, 9)))
    assert sketch.objects.thickest == 3
    assert Sketch(np.zeros((4, 4), int)).objects.thickest is None


def test_an_object_that_fills_the_image_has_no_edge():
    (one,) = Sketch(np.full((3, 4), 7)).objects
    assert one.closed
    assert one.cut
    assert one.thickness == pytest.approx(5)


@pytest.mark.parametrize("seed", range(4))
def test_objects_of_strokes_far_apart(seed):
    """Only what is painted is looked at; the objects are those of the whole image all the same."""
    random = np.random.default_rng(seed)
    labels = np.zeros((420, 500), int)
    for _ in range(12):
        top, left = random.integers(0, (400, 480))
        height, width = random.integers(2, 150, 2)
        labels[top : top + height : random.integers(1, 3), left : left + width] = random.integers(0, 4)
    boundaries = random.random(labels.shape) < 0.001
    expected = sum(ndimage.label((labels == one) & ~boundaries)[1] for one in (2, 3))
    objects = Sketch(labels, boundaries).objects
    assert len(objects) == expected
    painted = np.zeros(labels.shape, int)
    for one in objects:
        painted[one.box] += one.mask
    np.testing.assert_array_equal(painted, (labels > 1) & ~boundaries)
