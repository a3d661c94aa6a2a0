"""Algorithm 1 and the classes of partial sketches, against slow versions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import label
from truths import TRUTHS, full_sketch, hidden

from sketchcell.families.class_sets import REACH, class_sets, look
from sketchcell.families.classes import (
    BACKGROUND,
    CELL,
    GAP,
    TOUCHING,
    class_map,
    touching_of_labels,
    touching_of_mask,
)
from sketchcell.sketch import Sketch, simulate_sketch
from sketchcell.sketch.window import expand, within

SEEDS = st.integers(0, 2**32 - 1)


def around(image, y, x, reach):
    """The pixels at most `reach` rows and columns away, inside the image."""
    return image[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]


def slow_classes(labels, classes):
    """From the definitions, pixel by pixel."""
    objects = label(labels, connectivity=1)
    rows, columns = objects.shape
    pixels = [(y, x) for y in range(rows) for x in range(columns)]

    def two(y, x, reach):
        return objects[y, x] == 0 and len(set(around(objects, y, x, reach).flat) - {0}) > 1

    def contact(y, x):
        beside = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
        near = {int(objects[p]) for p in beside if 0 <= p[0] < rows and 0 <= p[1] < columns}
        return objects[y, x] > 0 and bool(near - {0, int(objects[y, x])})

    gap = np.array([two(y, x, 1) for y, x in pixels]).reshape(objects.shape)
    touching = np.array([around(gap, y, x, 1).any() or contact(y, x) for y, x in pixels])
    near = np.array([two(y, x, 3) for y, x in pixels])
    cell = objects.ravel() > 0
    if classes == 2:
        cell &= ~np.array([contact(y, x) for y, x in pixels])
        return cell.astype(int).reshape(objects.shape)
    found = np.where(cell, CELL, np.where(near & (classes == 4), GAP, BACKGROUND))
    return np.where(touching, TOUCHING, found).reshape(objects.shape)


def random_labels(seed, height=18, width=20):
    """Blobs that touch, are near, or have holes."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 5, (-(-height // 3), -(-width // 3)))
    labels = np.kron(coarse, np.ones((3, 3), int))[:height, :width]
    return np.where(random.random(labels.shape) < random.choice([0, 0.1]), 0, labels)


def slow_closing(mask):
    """What every 3 × 3 element that holds the pixel and lies on the image somewhere hits."""
    rows, columns = mask.shape
    dilated = np.array([[around(mask, y, x, 1).any() for x in range(columns)] for y in range(rows)])
    return np.array([[around(dilated, y, x, 1).all() for x in range(columns)] for y in range(rows)])


@settings(max_examples=40)
@given(seed=SEEDS, share=st.floats(0, 1))
def test_algorithm_1_of_a_mask(seed, share):
    mask = np.random.default_rng(seed).random((9, 11)) < share
    gap = slow_closing(mask) & ~mask
    expected = [[around(gap, y, x, 1).any() for x in range(11)] for y in range(9)]
    np.testing.assert_array_equal(touching_of_mask(mask), expected)


@settings(max_examples=40)
@given(seed=SEEDS, classes=st.sampled_from([2, 3, 4]))
def test_classes_of_labels_are_those_of_the_definitions(seed, classes):
    labels = random_labels(seed)
    np.testing.assert_array_equal(class_map(labels, classes), slow_classes(labels, classes))


def test_a_gap_of_one_pixel_is_the_same_for_masks_and_labels():
    labels = np.zeros((30, 31), int)
    labels[4:20, 3:14], labels[4:20, 15:28] = 1, 2
    expected = np.zeros(labels.shape, bool)
    expected[4:20, 13:16] = True
    expected[3, 13:16] = expected[20, 13:16] = True  # the element's corners
    np.testing.assert_array_equal(touching_of_labels(labels)[5:19], expected[5:19])
    np.testing.assert_array_equal(touching_of_labels(labels)[:, :12], expected[:, :12])
    np.testing.assert_array_equal(touching_of_labels(labels)[5:19], touching_of_mask(labels)[5:19])


def test_objects_that_touch_directly_have_a_band_of_two_pixels():
    labels = np.zeros((20, 22), int)
    labels[4:16, 3:11], labels[4:16, 11:19] = 1, 2
    touching = touching_of_labels(labels)
    np.testing.assert_array_equal(np.flatnonzero(touching[9]), [10, 11])


def test_a_notch_is_no_contact_between_objects():
    labels = np.ones((9, 9), int)
    labels[:5, 4] = 0
    assert touching_of_mask(labels).any()
    assert not touching_of_labels(labels).any()


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("kind", TRUTHS)
def test_a_full_sketch_leaves_one_class(kind, classes):
    truth = TRUTHS[kind]()
    sketch = full_sketch(truth)
    sets = class_sets(look(sketch, sketch.window), classes)
    np.testing.assert_array_equal(sets, class_map(truth, classes) == np.arange(classes)[:, None, None])


@settings(max_examples=60)
@given(
    seed=SEEDS,
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    classes=st.sampled_from([2, 3, 4]),
    real=st.booleans(),
    one_id=st.booleans(),
)
def test_painting_more_only_narrows_and_never_loses_the_true_class(seed, shares, classes, real, one_id):
    truth = TRUTHS["touching"]()[10:58, 8:60] if real else random_labels(seed)
    if one_id:  # only objects that do not touch may share one
        truth = np.where(slow_classes(truth, 2) == CELL, 1, 0)
    noise = np.kron(np.random.default_rng(seed).random((16, 18)), np.ones((3, 3)))
    noise = noise[: truth.shape[0], : truth.shape[1]]
    few, more = (hidden(truth, noise < share) for share in sorted(shares))
    few, more = (class_sets(look(sketch, sketch.window), classes) for sketch in (few, more))
    true = class_map(truth, classes) == np.arange(classes)[:, None, None]
    painted = few.any(0)
    np.testing.assert_array_equal(painted, noise < min(shares))
    assert (more <= few)[:, painted].all()
    assert (true <= few)[:, painted].all()
    assert (true <= more)[:, more.any(0)].all()


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("seed", range(4))
def test_lines_between_objects_of_one_id_never_lose_the_true_class(seed, classes):
    truth = TRUTHS["touching"]()
    sketch = simulate_sketch(truth, [0.05, 0.3, 0.7, 1.0][seed], seed=seed, one_id=True)
    sets = class_sets(look(sketch, sketch.window), classes)
    true = class_map(truth, classes) == np.arange(classes)[:, None, None]
    painted = sets.any(0)
    assert (true <= sets)[:, painted].all()
    assert painted[sketch.boundaries].all()


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("seed", range(6))
def test_sets_hang_on_a_few_pixels_around(seed, classes):
    random = np.random.default_rng(seed)
    sketch = simulate_sketch(TRUTHS["touching"](), 0.4, seed=seed)
    whole = class_sets(look(sketch, sketch.window), classes)
    top, left = random.integers(0, 80, 2)
    window = slice(int(top), int(top) + 24), slice(int(left), int(left) + 30)
    margin = expand(window, REACH[classes], sketch.shape)
    part = class_sets(look(sketch, margin), classes)[:, *within(window, margin)]
    np.testing.assert_array_equal(part, whole[:, *window])


def test_inside_a_stroke_the_class_is_certain_and_at_its_rim_it_is_a_set():
    labels = np.zeros((30, 30), int)
    labels[5:25, 3:12], labels[5:25, 18:28] = 2, 1
    sketch = Sketch(labels)
    sets = class_sets(look(sketch, sketch.window), 3)
    names = {tuple(np.flatnonzero(column)) for column in sets[:, 15].T}
    assert names == {(), (CELL,), (CELL, TOUCHING), (BACKGROUND,), (BACKGROUND, TOUCHING)}
    assert not sets[TOUCHING, 7:23, 5:10].any()
    assert sets[TOUCHING, 5:25, 3].all()
    assert not sets[TOUCHING, 8:22, 20:26].any()


def test_strokes_of_one_id_may_be_one_object_and_closed_ones_are_not():
    labels = np.ones((9, 13), int)
    labels[3:6, 2:6] = labels[3:6, 7:11] = 2
    sketch = Sketch(labels)
    assert class_sets(look(sketch, sketch.window), 3)[:, 4, 6].tolist() == [False, False, True]
    labels[4, 2] = labels[4, 10] = 0  # neither outline is known all round
    sketch = Sketch(labels)
    assert class_sets(look(sketch, sketch.window), 3)[:, 4, 6].tolist() == [True, False, True]
    labels[4, 7:11][labels[4, 7:11] == 2] = 3
    labels[3, 7:11] = labels[5, 7:11] = 3
    sketch = Sketch(labels)
    assert class_sets(look(sketch, sketch.window), 3)[:, 4, 6].tolist() == [False, False, True]
