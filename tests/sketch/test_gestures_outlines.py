"""Cells drawn by their outline, strokes that are whole cells, and cells from elsewhere."""

import numpy as np
import pytest
from gesture_planes import (
    EIGHT,
    applied,
    around,
    assert_exact,
    check_correction,
    copied,
    random_cells,
    random_plane,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.draw import polygon

from sketchcell.errors import SketchcellError
from sketchcell.sketch import Sketch
from sketchcell.sketch.gestures import Plane, from_labels, outline_stroke, redraw

SEEDS = st.integers(0, 2**32 - 1)


def star(random, shape, margin=4):
    """Vertices of a polygon that does not cross itself, and the pixels inside it and the image."""
    angles = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 14)))
    radii = random.uniform(2, 10, angles.size)
    centre = random.uniform((0, 0), shape)
    outline = np.stack([np.sin(angles), np.cos(angles)], 1) * radii[:, None] + centre
    mask = np.zeros([n + 40 for n in shape], bool)
    mask[polygon(*(outline + 20).T, mask.shape)] = True
    return outline, mask[20:-20, 20:-20]


@settings(max_examples=150)
@given(seed=SEEDS)
def test_a_redrawn_instance_is_exactly_the_inside(seed):
    plane = random_plane(seed)
    random = np.random.default_rng(seed)
    outline, inside = star(random, plane.shape)
    before = copied(plane)
    at = tuple(int(n) for n in random.integers(0, plane.shape))
    correction = redraw(plane, outline, at)
    check_correction(plane, before, correction)
    parts, count = ndimage.label(inside)
    if count == 0:
        assert correction is None
        return
    after = applied(plane, correction)
    largest = np.bincount(parts[inside])[1:].max()
    number = plane.instances[at]
    new = number if number else plane.instances.max() + 1
    cell = after.instances == new
    assert cell.sum() >= largest
    assert (inside | ~cell).all() or ndimage.binary_fill_holes(inside)[cell].all()
    assert_exact(after, cell)
    old = (plane.instances == number) if number else np.zeros_like(cell)
    assert (after.labels[old & ~cell] == 1).all()
    assert not after.instances[old & ~cell].any()
    untouched = ~old & ~cell
    np.testing.assert_array_equal(after.instances[untouched], plane.instances[untouched])


def test_an_outline_much_like_an_instance_redraws_it_and_another_draws_a_new_cell():
    instances = np.zeros((40, 40), np.int32)
    instances[5:15, 5:15], instances[20:38, 2:38] = 3, 5
    plane = Plane(np.zeros((40, 40), np.uint16), np.zeros((40, 40), bool), instances)
    alike = applied(plane, redraw(plane, [(7, 4), (7, 14), (17, 14), (17, 4)]))
    assert np.unique(alike.instances).tolist() == [0, 3, 5]
    assert alike.instances[16, 10] == 3
    assert alike.labels[5, 10] == 1
    small = applied(plane, redraw(plane, [(22, 4), (22, 12), (30, 12), (30, 4)]))
    assert small.instances[25, 8] == 6
    assert small.instances[35, 30] == 5
    assert small.labels[35, 30] == 0
    assert small.boundaries[26, 13]
    nothing = applied(plane, redraw(plane, [(0, 20), (0, 30), (9, 30), (9, 20)], (0, 0)))
    assert nothing.instances[5, 25] == 6


def test_an_outline_that_crosses_itself_is_its_largest_part_without_holes():
    plane = Plane(np.zeros((40, 40), np.uint16), np.zeros((40, 40), bool), np.zeros((40, 40), np.int32))
    eight = [(5, 5), (5, 25), (25, 25), (25, 22), (3, 8), (2, 2)]
    cell = applied(plane, redraw(plane, eight)).instances == 1
    assert ndimage.label(cell)[1] == 1
    np.testing.assert_array_equal(ndimage.binary_fill_holes(cell), cell)
    twice = [(5, 5), (5, 30), (30, 30), (30, 5), (5, 5), (12, 12), (12, 20), (20, 20), (20, 12), (12, 12)]
    assert (applied(plane, redraw(plane, twice)).instances[6:29, 6:29] == 1).all()


def test_outlines_that_are_none():
    plane = random_plane(1)
    assert redraw(plane, [(-9, -9), (-9, -3), (-3, -3)]) is None
    assert redraw(plane, [(900, 9), (950, 3), (990, 30)]) is None
    assert redraw(plane, [(3.2, 3.3), (3.2, 3.4), (3.3, 3.4)]) is None
    for outline in ([(1, 1), (2, 2)], [(1, 1), (np.inf, 3), (5, 5)]):
        with pytest.raises(SketchcellError, match="draw it again"):
            redraw(plane, outline)


@settings(max_examples=150)
@given(seed=SEEDS)
def test_an_outlined_stroke_is_a_closed_object(seed):
    plane = random_plane(seed)
    before = copied(plane)
    random = np.random.default_rng(seed)
    objects = np.argwhere((plane.labels > 1) & ~plane.boundaries)
    if not len(objects):
        return
    at = tuple(int(n) for n in objects[random.integers(len(objects))])
    correction = outline_stroke(plane, at)
    check_correction(plane, before, correction)
    after = applied(plane, correction)
    parts, _ = ndimage.label((plane.labels == plane.labels[at]) & ~plane.boundaries)
    stroke = parts == parts[at]
    np.testing.assert_array_equal(after.labels, plane.labels)
    unknown = (plane.labels == 0) & ~plane.boundaries
    np.testing.assert_array_equal(after.boundaries, plane.boundaries | (unknown & around(stroke)))
    (own,) = np.unique(after.instances[stroke])
    assert own > 0
    (closed,) = [
        one
        for one in Sketch(after.labels, after.boundaries).objects
        if one.id == plane.labels[at] and (stroke[one.box] & one.mask).any()
    ]
    assert closed.closed
    assert closed.area == stroke.sum()
    if not ((plane.labels == plane.labels[at]) & around(stroke)).any():
        assert Sketch(after.labels, after.boundaries).distances.valid[stroke].all()
    others = (plane.instances != own) & ~stroke
    np.testing.assert_array_equal(after.instances[others], plane.instances[others])


def test_an_outlined_stroke_takes_the_place_of_the_instance_that_is_like_it():
    instances = np.zeros((20, 20), np.int32)
    instances[4:14, 4:14] = 7
    labels = np.zeros((20, 20), np.uint16)
    labels[5:14, 5:15] = 2
    plane = Plane(labels, np.zeros((20, 20), np.uint8), instances)
    after = applied(plane, outline_stroke(plane, (6, 6)))
    np.testing.assert_array_equal(after.instances, np.where(labels, 7, 0))
    assert outline_stroke(Plane(after.labels, after.boundaries, after.instances), (6, 6)) is None


@pytest.mark.parametrize("at", [(0, 0), (1, 1), (2, 2), (-1, 0), (9, 9), (np.nan, 0)])
def test_where_no_object_is_painted_nothing_is_outlined(at):
    labels = np.diag([0, 1, 2]).astype(np.uint16)
    assert outline_stroke(Plane(labels, labels == 2, labels), at) is None


@settings(max_examples=60)
@given(seed=SEEDS, complete=st.booleans())
def test_imported_cells_are_exact(seed, complete):
    random = np.random.default_rng(seed)
    cells = random_cells(random) * random.integers(1, 10**6)
    plane = from_labels(cells, complete=complete)
    assert plane.labels.dtype == np.uint16
    ids = np.unique(cells[cells > 0])
    for number, own in enumerate(ids, 2):
        cell = cells == own
        assert (plane.labels[cell] == number).all()
        assert (plane.instances[cell] == number - 1).all()
        assert_exact(plane, cell)
    rest = cells == 0
    ring = rest & ndimage.binary_dilation(cells > 0, EIGHT)
    np.testing.assert_array_equal(plane.labels[rest], (rest if complete else ring)[rest])
    assert not plane.boundaries.any()
    assert not plane.instances[rest].any()
    if complete:
        assert Sketch(plane.labels).distances.valid.all()


def test_imports_that_cannot_be():
    many = np.arange(256 * 256).reshape(256, 256)
    with pytest.raises(SketchcellError, match="65535 cells"):
        from_labels(many, complete=True)
    many[many > 65533] = 0
    assert from_labels(many, complete=True).labels.max() == 65534
    for labels in (np.zeros((2, 2, 2), int), [[-1, 2]], [[0.5, 1]], [["a"]]):
        with pytest.raises(SketchcellError):
            from_labels(labels, complete=True)
