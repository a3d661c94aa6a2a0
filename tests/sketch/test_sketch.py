import numpy as np
import pytest
from brute_force import blocky

from sketchcell.errors import SketchcellError
from sketchcell.sketch import Sketch, require_trainable


def test_arrays_are_copied_and_typed():
    labels = np.array([[0, 1], [2, 3]], np.uint8)
    sketch = Sketch(labels, [[0, 255], [0, 0]])
    labels[...] = 9
    assert sketch.labels.dtype == np.int32
    assert sketch.boundaries.dtype == bool
    assert sketch.labels.tolist() == [[0, 1], [2, 3]]
    assert sketch.boundaries.tolist() == [[False, True], [False, False]]
    assert sketch.shape == (2, 2)


@pytest.mark.parametrize(
    "labels", [[[0.0, 2.0]], [[True, False]], np.array([[2]], np.uint64), np.array([[2]], np.float16)]
)
def test_whole_numbers_of_any_type_are_labels(labels):
    assert Sketch(labels).labels.tolist() == np.asarray(labels).astype(int).tolist()


@pytest.mark.parametrize(
    ("labels", "boundaries", "message"),
    [
        (np.zeros((2, 2, 3)), None, "one plane"),
        (np.zeros(4), None, "one plane"),
        (np.zeros((0, 4)), None, "one plane"),
        ([[-1, 2]], None, "between 0 and"),
        ([[2**40]], None, "between 0 and"),
        ([[0.5]], None, "whole numbers"),
        ([[np.nan]], None, "whole numbers"),
        ([[np.inf]], None, "whole numbers"),
        ([["2"]], None, "whole numbers"),
        (np.array([[2**31]], np.float32), None, "between 0 and"),
        ([[1, 2], [1]], None, "differ in length"),
        (np.zeros((2, 2), int), np.zeros((2, 3)), "shape of the image"),
        (np.zeros((2, 2), int), np.zeros((2, 2, 2)), "one plane"),
        (np.zeros((2, 2), int), [["a", "b"], ["c", "d"]], "mask"),
        (np.zeros((1, 2), int), [[0, np.nan]], "NaN"),
    ],
)
def test_what_is_not_a_sketch_is_refused(labels, boundaries, message):
    with pytest.raises(SketchcellError, match=message):
        Sketch(labels, boundaries)


@pytest.mark.parametrize(
    ("labels", "message"),
    [([[0, 0]], "empty"), ([[0, 1]], "Only background"), ([[2, 3]], "Only objects")],
)
def test_an_untrainable_sketch_says_what_to_paint(labels, message):
    with pytest.raises(SketchcellError, match=message):
        Sketch(labels).require_trainable()


def test_sketches_are_trainable_together():
    Sketch([[1, 2]]).require_trainable()
    require_trainable([Sketch([[1, 0]]), Sketch([[0, 7]])])
    with pytest.raises(SketchcellError, match="empty"):
        require_trainable([])


def test_paint_replaces_the_window_and_keeps_boundaries_unless_given():
    sketch = Sketch(np.zeros((4, 5), int), np.eye(4, 5))
    window = (slice(1, 3), slice(1, 4))
    sketch.paint(window, np.full((2, 3), 2))
    np.testing.assert_array_equal(sketch.boundaries, np.eye(4, 5) > 0)
    assert sketch.labels.sum() == 12
    sketch.paint(window, np.zeros((2, 3), int), np.ones((2, 3)))
    assert sketch.labels.sum() == 0
    assert sketch.boundaries[window].all()


def test_paint_tells_where_something_may_have_changed():
    sketch = Sketch(np.zeros((200, 300), int))
    assert sketch.distances.distance.sum() == 0
    rows, columns = sketch.paint((slice(0, 200), slice(0, 300)), sketch.labels)
    assert rows.start == rows.stop
    assert columns.start == columns.stop
    labels = sketch.labels.copy()
    labels[50:60, 70:80] = 1
    rows, columns = sketch.paint((slice(0, 200), slice(0, 300)), labels)
    assert rows.start <= 50
    assert rows.stop >= 60
    assert rows.stop - rows.start < 40
    assert columns.stop - columns.start < 40


@pytest.mark.parametrize(
    ("window", "shape"),
    [
        ((slice(0, 5), slice(0, 2)), (5, 2)),
        ((slice(-2, 2), slice(0, 2)), (4, 2)),
        ((slice(0, 2), slice(0, 2)), (2, 3)),
        ((slice(0, 4, 2), slice(0, 2)), (2, 2)),
    ],
)
def test_paint_outside_the_sketch_is_refused(window, shape):
    sketch = Sketch(np.zeros((4, 4), int))
    with pytest.raises(ValueError, match=r"window|labels"):
        sketch.paint(window, np.ones(shape, int))


def test_paint_refuses_bad_labels_and_changes_nothing():
    sketch = Sketch(np.ones((4, 4), int))
    with pytest.raises(SketchcellError, match="between"):
        sketch.paint((slice(0, 2), slice(0, 2)), np.full((2, 2), -1), np.ones((2, 2)))
    assert (sketch.labels == 1).all()
    assert not sketch.boundaries.any()


def test_a_crop_keeps_the_distances_of_the_whole():
    sketch = Sketch(blocky((60, 50), 2, 4, 9), np.random.default_rng(0).random((60, 50)) < 0.01)
    window = (slice(11, 40), slice(5, 29))
    crop = sketch.crop(window)
    np.testing.assert_array_equal(crop.labels, sketch.labels[window])
    np.testing.assert_array_equal(crop.boundaries, sketch.boundaries[window])
    np.testing.assert_array_equal(crop.distances.distance, sketch.distances.distance[window])
    np.testing.assert_array_equal(crop.distances.valid, sketch.distances.valid[window])
    inner = crop.crop((slice(2, 9), slice(3, 8)))
    np.testing.assert_array_equal(inner.distances.distance, sketch.distances.distance[13:20, 8:13])
    before = crop.labels.copy()
    sketch.paint(window, np.zeros(crop.shape, int))
    np.testing.assert_array_equal(crop.labels, before)


def test_a_crop_is_neither_painted_nor_resized():
    crop = Sketch(np.ones((8, 8), int)).crop((slice(0, 4), slice(0, 4)))
    with pytest.raises(ValueError, match="whole"):
        crop.paint((slice(0, 1), slice(0, 1)), [[2]])
    with pytest.raises(ValueError, match="whole"):
        crop.resized((2, 2))
