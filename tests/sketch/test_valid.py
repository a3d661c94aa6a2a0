"""The oracles of the valid distance set, against brute force."""

import edt
import numpy as np
import pytest
from brute_force import blocky, brute_force, label_images, masks, sketches, squares, windows
from hypothesis import given, settings
from hypothesis import strategies as st

from sketchcell.sketch import Sketch, simulate_sketch, valid_distances
from sketchcell.sketch import valid as valid_module


@settings(max_examples=150, deadline=None)
@given(sketches())
def test_equals_brute_force(sketch):
    labels, boundaries = sketch
    got = valid_distances(labels, boundaries)
    squared, valid = brute_force(labels, boundaries)
    np.testing.assert_array_equal(got.valid, valid)
    np.testing.assert_array_equal(squares(got.distance), squared)
    assert np.isfinite(got.distance).all()


@settings(max_examples=60, deadline=None)
@given(label_images(lowest=1))
def test_fully_painted_is_valid_everywhere_with_the_plain_transform(truth):
    got = valid_distances(truth, np.zeros(truth.shape, bool))
    assert got.valid.all()
    np.testing.assert_array_equal(squares(got.distance), edt.edtsq(truth, black_border=False))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_partial_painting_is_exact_where_valid_and_a_bound_elsewhere(data):
    truth = data.draw(label_images(lowest=1))
    lines = data.draw(masks(truth.shape))
    painted = data.draw(masks(truth.shape))
    drawn = data.draw(masks(truth.shape))
    # A painted pixel on a true boundary is only painted with the boundary: else the sketch would deny it.
    boundaries = lines & (drawn | painted)
    whole = valid_distances(truth, lines)
    part = valid_distances(np.where(painted, truth, 0).astype(np.int32), boundaries)
    np.testing.assert_array_equal(part.distance[part.valid], whole.distance[part.valid])
    assert (part.distance <= whole.distance)[painted].all()
    assert not part.valid[~painted].any()
    assert (part.distance[~painted] == 0).all()


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_painting_more_never_removes_information(data):
    truth = data.draw(label_images(lowest=1))
    lines = data.draw(masks(truth.shape))
    less = data.draw(masks(truth.shape))
    more = less | data.draw(masks(truth.shape))
    drawn = lines & data.draw(masks(truth.shape))
    first = valid_distances(np.where(less, truth, 0).astype(np.int32), lines & less | drawn)
    second = valid_distances(np.where(more, truth, 0).astype(np.int32), lines & more | drawn)
    assert (second.valid | ~first.valid).all()
    assert (second.distance >= first.distance)[less].all()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_updates_equal_a_fresh_computation(data):
    labels, boundaries = data.draw(sketches())
    sketch = Sketch(labels, boundaries)
    for _ in range(data.draw(st.integers(1, 4))):
        before = sketch.distances.crop((slice(0, sketch.shape[0]), slice(0, sketch.shape[1])))
        window = data.draw(windows(labels.shape))
        shape = labels[window].shape
        what = data.draw(st.sampled_from(["labels", "erase", "boundaries", "both"]))
        if what == "boundaries":
            new = sketch.labels[window].copy()
        elif what == "erase":
            new = np.zeros(shape, np.int32)
        else:
            new = data.draw(label_images(shapes=st.just(shape)))
        lines = data.draw(masks(shape)) if what in ("boundaries", "both") else None
        changed = sketch.paint(window, new, lines)
        assert_fresh(sketch)
        outside = np.ones(sketch.shape, bool)
        outside[changed] = False
        np.testing.assert_array_equal(before.distance[outside], sketch.distances.distance[outside])
        np.testing.assert_array_equal(before.valid[outside], sketch.distances.valid[outside])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_updates_on_larger_sketches_equal_a_fresh_computation(seed):
    random = np.random.default_rng(seed)
    shape = tuple(int(n) for n in random.integers(100, 400, 2))
    block = int(random.choice([5, 30, 200]))
    sketch = Sketch(
        blocky(shape, random, 4, block), blocky(shape, random, 2, 40) * (random.random(shape) < 0.01)
    )
    assert sketch.distances.valid.shape == shape
    for _ in range(4):
        size = random.integers(1, 120, 2)
        start = [int(random.integers(0, n - k)) if n > k else 0 for n, k in zip(shape, size, strict=True)]
        window = tuple(slice(s, min(s + int(k), n)) for s, k, n in zip(start, size, shape, strict=True))
        inside = sketch.labels[window].shape
        new = (
            np.full(inside, random.integers(0, 4)) if random.random() < 0.7 else blocky(inside, random, 4, 9)
        )
        sketch.paint(window, new, random.random(inside) < 0.02 if random.random() < 0.3 else None)
        assert_fresh(sketch)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_dots_that_come_and_go_are_felt_as_far_as_they_are_the_nearest(seed):
    random = np.random.default_rng(seed)
    shape = tuple(int(n) for n in random.integers(60, 200, 2))
    sketch = Sketch(np.full(shape, 2))
    assert sketch.distances.valid.all()
    for _ in range(6):
        row, column = (int(random.integers(n)) for n in shape)
        label = int(random.choice([0, 1, 2]))
        window = (slice(row, row + 1), slice(column, column + 1))
        if random.random() < 0.4:
            window = (slice(0, shape[0]), slice(column, column + 1))
        inside = sketch.labels[window].shape
        sketch.paint(window, np.full(inside, label), random.random(inside) < 0.2)
        assert_fresh(sketch)


@pytest.mark.parametrize("diagonal", [False, True])
def test_a_long_thin_stroke_is_updated_in_pieces(diagonal):
    sketch = Sketch(blocky((500, 600), 3, 3, 60))
    assert sketch.distances.valid.any()
    new = sketch.labels.copy()
    index = np.arange(500)
    new[index, index if diagonal else 17] = 3
    window = (slice(0, 500), slice(0, 600))
    sketch.paint(window, new)
    assert_fresh(sketch)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_separate_windows_equal_one_transform(seed):
    random = np.random.default_rng(seed)
    labels = np.zeros((300, 420), np.int32)
    for _ in range(int(random.integers(1, 12))):
        row, column, height, width = (
            random.integers(0, 300),
            random.integers(0, 420),
            *random.integers(1, 70, 2),
        )
        labels[row : row + height, column : column + width] = random.integers(0, 4)
    lines = (random.random(labels.shape) < 0.0005) & (labels > 0)
    got = valid_distances(labels, lines)
    distance, valid = valid_module.solve(labels, lines)
    np.testing.assert_array_equal(got.distance, distance)
    np.testing.assert_array_equal(got.valid, valid)


@pytest.mark.parametrize("ids", [3, 300, 70_000])
def test_ids_of_any_size_are_kept_apart(ids):
    labels = np.ones((9, 9), np.int32)
    labels[3:6, 2:4], labels[3:6, 4:6] = ids - 256 if ids > 256 else 2, ids
    got = valid_distances(labels, np.zeros(labels.shape, bool))
    assert got.valid.all()
    assert got.distance[4, 3] == 1


def test_ties_are_valid_only_with_a_different_pixel_as_near_as_the_unknown():
    labels = np.full((11, 11), 2, np.int32)
    labels[5, 0], labels[5, 10] = 0, 1
    got = valid_distances(labels, np.zeros(labels.shape, bool))
    assert got.valid[5, 5]
    assert got.distance[5, 5] == 5
    assert not got.valid[5, 4]
    labels[5, 10] = 2
    assert not valid_distances(labels, np.zeros(labels.shape, bool)).valid[5, 5]


def test_a_single_label_on_the_whole_image_has_no_edge():
    got = valid_distances(np.ones((3, 4), np.int32), np.zeros((3, 4), bool))
    assert got.valid.all()
    np.testing.assert_array_equal(got.distance, 5)


@pytest.mark.parametrize("one_id", [False, True])
@pytest.mark.parametrize("kind", ["strokes", "dabs", "scribbles", "cells", "field"])
def test_simulated_sketches_agree_with_their_truth(kind, one_id):
    truth = blocky((150, 180), 5, 12, 25)
    whole = simulate_sketch(truth, 1.0, "field", 0, one_id).distances
    for share in (0.03, 0.3):
        sketch = simulate_sketch(truth, share, kind, 1, one_id)
        part, painted = sketch.distances, sketch.labels > 0
        np.testing.assert_array_equal(part.distance[part.valid], whole.distance[part.valid])
        assert (part.distance <= whole.distance)[painted].all()


def assert_fresh(sketch):
    fresh = valid_distances(sketch.labels, sketch.boundaries)
    np.testing.assert_array_equal(sketch.distances.valid, fresh.valid)
    np.testing.assert_array_equal(sketch.distances.distance, fresh.distance)
