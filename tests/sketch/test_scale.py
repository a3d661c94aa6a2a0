import numpy as np
import pytest

from sketchcell.sketch import Sketch, object_diameter, simulate_sketch


def disk(radius, size=61, center=30):
    rows, columns = np.ogrid[:size, :size]
    return (rows - center) ** 2 + (columns - center) ** 2 <= radius**2


def test_an_object_with_a_closed_outline_gives_the_scale():
    labels = np.where(disk(10), 2, np.where(disk(13), 1, 0))
    diameter = object_diameter(Sketch(labels))
    assert diameter.value == pytest.approx(2 * np.sqrt(disk(10).sum() / np.pi))
    assert diameter.whole == 1


def test_a_stroke_inside_an_object_only_gives_a_bound():
    diameter = object_diameter(Sketch(np.where(disk(10), 2, 0)))
    assert diameter.value is None
    assert diameter.whole == 0
    assert diameter.lower_bound == pytest.approx(2 * np.sqrt(disk(10).sum() / np.pi))


def test_one_gap_in_the_outline_is_enough_to_know_nothing():
    labels = np.where(disk(10), 2, np.where(disk(13), 1, 0))
    labels[30, 41] = 0
    assert object_diameter(Sketch(labels)).value is None


def test_an_object_cut_by_the_image_is_not_whole():
    labels = np.where(disk(10, center=5), 2, 1)
    assert object_diameter(Sketch(labels)).value is None


def test_boundaries_close_outlines_within_one_id():
    labels = np.where(disk(20), 2, 1)
    lines = np.zeros(labels.shape, bool)
    lines[:, 30] = True
    diameter = object_diameter(Sketch(labels, lines))
    assert diameter.whole == 2
    half = (disk(20).sum() - lines[disk(20)].sum()) / 2
    assert diameter.value == pytest.approx(2 * np.sqrt(half / np.pi))


def test_an_enclosed_gap_is_part_of_the_object():
    labels = np.where(disk(10) & ~disk(2), 2, np.where(disk(10), 0, 1))
    assert object_diameter(Sketch(labels)).value == pytest.approx(2 * np.sqrt(disk(10).sum() / np.pi))


def test_a_speck_does_not_give_the_scale():
    labels = np.where(disk(12), 2, 0)
    labels[2:5, 2:5] = 1
    labels[3, 3] = 3
    assert object_diameter(Sketch(labels)).value is None


def test_sketches_are_pooled_and_ids_may_be_huge():
    first = np.where(disk(10), 2**31 - 1, 1)
    second = np.where(disk(20), 7, 1)
    diameter = object_diameter(Sketch(first), Sketch(second))
    assert diameter.whole == 2
    assert 20 < diameter.value < 42
    assert object_diameter(Sketch(np.ones((3, 3)))).lower_bound == 0
    assert object_diameter().value is None


@pytest.mark.parametrize("one_id", [False, True])
def test_the_scale_of_a_simulated_sketch_is_near_the_truth(one_id):
    truth = np.zeros((240, 240), int)
    for number in range(36):
        row, column = divmod(number, 6)
        box = truth[row * 40 : row * 40 + 40, column * 40 : column * 40 + 40]
        box[disk(12, 40, 20)] = number + 1
    sketch = simulate_sketch(truth, 0.1, seed=4, one_id=one_id)
    diameter = object_diameter(sketch)
    assert diameter.value == pytest.approx(2 * np.sqrt(disk(12).sum() / np.pi))
    assert diameter.lower_bound <= diameter.value
