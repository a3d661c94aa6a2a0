import numpy as np
import pytest
from brute_force import masks, sketches, windows
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from sketchcell.sketch import Sketch

SIZES = st.tuples(st.integers(1, 45), st.integers(1, 45))


def brute_force_resized(labels, boundaries, shape):
    """Return labels under the pixel centres, and boundaries pixel by pixel."""
    (height, width), (rows, columns) = labels.shape, shape
    at_row = [int((i + 0.5) * height / rows) for i in range(rows)]
    at_column = [int((j + 0.5) * width / columns) for j in range(columns)]
    lines = np.zeros(shape, bool)
    for i in range(rows):
        for j in range(columns):
            cover_rows = [s for s in range(height) if int((s + 0.5) * rows / height) == i]
            cover_columns = [s for s in range(width) if int((s + 0.5) * columns / width) == j]
            from_rows = cover_rows if rows < height else [at_row[i]]
            from_columns = cover_columns if columns < width else [at_column[j]]
            lines[i, j] = boundaries[np.ix_(from_rows, from_columns)].any()
    return labels[np.ix_(at_row, at_column)], lines


@settings(max_examples=80, deadline=None)
@given(sketches(), st.tuples(st.integers(1, 20), st.integers(1, 20)))
def test_equals_brute_force(sketch, shape):
    resized = Sketch(*sketch).resized(shape)
    labels, boundaries = brute_force_resized(*sketch, shape)
    np.testing.assert_array_equal(resized.labels, labels)
    np.testing.assert_array_equal(resized.boundaries, boundaries)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_window_painted_on_the_resized_equals_resizing_the_whole(data):
    sketch = Sketch(*data.draw(sketches()))
    shape = data.draw(SIZES)
    small = sketch.resized(shape)
    assert small.distances.valid.shape == shape
    for _ in range(3):
        window = data.draw(windows(sketch.shape))
        inside = sketch.labels[window].shape
        labels = np.full(inside, data.draw(st.integers(0, 4)))
        sketch.paint(window, labels, data.draw(masks(inside)))
        small.paint(*sketch.resized_window(window, shape))
        again = sketch.resized(shape)
        np.testing.assert_array_equal(small.labels, again.labels)
        np.testing.assert_array_equal(small.boundaries, again.boundaries)
        np.testing.assert_array_equal(small.distances.distance, again.distances.distance)
        np.testing.assert_array_equal(small.distances.valid, again.distances.valid)


@pytest.mark.parametrize("size", [7, 20, 33, 50, 63, 64, 65, 100, 200])
@pytest.mark.parametrize("slope", [0.0, 0.37, 1.0])
def test_a_line_of_one_pixel_still_separates(size, slope):
    columns = np.arange(64)
    boundaries = np.zeros((64, 64), bool)
    boundaries[np.rint(20 + slope * columns / 2).astype(int), columns] = True
    resized = Sketch(np.full((64, 64), 2), boundaries).resized((size, size))
    _, count = ndimage.label(~resized.boundaries)
    assert count == 2
    assert resized.boundaries.sum(axis=0).max() <= max(2, -(-2 * size // 64))


def test_the_same_size_changes_nothing():
    labels, lines = np.arange(12).reshape(3, 4), np.eye(3, 4) > 0
    resized = Sketch(labels, lines).resized((3, 4))
    np.testing.assert_array_equal(resized.labels, labels)
    np.testing.assert_array_equal(resized.boundaries, lines)
