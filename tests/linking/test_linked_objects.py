import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sketchcell.errors import SketchcellError
from sketchcell.inference import drain
from sketchcell.linking.objects import collecting, renumbering

stacks = arrays(
    np.int64, st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5)), elements=st.integers(0, 4)
)


@given(stacks, st.integers(1, 3))
def test_areas_centres_and_overlaps_are_what_counting_pixels_gives(stack, reach):
    objects = drain(collecting(stack, reach, 0.0))

    masks = [(z, plane == i) for z, plane in enumerate(stack) for i in np.unique(plane[plane > 0])]
    assert objects.plane.tolist() == [z for z, _ in masks]
    assert objects.area.tolist() == [mask.sum() for _, mask in masks]
    expected_centres = [np.argwhere(mask).mean(axis=0) for _, mask in masks]
    np.testing.assert_allclose(objects.centre, np.reshape(expected_centres, (-1, 2)))
    expected = {}
    for a, (z, one) in enumerate(masks):
        for b, (later, other) in enumerate(masks):
            shared = (one & other).sum()
            if 1 <= later - z <= reach and shared:
                sizes = one.sum(), other.sum()
                expected[a, b] = (
                    later - z,
                    shared / (one | other).sum(),
                    shared / min(sizes),
                    shared / sizes[1],
                )
    pairs = objects.pairs
    found = zip(pairs.first, pairs.second, pairs.distance, pairs.iou, pairs.share, pairs.cover, strict=True)
    measured = {(a, b): rest for a, b, *rest in found}
    assert measured.keys() == expected.keys()
    assert all(measured[key] == pytest.approx(expected[key]) for key in expected)


@given(stacks)
def test_objects_can_be_given_any_ids(stack):
    objects = drain(collecting(stack, 1, 0.0))
    ids = 10 + np.arange(objects.plane.size, dtype=np.int32)

    renumbered = drain(renumbering(objects.planes, ids))

    assert renumbered.dtype == np.int32
    np.testing.assert_array_equal(renumbered > 0, stack > 0)
    for z, plane in enumerate(stack):
        numbers = [np.unique(renumbered[z][plane == i]).tolist() for i in np.unique(plane[plane > 0])]
        assert numbers == [[10 + i] for i in np.flatnonzero(objects.plane == z)]


def test_huge_ids_are_no_matter():
    plane = np.array([[0, 2**60, 5], [7, 2**60, 0]])

    objects = drain(collecting([plane], 1, 0.0))

    assert objects.planes[0].tolist() == [[0, 3, 1], [2, 3, 0]]


def test_lazy_stacks_are_read_once_plane_by_plane():
    reads = []

    class Lazy:
        shape = (3, 4, 5)

        def __getitem__(self, index):
            reads.append(index)
            return np.ones((4, 5), np.uint16)

    totals = [progress.total for progress in collecting(Lazy(), 2, 0.0)]

    assert reads == [0, 1, 2]
    assert totals == [3, 3, 3]


@pytest.mark.parametrize(
    ("planes", "words"),
    [
        ([], "no label planes"),
        (np.zeros((4, 4), int), r"\(planes, rows, columns\)"),
        ([np.zeros((4, 4), int), np.zeros((4, 5), int)], "planes of one size"),
        ([np.zeros(4, int)], "rows and columns"),
        ([np.full((4, 4), 0.5)], "not whole numbers"),
        ([np.full((4, 4), -1)], "negative"),
    ],
)
def test_what_is_no_stack_of_labels_is_refused(planes, words):
    with pytest.raises(SketchcellError, match=words):
        drain(collecting(planes, 1, 0.0))
