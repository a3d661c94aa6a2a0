import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from sketchcell.errors import SketchcellError
from sketchcell.inference import drain
from sketchcell.linking import linking_frames
from sketchcell.linking.knots import link_neighbours
from sketchcell.linking.objects import collecting


def test_ids_are_kept_while_objects_move(scramble):
    movie = np.zeros((6, 40, 60), np.int32)
    for t in range(6):
        movie[t, 5:15, 5 + 2 * t : 15 + 2 * t] = 1
        movie[t, 25 - t : 35 - t, 30:40] = 2
        if t >= 2:
            movie[t, 20:30, 45:55] = 3

    tracks = drain(linking_frames(scramble(movie)))

    np.testing.assert_array_equal(tracks.labels, movie)
    assert tracks.parents == {}
    first = tracks.table[tracks.table["track"] == 1]
    assert first["frame"].tolist() == list(range(6))
    assert first["x"].tolist() == [9.5 + 2 * t for t in range(6)]
    assert set(first["area"]) == {100}
    assert list(tracks.table.columns) == ["track", "frame", "y", "x", "area"]


def dividing():
    movie = np.zeros((4, 30, 30), np.int32)
    movie[:2, 5:25, 10:20] = 1
    movie[2:, 5:14, 10:20] = 2
    movie[2:, 16:25, 10:20] = 3
    return movie


def test_a_division_begins_two_tracks_that_know_their_parent(scramble):
    movie = dividing()

    tracks = drain(linking_frames(scramble(movie), divisions=True))

    assert np.unique(tracks.labels[:2]).tolist() == [0, 1]
    assert np.unique(tracks.labels[2:]).tolist() == [0, 2, 3]
    assert tracks.parents == {2: 1, 3: 1}


def test_without_divisions_one_part_goes_on(scramble):
    tracks = drain(linking_frames(scramble(dividing())))

    assert len(np.unique(tracks.labels[2:])) == 3
    assert 1 in tracks.labels[2:]
    assert tracks.parents == {}


def test_a_newcomer_beside_a_cell_is_no_daughter():
    movie = np.zeros((3, 20, 30), int)
    movie[:, 5:15, 5:15] = 1
    movie[1:, 5:15, 13:25] = 2  # covers a little of it

    tracks = drain(linking_frames(movie, divisions=True))

    np.testing.assert_array_equal(tracks.labels, movie)
    assert tracks.parents == {}


@pytest.mark.parametrize(("gap", "count"), [(0, 2), (1, 1)])
def test_an_object_may_be_missing_in_a_frame(gap, count):
    movie = np.zeros((3, 20, 20), int)
    movie[0, 5:15, 5:15] = movie[2, 6:16, 6:16] = 1

    assert drain(linking_frames(movie, gap=gap)).labels.max() == count


@pytest.mark.parametrize("frames", [1, 3])
def test_movies_without_objects_have_no_tracks(frames):
    tracks = drain(linking_frames(np.zeros((frames, 4, 5), np.uint8), divisions=True))

    assert not tracks.labels.any()
    assert tracks.table.empty
    assert tracks.parents == {}


@given(st.integers(0, 10**6))
def test_links_are_as_many_and_as_good_as_possible(seed):
    movie = np.random.default_rng(seed).integers(0, 6, (3, 5, 6))
    objects = drain(collecting(movie, 1, 0.2))
    pairs, count = objects.pairs, objects.plane.size

    links, births = link_neighbours(pairs, objects.plane, divisions=False)

    assert not births.size
    gains = np.zeros((count, count))
    gains[pairs.first, pairs.second] = 100 + pairs.iou
    best = gains[linear_sum_assignment(gains, maximize=True)].sum()
    assert 100 * links.first.size + links.iou.sum() == pytest.approx(best, abs=1e-4)
    assert len(set(links.first)) == len(set(links.second)) == links.first.size


@given(st.integers(0, 10**6))
def test_each_object_has_one_origin_and_each_mother_two_daughters(seed):
    movie = np.random.default_rng(seed).integers(0, 6, (3, 5, 6))
    objects = drain(collecting(movie, 1, 0.2))

    links, births = link_neighbours(objects.pairs, objects.plane, divisions=True)

    seconds = [*links.second, *births[:, 1]]
    assert len(seconds) == len(set(seconds))
    mothers, daughters = np.unique(births[:, 0], return_counts=True)
    assert (daughters == 2).all()
    assert not set(mothers) & set(links.first)
    assert len(set(links.first)) == links.first.size


def test_the_same_movie_gives_the_same_tracks():
    random = np.random.default_rng(1)
    movie = random.integers(0, 6, (4, 12, 12)).repeat(3, axis=1).repeat(3, axis=2)

    one, two = (drain(linking_frames(movie, divisions=True)) for _ in range(2))

    np.testing.assert_array_equal(one.labels, two.labels)
    assert one.parents == two.parents


def test_stacks_do_not_wait_for_the_import_of_laptrack():
    code = """
import sys, numpy
from sketchcell.inference import drain
from sketchcell.linking import linking_planes
drain(linking_planes(numpy.ones((3, 4, 4), int)))
print("laptrack" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_senseless_parameters_are_refused():
    with pytest.raises(SketchcellError, match="missing"):
        drain(linking_frames(np.zeros((2, 4, 4), int), gap=-1))
