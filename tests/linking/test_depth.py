import numpy as np
import pytest

from sketchcell.errors import SketchcellError
from sketchcell.inference import Progress, drain
from sketchcell.linking import linking_planes


def ball(shape, centre, radius):
    away = [axis - c for axis, c in zip(np.indices(shape), centre, strict=True)]
    return np.sqrt(sum(a**2 for a in away)) <= radius


@pytest.fixture
def balls():
    """Balls beside and above each other, numbered in the order in which they begin."""
    stack = np.zeros((24, 40, 60), np.int32)
    centres = [(6, 10, 10), (7, 10, 27), (8, 28, 12), (9, 29, 30), (11, 20, 48), (18, 14, 16)]
    for number, (centre, radius) in enumerate(zip(centres, (6, 6, 6, 6, 7, 4), strict=True), 1):
        stack[ball(stack.shape, centre, radius) & (stack == 0)] = number
    return stack


@pytest.mark.parametrize("every", [1, 3])
def test_sections_become_the_objects_they_come_from(balls, scramble, every):
    truth = balls[::every]

    linked = drain(linking_planes(scramble(truth)))

    assert linked.dtype == np.int32
    pairs = np.unique([truth.ravel(), linked.ravel()], axis=1)
    assert sorted(pairs[0]) == sorted(pairs[1]) == list(range(7))


def test_an_array_a_list_and_an_iterator_give_the_same(balls, scramble):
    planes = scramble(balls)

    results = [drain(linking_planes(source)) for source in (planes, list(planes), iter(planes))]

    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_touching_objects_stay_apart():
    stack = np.zeros((5, 10, 20), int)
    stack[:, :, :10], stack[:, :, 10:] = 1, 2
    stack[2:, :, 10:12] = 1  # the border shifts

    np.testing.assert_array_equal(drain(linking_planes(stack)), stack)


def test_a_small_cap_belongs_to_the_large_section_under_it():
    stack = np.zeros((2, 20, 20), int)
    stack[0, 8:11, 8:11] = 1
    stack[1, 2:18, 2:18] = 1

    assert drain(linking_planes(stack)).max() == 1


def test_what_does_not_overlap_stays_in_its_plane():
    stack = np.zeros((2, 10, 20), int)
    stack[0, :, :8] = 1
    stack[1, :, 12:] = 1

    assert np.unique(drain(linking_planes(stack))).tolist() == [0, 1, 2]


@pytest.mark.parametrize(("gap", "count"), [(0, 2), (1, 1)])
def test_an_object_may_be_missing_in_a_plane(gap, count):
    stack = np.zeros((5, 10, 10), int)
    stack[[0, 1, 3, 4], 2:8, 2:8] = 1

    linked = drain(linking_planes(stack, gap=gap))

    assert linked.max() == count
    assert not linked[2].any()


def test_objects_in_too_few_planes_are_removed(balls):
    balls[20, 0, 50:] = 9

    linked = drain(linking_planes(balls, minimum_planes=2))

    np.testing.assert_array_equal(linked, np.where(balls == 9, 0, balls))


def test_an_empty_stack_has_no_objects():
    linked = drain(linking_planes(np.zeros((3, 4, 5), np.uint8)))

    assert linked.shape == (3, 4, 5)
    assert not linked.any()


def test_progress_is_told_for_reading_and_numbering(balls):
    steps = list(linking_planes(balls[:3]))

    assert steps[0] == Progress(1, 3, "comparing planes")
    assert [step.done for step in steps] == [1, 2, 3, 1, 2, 3]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"share": 0}, "share"),
        ({"share": 1.5}, "share"),
        ({"gap": -1}, "missing"),
        ({"minimum_planes": 0}, "at least 1"),
    ],
)
def test_senseless_parameters_are_refused(options, words):
    with pytest.raises(SketchcellError, match=words):
        drain(linking_planes(np.zeros((2, 4, 4), int), **options))
