"""Edits: what differs is found, written, undone and packed, and nothing else is touched."""

import base64
import json
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sketchcell.sketch import Edit

WHOLE = (slice(0, 5), slice(0, 7))


def between(before, after, lines_before=None, lines_after=None, window=None, shape=None):
    nothing = np.zeros(before.shape, np.bool_)
    return Edit.between(
        window or (slice(0, before.shape[0]), slice(0, before.shape[1])),
        before,
        after,
        nothing if lines_before is None else lines_before,
        nothing if lines_after is None else lines_after,
        shape or before.shape,
    )


@st.composite
def changes(draw):
    """A plane before and after a change inside a window."""
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    rows = sorted(draw(st.tuples(st.integers(0, height - 1), st.integers(1, height))))
    columns = sorted(draw(st.tuples(st.integers(0, width - 1), st.integers(1, width))))
    window = slice(*rows), slice(*columns)
    values = st.integers(0, 3)
    before = draw(arrays(np.uint16, (height, width), elements=values))
    lines = draw(arrays(np.bool_, (height, width)))
    after, lines_after = before.copy(), lines.copy()
    after[window] = draw(arrays(np.uint16, after[window].shape, elements=values))
    lines_after[window] = draw(arrays(np.bool_, after[window].shape))
    return window, before, after, lines, lines_after


@given(changes())
def test_an_edit_takes_one_state_to_the_other_and_back(change):
    window, before, after, lines, lines_after = change
    edit = Edit.between(
        window, before[window], after[window], lines[window], lines_after[window], before.shape
    )

    differs = (before != after) | (lines != lines_after)
    assert (edit is None) == (not differs.any())
    if edit is None:
        return
    labels, boundaries = before.copy(), lines.copy()
    edit.apply(labels, boundaries)
    np.testing.assert_array_equal(labels, after)
    np.testing.assert_array_equal(boundaries, lines_after)
    edit.inverse().apply(labels, boundaries)
    np.testing.assert_array_equal(labels, before)
    np.testing.assert_array_equal(boundaries, lines)
    rows, columns = np.nonzero(differs)
    assert edit.window == (
        slice(rows.min(), rows.max() + 1),
        slice(columns.min(), columns.max() + 1),
    )
    count = np.count_nonzero
    assert edit.painted == count(after) + count(lines_after) - count(before) - count(lines)
    assert edit.inverse().painted == -edit.painted


@given(changes())
def test_an_edit_survives_json(change):
    window, before, after, lines, lines_after = change
    edit = Edit.between(
        window, before[window], after[window], lines[window], lines_after[window], before.shape
    )
    if edit is None:
        return

    decoded = Edit.decode(json.loads(json.dumps(edit.encode())))

    assert decoded.shape == edit.shape
    np.testing.assert_array_equal(decoded.labels, edit.labels)
    np.testing.assert_array_equal(decoded.boundaries, edit.boundaries)


def test_runs_end_at_the_row_and_where_a_value_changes():
    before, after = np.zeros((3, 4), np.uint8), np.zeros((3, 4), np.uint8)
    before[1, 1] = 5
    after[0, 2:], after[1, :3] = 2, 2

    edit = between(before, after)

    assert edit.labels.tolist() == [[2, 2, 0, 2], [4, 1, 0, 2], [5, 1, 5, 2], [6, 1, 0, 2]]
    assert not len(edit.boundaries)


def test_only_the_changed_pixels_are_written():
    before, after = np.zeros((5, 7), np.int32), np.zeros((5, 7), np.int32)
    after[2, 3] = 4
    other = np.full((5, 7), 9, np.uint16)

    between(before, after).apply(other, np.zeros((5, 7), np.bool_))

    assert other[2, 3] == 4
    assert np.count_nonzero(other == 9) == 34


def test_planes_that_are_views_are_written_too():
    after = np.zeros((5, 7), np.uint16)
    after[1, 2:6] = 3
    stack = np.zeros((5, 7, 2), np.uint16)

    between(np.zeros((5, 7), np.uint16), after).apply(stack[..., 1], np.zeros((7, 5), np.uint8).T)

    np.testing.assert_array_equal(stack[..., 1], after)
    assert not stack[..., 0].any()


def test_the_written_form_is_what_the_documentation_says():
    after = np.zeros((5, 7), np.uint16)
    after[0, 1:3], after[4, 6] = 2, 3

    encoded = between(np.zeros((5, 7), np.uint16), after).encode()
    columns = np.frombuffer(zlib.decompress(base64.b64decode(encoded["labels"])), "<i4").reshape(4, -1)

    assert encoded["shape"] == [5, 7]
    assert np.cumsum(columns[0]).tolist() == [1, 34]
    assert columns[1:].tolist() == [[2, 1], [0, 0], [2, 3]]


def packed(*columns):
    return base64.b64encode(zlib.compress(np.array(columns, "<i4").tobytes())).decode()


EMPTY = packed([], [], [], [])


@pytest.mark.parametrize(
    "encoded",
    [
        {},
        {"shape": [5, 7], "labels": EMPTY},
        {"shape": [5, 7], "labels": EMPTY, "boundaries": "not base64!"},
        {"shape": [5, 7], "labels": EMPTY, "boundaries": base64.b64encode(b"not zlib").decode()},
        {"shape": [5, 7], "labels": packed([1], [1], [1]), "boundaries": EMPTY},
        {"shape": [5, 7], "labels": packed([-1], [1], [0], [1]), "boundaries": EMPTY},
        {"shape": [5, 7], "labels": packed([34], [2], [0], [1]), "boundaries": EMPTY},
        {"shape": [5, 7], "labels": packed([5], [3], [0], [1]), "boundaries": EMPTY},
        {"shape": [5, 7], "labels": packed([5], [0], [0], [1]), "boundaries": EMPTY},
        {"shape": [0, 7], "labels": EMPTY, "boundaries": EMPTY},
        {"shape": [5, 7, 1], "labels": EMPTY, "boundaries": EMPTY},
        {"shape": None, "labels": EMPTY, "boundaries": EMPTY},
    ],
)
def test_what_is_no_edit_is_refused(encoded):
    with pytest.raises(ValueError, match=r"edit|unpack|reshape"):
        Edit.decode(encoded)


def test_wrong_shapes_are_refused():
    plane = np.zeros((5, 7), np.uint16)
    with pytest.raises(ValueError, match="does not fill"):
        Edit.between(WHOLE, plane, plane[1:], plane, plane, (5, 7))
    with pytest.raises(ValueError, match="not inside"):
        Edit.between((slice(0, 5), slice(1, 8)), plane, plane, plane, plane, (5, 7))
    with pytest.raises(ValueError, match="too many"):
        Edit.between(WHOLE, plane, plane, plane, plane, (2**16, 2**15))
    with pytest.raises(ValueError, match="not the edit's shape"):
        between(plane, plane + 1).apply(plane.T, plane)
