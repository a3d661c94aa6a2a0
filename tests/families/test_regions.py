"""Rejoining parts, and what it must never do."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from sketchcell.families.regions import find_borders, rejoin

SEEDS = st.integers(0, 2**32 - 1)
SIDES = st.integers(1, 24)


def random_parts(seed, height, width):
    """Blocks with compact ids, a third of them background; a flow; a depth."""
    random = np.random.default_rng(seed)
    block = int(random.integers(1, 7))
    coarse = random.integers(-2, 9, (height // block + 1, width // block + 1)).clip(0)
    labels = np.kron(coarse, np.ones((block, block), int))[:height, :width]
    labels = (
        np.unique(np.append(0, labels), return_inverse=True)[1][1:].reshape(height, width).astype(np.int32)
    )
    flow = random.normal(size=(2, height, width)).astype(np.float32)
    flow /= np.maximum(np.sqrt((flow**2).sum(0)), 1)
    depth = random.normal(1, 3, (height, width)).astype(np.float32)
    return labels, int(labels.max()), flow, depth


def slow_borders(labels, flow):
    """Pairs of labels and divergence, pixel by pixel."""
    found = []
    height, width = labels.shape
    for y, x in np.ndindex(height, width):
        for axis, (v, u) in enumerate([(y + 1, x), (y, x + 1)]):
            if v < height and u < width and labels[y, x] != labels[v, u] and labels[y, x] and labels[v, u]:
                change = flow[:, v, u] - flow[:, y, x]
                sign = 1 if change[axis] >= 0 else -1
                found.append((labels[y, x], labels[v, u], sign * np.hypot(*change) / 2))
    return sorted((min(a, b), max(a, b), round(float(value), 4)) for a, b, value in found)


@given(seed=SEEDS, height=SIDES, width=SIDES)
def test_borders_are_where_parts_touch(seed, height, width):
    labels, _, flow, depth = random_parts(seed, height, width)
    borders = find_borders(labels, flow, depth)
    found = sorted(
        (int(min(a, b)), int(max(a, b)), round(float(value), 4))
        for a, b, value in zip(borders.first, borders.second, borders.divergence, strict=True)
    )
    expected = slow_borders(labels, flow)
    assert [pair[:2] for pair in found] == [pair[:2] for pair in expected]
    np.testing.assert_allclose([p[2] for p in found], [p[2] for p in expected], atol=2e-4)
    assert (borders.weight > 0).all()


def test_two_cells_that_part_diverge_fully_and_a_neck_does_not():
    labels = np.repeat([[1, 1, 1, 2, 2, 2]], 5, axis=0).astype(np.int32)
    depth = np.ones(labels.shape, np.float32)
    apart = np.zeros((2, 5, 6), np.float32)
    apart[1] = [-1, -1, -1, 1, 1, 1]
    np.testing.assert_allclose(find_borders(labels, apart, depth).divergence, 1)
    np.testing.assert_allclose(find_borders(labels, -apart, depth).divergence, -1)
    along = np.zeros((2, 5, 6), np.float32)
    along[0] = 1
    np.testing.assert_allclose(find_borders(labels, along, depth).divergence, 0)
    assert rejoin(labels, 2, find_borders(labels, apart, depth), 0.5).max() == 2
    assert rejoin(labels, 2, find_borders(labels, along, depth), 0.5).max() == 1


@settings(max_examples=150)
@given(seed=SEEDS, height=SIDES, width=SIDES, parting=st.floats(-1.1, 1.1))
def test_rejoining_merges_only_what_touches(seed, height, width, parting):
    labels, count, flow, depth = random_parts(seed, height, width)
    joined = rejoin(labels, count, find_borders(labels, flow, depth), parting)
    np.testing.assert_array_equal(joined == 0, labels == 0)
    np.testing.assert_array_equal(np.unique(joined[joined > 0]), np.arange(1, joined.max() + 1))
    # each part goes to one instance as a whole
    pairs = {(int(a), int(b)) for a, b in zip(labels.ravel(), joined.ravel(), strict=True)}
    assert len(pairs) == len({part for part, _ in pairs})
    # nothing is joined across background: where parts are linked, a chain of touching ones links them
    islands = ndimage.label(labels > 0)[0]
    touching = {frozenset(pair[:2]) for pair in slow_borders(labels, flow)}
    for instance in range(1, int(joined.max()) + 1):
        parts = set(np.unique(labels[joined == instance]).tolist())
        reached = {min(parts)}
        while grown := {b for pair in touching for b in pair if pair & reached} & parts - reached:
            reached |= grown
        assert reached == parts
        if len(parts) == 1:
            continue
        for part in parts:
            others = np.isin(labels, list(parts - {part}))
            assert np.intersect1d(islands[labels == part], islands[others]).size


@given(seed=SEEDS, height=SIDES, width=SIDES)
def test_nothing_is_joined_if_every_border_counts(seed, height, width):
    labels, count, flow, depth = random_parts(seed, height, width)
    np.testing.assert_array_equal(rejoin(labels, count, find_borders(labels, flow, depth), -1.01), labels)
