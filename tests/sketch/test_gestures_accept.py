"""Accepting and rejecting what is shown."""

import numpy as np
import pytest
from gesture_planes import (
    applied,
    around,
    arrays,
    assert_exact,
    check_correction,
    copied,
    random_plane,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from sketchcell.errors import SketchcellError
from sketchcell.sketch.gestures import Plane, accept, accept_all, reject

SEEDS = st.integers(0, 2**32 - 1)
EVERYTHING = slice(0, 26), slice(0, 30)


def some_instance(plane, seed):
    """A pixel of an instance and which one it is; None if there is none."""
    places = np.argwhere(plane.instances > 0)
    if not len(places):
        return None
    at = tuple(int(n) for n in places[seed % len(places)])
    return at, plane.instances == plane.instances[at]


@settings(max_examples=150)
@given(seed=SEEDS)
def test_an_accepted_instance_is_exact_and_nothing_else_is_said(seed):
    plane = random_plane(seed)
    before = copied(plane)
    chosen = some_instance(plane, seed)
    if chosen is None:
        return
    at, cell = chosen
    correction = accept(plane, at)
    check_correction(plane, before, correction)
    after = applied(plane, correction)
    np.testing.assert_array_equal(after.instances, plane.instances)
    assert_exact(after, cell)
    ring = around(cell)
    was_unknown = ring & (plane.labels == 0) & ~plane.boundaries
    assert (after.labels[was_unknown & (plane.instances == 0)] == 1).all()
    assert after.boundaries[was_unknown & (plane.instances != 0)].all()
    changed = (after.labels != plane.labels) & ~cell
    taken_back = changed & ~was_unknown
    assert np.isin(plane.labels[taken_back], plane.labels[cell]).all()
    assert not (taken_back & ~(around(cell | ring) | ring)).any()
    assert accept(after, at) is None


@settings(max_examples=100)
@given(seed=SEEDS)
def test_the_id_painted_inside_alone_is_kept(seed):
    plane = random_plane(seed)
    chosen = some_instance(plane, seed)
    if chosen is None:
        return
    at, cell = chosen
    after = applied(plane, accept(plane, at))
    ids = np.unique(plane.labels[cell & (plane.labels > 1)])
    own = after.labels[at]
    if ids.size == 1 and not (plane.labels[around(cell)] == ids[0]).any():
        assert own == ids[0]
    elif ids.size != 1:
        assert own == max(plane.labels.max() + 1, 2)


@settings(max_examples=100)
@given(seed=SEEDS)
def test_accepting_all_says_what_accepting_each_does(seed):
    plane = random_plane(seed)
    before = copied(plane)
    correction = accept_all(plane, EVERYTHING)
    check_correction(plane, before, correction)
    after, one_by_one = applied(plane, correction), plane
    numbers = [int(n) for n in np.unique(plane.instances) if n]
    for number in numbers:
        cell = plane.instances == number
        assert_exact(after, cell)
        one_by_one = applied(one_by_one, accept(one_by_one, np.argwhere(cell)[0]))
    outside = plane.instances == 0
    unpainted = (plane.labels == 0) & ~plane.boundaries
    for mine, theirs in zip(arrays(after), arrays(one_by_one), strict=True):
        np.testing.assert_array_equal(mine[outside & unpainted], theirs[outside & unpainted])
    assert accept_all(after, EVERYTHING) is None


@settings(max_examples=100)
@given(seed=SEEDS)
def test_accepting_a_window_takes_the_instances_that_lie_wholly_in_it(seed):
    plane = random_plane(seed)
    random = np.random.default_rng(seed)
    top, left = random.integers(0, 12, 2)
    window = slice(int(top), int(top) + 14), slice(int(left), int(left) + 17)
    before = copied(plane)
    correction = accept_all(plane, window)
    check_correction(plane, before, correction)
    after = applied(plane, correction)
    inside = np.zeros(plane.shape, bool)
    inside[window] = True
    for number in np.unique(plane.instances[plane.instances > 0]):
        cell = plane.instances == number
        if (inside | ~cell).all():
            assert_exact(after, cell)
        else:
            new_paint = cell & (plane.labels == 0) & (after.labels > 0)
            assert not new_paint.any()


def test_touching_instances_painted_with_one_id_get_ids_of_their_own_and_lose_the_line():
    instances = np.zeros((12, 12), np.int32)
    instances[2:10, 2:6], instances[2:10, 6:10] = 1, 2
    labels = np.where(instances > 0, 2, 0).astype(np.uint16)
    lines = np.zeros((12, 12), bool)
    lines[2:10, 5:7] = True
    plane = Plane(labels, lines, instances)
    one = applied(plane, accept(plane, (4, 3)))
    assert one.labels[4, 5] == 3
    assert not one.boundaries[2:10, 6].any()
    both = applied(one, accept(one, (4, 8)))
    assert both.labels[4, 6] == 2
    assert not both.boundaries.any()


def test_a_line_that_parts_two_cells_of_one_id_stays():
    instances = np.zeros((9, 12), np.int32)
    instances[:4], instances[4:, :6], instances[4:, 6:] = 1, 2, 3
    labels = np.where(instances > 1, 2, 0).astype(np.uint16)
    lines = np.zeros((9, 12), bool)
    lines[4:, 5] = True
    after = applied(plane := Plane(labels, lines, instances), accept(plane, (0, 0)))
    np.testing.assert_array_equal(after.boundaries, lines)


def test_a_stroke_that_sticks_out_a_little_is_taken_back_and_a_long_one_is_anothers():
    instances = np.zeros((14, 24), np.int32)
    instances[3:10, 3:10] = 1
    labels = np.zeros((14, 24), np.uint16)
    labels[5, 5:12] = 2
    after = applied(plane := Plane(labels, np.zeros_like(labels), instances), accept(plane, (4, 4)))
    assert after.labels[5, 9:13].tolist() == [2, 1, 0, 0]
    labels[5, 5:20] = 2
    after = applied(plane, accept(plane, (4, 4)))
    assert after.labels[5, 9:13].tolist() == [3, 2, 2, 2]


def test_many_instances_of_large_numbers_are_accepted():
    instances = np.zeros((8, 8), np.int64)
    instances[1:3, 1:3], instances[5:7, 5:7] = 2**40, 2**40 + 1
    plane = Plane(np.zeros((8, 8), np.uint16), np.zeros((8, 8), bool), instances)
    after = applied(plane, accept_all(plane, (slice(0, 8), slice(0, 8))))
    assert after.labels[1, 1] == 2
    assert after.labels[5, 5] == 3


@settings(max_examples=100)
@given(seed=SEEDS)
def test_a_rejected_instance_is_background(seed):
    plane = random_plane(seed)
    before = copied(plane)
    chosen = some_instance(plane, seed)
    if chosen is None:
        return
    at, cell = chosen
    correction = reject(plane, at)
    check_correction(plane, before, correction)
    after = applied(plane, correction)
    assert (after.labels[cell] == 1).all()
    assert not after.boundaries[cell].any()
    np.testing.assert_array_equal(after.instances, np.where(cell, 0, plane.instances))
    np.testing.assert_array_equal(after.boundaries[~cell], plane.boundaries[~cell])
    others = (after.labels != plane.labels) & ~cell
    assert (after.labels[others] == 0).all()
    assert np.isin(plane.labels[others], plane.labels[cell]).all()


@pytest.mark.parametrize("gesture", [accept, reject])
@pytest.mark.parametrize("at", [(0, 0), (-1, 3), (26, 3), (3, 30), (np.nan, 1), (1, np.inf)])
def test_where_no_instance_is_nothing_happens(gesture, at):
    plane = random_plane(3)
    plane.instances[0, 0] = 0
    plane.instances[-1, 3] = 1
    assert gesture(plane, at) is None


def test_numbers_for_cells_are_reused_when_the_highest_is_taken_and_then_run_out():
    instances = np.eye(2, dtype=np.int32)
    labels = np.array([[0, 255], [0, 0]], np.uint8)
    after = applied(plane := Plane(labels, labels > 300, instances), accept(plane, (0, 0)))
    assert after.labels[0, 0] == 2
    labels = np.zeros((16, 17), np.uint8)
    labels[:, :16] = np.arange(256).reshape(16, 16)
    instances = np.zeros((16, 17), np.int32)
    instances[8, 16] = 1
    with pytest.raises(SketchcellError, match="erase"):
        accept(Plane(labels, labels > 300, instances), (8, 16))


def test_the_next_id_may_be_given():
    plane = Plane(np.zeros((3, 3), np.uint16), np.zeros((3, 3)), np.ones((3, 3), np.int32), next_id=77)
    assert (accept(plane, (1, 1)).labels == 77).all()


def test_planes_of_different_shapes_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        Plane(np.zeros((3, 3)), np.zeros((3, 3)), np.zeros((3, 4)))
