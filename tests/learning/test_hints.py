"""Hints: where a stroke would correct something."""

import numpy as np
import pytest
from looks import SIDE, disks, echo

from sketchcell.errors import SketchcellError
from sketchcell.inference import Progress, drain
from sketchcell.learning.hints import looking_for_hints

NOTHING = np.zeros((SIDE, SIDE), bool)
STEADY = [(16, 16), (16, 80), (80, 16)]


def hints_of(upper, lower, painted=NOTHING, **options):
    model, channels = echo(disks(*upper), disks(*lower))
    return drain(looking_for_hints(model, channels, painted, **options))


def test_a_cell_that_is_seen_only_once_comes_first():
    # (80, 80) is seen in the first look, as it lies below, and not in the second
    hints = hints_of(STEADY, [*STEADY, (80, 80)])
    first = hints.places[0]
    assert (first.row, first.column) == pytest.approx((80, 80), abs=1)
    assert first.radius == pytest.approx(9, abs=1)
    assert first.reason == "unsure whether there is a cell"
    assert first.score > 0.8
    assert hints.map[80, 80] == pytest.approx(first.score, rel=0.05)
    assert hints.map.dtype == np.float32
    assert hints.map[80, 16] < 0.2
    assert hints.map[50, 50] == 0
    scores = [hint.score for hint in hints.places]
    assert scores == sorted(scores, reverse=True)


def test_a_cell_that_only_the_second_look_sees_is_a_hint_too():
    hints = hints_of([*STEADY, (80, 80)], STEADY)
    assert (hints.places[0].row, hints.places[0].column) == pytest.approx((80, 80), abs=1)


def test_reasons_tell_one_cell_from_several_and_odd_sizes():
    one = disks((78, 72, 16))
    two = disks((78, 63, 7), (78, 81, 7))
    model, channels = echo(disks(*STEADY), disks(*STEADY))
    _, with_one = echo(one, one)
    _, with_two = echo(two, two)
    # the first channel is seen below in the first look, the second one in the second
    channels[0] = np.maximum(channels[0], with_one[0])
    channels[1] = np.maximum(channels[1], with_two[1])
    places = drain(looking_for_hints(model, channels, NOTHING)).places
    assert places[0].reason == "unsure whether this is one cell or several"

    sizes = [*STEADY, (80, 80, 2.5)]
    assert hints_of(sizes, sizes).places[0].reason == "much smaller than other cells"
    sizes = [(12, 12, 5), (12, 36, 5), (80, 12, 5), (78, 70, 14)]
    assert hints_of(sizes, sizes).places[0].reason == "much larger than other cells"
    moved = hints_of([*STEADY, (80, 80)], [*STEADY, (80, 74)]).places[0]
    assert moved.reason == "unsure where this cell ends"


def test_painted_cells_are_no_hints():
    painted = disks((80, 80)) > 0
    hints = hints_of(STEADY, [*STEADY, (80, 80)], painted)
    assert not any(painted[int(hint.row), int(hint.column)] for hint in hints.places)
    assert not hints.map[painted].any()


def test_hints_are_apart_bounded_in_number_and_the_same_each_time():
    several = [(row, column, 6) for row in (58, 72, 86) for column in range(8, 92, 13)]
    hints = hints_of([], several)
    again = hints_of([], several)
    assert hints.places == again.places
    np.testing.assert_array_equal(hints.map, again.map)
    places = np.array([(hint.row, hint.column) for hint in hints.places])
    gaps = np.hypot(*(places[:, None] - places).transpose(2, 0, 1))
    assert gaps[~np.eye(len(places), dtype=bool)].min() >= 12
    assert len(hints_of([], several, count=3).places) == 3
    assert hints_of([], several, count=3).places == hints.places[:3]


def test_where_nothing_is_found_there_are_no_hints():
    hints = hints_of([], [])
    assert hints.places == ()
    assert not hints.map.any()


def test_it_yields_often_and_complains_about_another_shape():
    model, channels = echo(disks(*STEADY), disks(*STEADY))
    steps = list(looking_for_hints(model, channels, NOTHING))
    assert len(steps) >= 4
    assert all(isinstance(step, Progress) for step in steps)
    with pytest.raises(SketchcellError, match="painted has the shape"):
        drain(looking_for_hints(model, channels, NOTHING[:5]))
