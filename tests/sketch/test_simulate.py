import numpy as np
import pytest
from brute_force import blocky
from scipy import ndimage

from sketchcell.errors import SketchcellError
from sketchcell.sketch import KINDS, simulate_sketch


def cells(size=160):
    """Return touching and separate cells with ids that are not consecutive, some of them cut by the edge."""
    random = np.random.default_rng(3)
    truth = np.zeros((size, size), int)
    rows, columns = np.ogrid[:size, :size]
    for number in range(40):
        row, column, radius = *random.integers(0, size, 2), random.integers(5, 13)
        truth[((rows - row) ** 2 + (columns - column) ** 2 < radius**2) & (truth == 0)] = 3 * number + 5
    return truth


@pytest.mark.parametrize("one_id", [False, True])
@pytest.mark.parametrize("share", [0.01, 0.03, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("kind", KINDS)
def test_the_share_is_met_and_no_label_is_wrong(kind, share, one_id):
    truth = cells()
    sketch = simulate_sketch(truth, share, kind, 2, one_id)
    painted = sketch.labels > 0
    assert painted.sum() == round(share * truth.size)
    ranks = np.searchsorted(np.unique(truth), truth) + 1
    expected = np.minimum(ranks, 2) if one_id else ranks
    np.testing.assert_array_equal(sketch.labels[painted], expected[painted])
    if kind != "field":
        sketch.require_trainable()
    if not one_id:
        assert not sketch.boundaries.any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_draws_the_same_sketch_and_another_does_not(kind):
    truth = cells()
    first, same, other = (simulate_sketch(truth, 0.05, kind, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.labels, same.labels)
    assert (first.labels != other.labels).any()


@pytest.mark.parametrize("kind", ["strokes", "cells"])
def test_whole_objects_make_distances_valid(kind):
    sketch = simulate_sketch(cells(), 0.1, kind)
    assert sketch.distances.valid[sketch.labels > 1].any()
    assert sketch.distances.valid[sketch.labels == 1].any()


def test_boundaries_run_where_painted_objects_touch():
    truth = np.ones((60, 60), int)
    truth[:, 30:] = 2
    sketch = simulate_sketch(truth, 1.0, "field", one_id=True)
    np.testing.assert_array_equal(np.argwhere(sketch.boundaries)[:, 1], 29)
    _, count = ndimage.label((sketch.labels == 2) & ~sketch.boundaries)
    assert count == 2


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (3, 3)])
@pytest.mark.parametrize("kind", KINDS)
def test_tiny_images(kind, shape):
    for truth in (blocky(shape, 1, 4, 2), np.zeros(shape, int), np.ones(shape, int)):
        sketch = simulate_sketch(truth, 0.3, kind, one_id=True)
        assert (sketch.labels > 0).sum() == max(round(0.3 * truth.size), 1)


def test_the_field_is_made_of_large_patches():
    labels = simulate_sketch(np.zeros((600, 500), int), 0.25, "field").labels
    _, count = ndimage.label(labels)
    assert count < 30


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "crayon"}, "strokes, dabs"),
        ({"share": 0}, "above 0"),
        ({"share": 1.5}, "above 0"),
        ({"share": float("nan")}, "above 0"),
        ({"truth": np.zeros((2, 2, 2))}, "one plane"),
        ({"truth": np.full((2, 2), 0.5)}, "The truth's labels must be whole numbers: 0 background, 1"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_bad_wishes_are_refused(arguments, message):
    with pytest.raises(SketchcellError, match=message):
        simulate_sketch(**{"truth": cells(), **arguments})
