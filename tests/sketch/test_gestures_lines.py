"""Splitting by a line, merging by a stroke."""

from itertools import pairwise

import numpy as np
import pytest
from gesture_planes import EIGHT, applied, check_correction, copied, random_plane
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial.distance import cdist
from skimage.draw import line as bresenham

from sketchcell.errors import SketchcellError
from sketchcell.sketch import Sketch
from sketchcell.sketch.gestures import Plane, accept, merge, split

SEEDS = st.integers(0, 2**32 - 1)


def random_line(seed, reach=6):
    random = np.random.default_rng(seed + 1)
    return random.uniform((-reach, -reach), (26 + reach, 30 + reach), (random.integers(2, 5), 2))


def sides(inside, line):
    """The parts of an instance without a line, large enough; by walking from pixel to pixel."""
    free = inside & ~line
    number = np.zeros(inside.shape, int)
    count = 0
    for start in map(tuple, np.argwhere(free)):
        if number[start]:
            continue
        count += 1
        stack, number[start] = [start], count
        while stack:
            row, column = stack.pop()
            for down, right in [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)]:
                at = row + down, column + right
                if not (0 <= at[0] < free.shape[0] and 0 <= at[1] < free.shape[1] and free[at]):
                    continue
                crosses = line[row, at[1]] or line[at[0], column]
                if not number[at] and not (down and right and crosses):
                    number[at] = count
                    stack.append(at)
    least = max(1, 0.01 * inside.sum())
    return [number == n for n in range(1, count + 1) if (number == n).sum() >= least]


def drawn(points, shape):
    mask = np.zeros(shape, bool)
    for (top, left), (bottom, right) in pairwise(points):
        mask[bresenham(top, left, bottom, right)] = True
    return mask


@settings(max_examples=150)
@given(seed=SEEDS)
def test_parts_are_those_on_the_sides_of_the_line(seed):
    """The line goes from edge to edge of the image, so that nothing is to be extended."""
    plane = random_plane(seed)
    before = copied(plane)
    random = np.random.default_rng(seed)
    line = np.array([(0, random.integers(30)), random.integers(0, (26, 30)), (25, random.integers(30))])
    correction = split(plane, line)
    check_correction(plane, before, correction)
    after = applied(plane, correction)
    cut = drawn(line.tolist(), plane.shape)
    expected_none = True
    for number in np.unique(plane.instances[plane.instances > 0]):
        inside = plane.instances == number
        parts = sides(inside, cut & inside)
        found = [int(n) for n in np.unique(after.instances[inside])]
        if len(parts) < 2 or not (inside & cut).any():
            assert found == [number]
            continue
        expected_none = False
        assert len(found) == len(parts)
        assert number in found
        assert 0 not in found
        kept = np.any(parts, axis=0)
        for part in parts:
            (own,) = np.unique(after.instances[part])
            assert (own == number) <= (part.sum() == max(other.sum() for other in parts))
            mine = inside & (after.instances == own) & ~kept
            if mine.any():
                to_mine = cdist(np.argwhere(mine), np.argwhere(part)).min(axis=1)
                to_any = cdist(np.argwhere(mine), np.argwhere(kept)).min(axis=1)
                np.testing.assert_array_equal(to_mine, to_any)
    assert (correction is None) == expected_none
    np.testing.assert_array_equal(after.instances == 0, plane.instances == 0)


@settings(max_examples=150)
@given(seed=SEEDS)
def test_the_sides_of_a_split_are_different_cells_in_the_sketch(seed):
    plane = random_plane(seed)
    before = copied(plane)
    correction = split(plane, random_line(seed))
    check_correction(plane, before, correction)
    after = applied(plane, correction)
    for number in np.unique(plane.instances[plane.instances > 0]):
        inside = plane.instances == number
        parts = np.where(inside, after.instances, 0)
        if len(np.unique(parts[inside])) == 1:
            np.testing.assert_array_equal(after.boundaries[inside], plane.boundaries[inside])
            continue
        for one, other, line, line_beside in (
            (parts[1:], parts[:-1], after.boundaries[1:], after.boundaries[:-1]),
            (parts[:, 1:], parts[:, :-1], after.boundaries[:, 1:], after.boundaries[:, :-1]),
        ):
            touch = (one > 0) & (other > 0) & (one != other)
            assert (line | line_beside)[touch].all()
        painted = (after.labels > 1) & (plane.labels < 2) & inside
        for part in np.unique(parts[parts > 0]):
            ids = np.unique(after.labels[painted & (parts == part)])
            assert len(ids) <= 1
            assert not (after.labels[painted & (parts != part)] == (ids[0] if ids.size else -1)).any()
    said = after.labels != plane.labels
    assert (plane.labels[said] != 1).all()
    near_line = ndimage.binary_dilation(after.boundaries, EIGHT, iterations=3)
    painted = said & (plane.labels == 0)
    assert (near_line | ~painted).all()
    assert not (after.boundaries < plane.boundaries).any()


@settings(max_examples=100)
@given(seed=SEEDS)
def test_no_new_paint_joins_paint_of_other_cells(seed):
    plane = random_plane(seed)
    for gesture in (split, merge):
        after = applied(plane, gesture(plane, random_line(seed)))
        new = (after.labels > 1) & (plane.labels == 0)
        for row, column in np.argwhere(new):
            box = slice(max(row - 1, 0), row + 2), slice(max(column - 1, 0), column + 2)
            alike = (after.labels[box] == after.labels[row, column]) & (plane.instances[box] > 0)
            assert (after.instances[box][alike] == after.instances[row, column]).all() or (
                gesture is split and after.boundaries[box].any()
            )


def two_disks(gap=0):
    rows, columns = np.indices((40, 60))
    instances = np.zeros((40, 60), np.int32)
    instances[np.hypot(rows - 20, columns - 20) <= 12] = 4
    instances[np.hypot(rows - 20, columns - 40 - gap) < 9] = 9
    return instances


def blank(instances):
    return Plane(np.zeros(instances.shape, np.uint16), np.zeros(instances.shape, bool), instances)


@pytest.mark.parametrize("line", [[(11, 20), (29, 20)], [(10, 22), (33, 18)], [(28, 24), (28, 8), (25, 5)]])
def test_a_line_that_stops_just_short_is_extended(line):
    after = applied(plane := blank(two_disks()), split(plane, line))
    assert len(np.unique(after.instances)) == 4


def test_a_line_that_stops_far_from_the_outline_or_only_touches_splits_nothing():
    plane = blank(two_disks())
    assert split(plane, [(4, 20), (20, 20)]) is None
    assert split(plane, [(4, 20), (9, 20)]) is None
    assert split(plane, [(0, 0), (0, 59)]) is None


def test_a_line_splits_every_cell_that_it_crosses():
    after = applied(plane := blank(two_disks()), split(plane, [(20, 0), (20, 59)]))
    assert np.unique(after.instances).tolist() == [0, 4, 9, 10, 11]
    assert len({int(after.labels[at]) for at in [(18, 20), (22, 20), (18, 40), (22, 40)]}) == 4


def test_the_tail_of_a_line_is_no_boundary():
    instances = np.zeros((40, 40), np.int32)
    instances[5:35, 5:35] = 1
    after = applied(plane := blank(instances), split(plane, [(0, 15), (30, 15), (15, 15), (15, 0)]))
    assert after.instances[10, 10] != after.instances[30, 30]
    assert not after.boundaries[18:, 15:].any()


def test_accepting_both_sides_of_a_split_leaves_no_line():
    plane = blank(two_disks())
    after = applied(plane, split(plane, [(0, 20), (39, 20)]))
    assert after.boundaries.any()
    for at in [(20, 10), (20, 28), (20, 40)]:
        after = applied(after, accept(after, at))
    assert not after.boundaries.any()
    assert len(Sketch(after.labels, after.boundaries).objects) == 3


def test_paint_of_a_part_keeps_its_id_in_the_larger_one_only():
    instances = np.zeros((20, 30), np.int32)
    instances[4:16, 4:26] = 1
    labels = np.zeros((20, 30), np.uint16)
    labels[10, 6:27] = 5
    after = applied(plane := Plane(labels, labels > 9, instances), split(plane, [(0, 18), (19, 18)]))
    assert set(after.labels[10, 6:17].tolist()) == {5}
    assert set(after.labels[10, 19:27].tolist()) == {6}


@settings(max_examples=150)
@given(seed=SEEDS)
def test_a_merge_joins_what_the_line_runs_through(seed):
    plane = random_plane(seed)
    before = copied(plane)
    line = np.clip(np.rint(random_line(seed)), 0, (25, 29)).astype(int)
    correction = merge(plane, line, 3)
    check_correction(plane, before, correction)
    path = drawn(line.tolist(), plane.shape)
    hit = np.unique(plane.instances[path & (plane.instances > 0)])
    if len(hit) < 2:
        assert correction is None
        return
    after = applied(plane, correction)
    inside = np.isin(plane.instances, hit)
    (merged,) = np.unique(after.instances[inside])
    sizes = [(plane.instances == number).sum() for number in hit]
    assert sizes[list(hit).index(merged)] == max(sizes)
    others = (plane.instances > 0) & ~inside
    np.testing.assert_array_equal(after.instances[others], plane.instances[others])
    joined = (after.instances == merged) & ~inside
    assert not (joined & ~ndimage.binary_dilation(path, EIGHT)).any()
    assert ndimage.label(after.instances == merged, EIGHT)[1] == 1
    assert not after.boundaries[path & inside].any()
    assert (after.boundaries <= plane.boundaries).all()
    ids = np.unique(after.labels[inside & (after.labels > 1)])
    assert len(ids) <= 1
    np.testing.assert_array_equal(
        after.labels[others],
        np.where(
            after.labels[others] == plane.labels[others], plane.labels[others], ids[:1] if ids.size else 0
        ),
    )


def test_a_merge_paints_between_the_cells_and_not_beyond():
    plane = blank(two_disks(gap=6))
    plane.labels[19:22, 33:36] = 1
    after = applied(plane, merge(plane, [(20, 2), (20, 20), (20, 46), (2, 46)], 3))
    assert (after.labels[19:22, 10:48] == 2).all()
    assert (after.instances[19:22, 10:48] == 4).all()
    assert not after.labels[:, :7].any()
    assert not after.labels[:8].any()


def test_a_merge_undoes_the_line_of_a_split():
    plane = blank(two_disks())
    after = applied(plane, split(plane, [(0, 20), (39, 20)]))
    after = applied(after, merge(after, [(20, 14), (20, 26)]))
    assert not after.boundaries.any()
    assert len(np.unique(after.labels[after.labels > 1])) == 1
    np.testing.assert_array_equal(after.instances, plane.instances)


def test_a_merge_hides_no_edge_to_a_third_cell():
    instances = np.zeros((9, 30), np.int32)
    instances[:, :10], instances[:, 10:20], instances[:, 20:] = 1, 2, 3
    labels = np.where(instances == 2, 3, 2).astype(np.uint16)
    plane = Plane(labels, np.zeros(labels.shape, bool), instances)
    after = applied(plane, merge(plane, [(4, 5), (4, 15)]))
    assert after.labels[4, 15] != after.labels[4, 25]
    assert after.labels[4, 15] == after.labels[4, 5] == 3


@pytest.mark.parametrize("gesture", [split, merge])
def test_lines_that_are_none_are_refused_or_do_nothing(gesture):
    plane = blank(two_disks())
    for line in ([(0, 0), (np.nan, 3)], [1, 2, 3], [(0, 0, 0), (1, 1, 1)], [], "line", [(0, 0), (1,)]):
        with pytest.raises(SketchcellError, match="draw it again"):
            gesture(plane, line)
    assert gesture(plane, [(-50, -50), (-1, 200)]) is None
    with pytest.raises(ValueError, match="wide"):
        merge(plane, [(0, 0), (1, 1)], width=0.5)


def test_a_line_from_far_outside_costs_no_more_than_the_image():
    plane = blank(two_disks())
    after = applied(plane, split(plane, [(20, -1e12), (20, 1e12)]))
    assert len(np.unique(after.instances)) == 5
