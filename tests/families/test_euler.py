"""Euler integration and clustering, against slow versions."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from sketchcell.families.euler import cluster_end_points, euler_hop, follow

SEEDS = st.integers(0, 2**32 - 1)
SIDES = st.integers(1, 18)


def random_field(seed, height, width):
    """A rough flow of at most unit length, and a mask with at least a pixel."""
    random = np.random.default_rng(seed)
    flow = ndimage.gaussian_filter(random.normal(size=(2, height, width)), (0, 1.5, 1.5)).astype(np.float32)
    flow *= random.choice([1, 5])
    flow /= np.maximum(np.sqrt((flow**2).sum(0)), 1)
    mask = random.random((height, width)) < random.choice([0.3, 0.8, 1])
    mask[random.integers(height), random.integers(width)] = True
    return flow, mask


def slow_end(flow, start, steps):
    """Follow one path step by step, the flow read bilinearly."""
    limit = np.array(flow.shape[1:]) - 1
    place = np.array(start, float)
    for _ in range(steps):
        move = [
            ndimage.map_coordinates(part.astype(float), place[:, None], order=1, mode="nearest")[0]
            for part in flow
        ]
        place = np.clip(place + move, 0, limit)
    return place


@settings(max_examples=40)
@given(seed=SEEDS, height=SIDES, width=SIDES, steps=st.integers(3, 6))
def test_a_hop_follows_each_path(seed, height, width, steps):
    flow, mask = random_field(seed, height, width)
    landed, velocity = euler_hop(flow, mask, steps)
    pixels = np.argwhere(mask)
    assert landed.shape == (len(pixels),)
    for number, start in enumerate(pixels):
        end = slow_end(flow, start, steps)
        if np.abs(end - np.floor(end) - 0.5).min() < 1e-3:
            continue  # between two pixels: either is right
        row, column = np.rint(end).astype(int)
        expected = (row, column) if mask[row, column] else tuple(start)
        assert tuple(pixels[landed[number]]) == expected
    assert (velocity[:, ~mask] == 0).all()
    assert np.sqrt((velocity**2).sum(0)).max() <= 1 + 1e-5


def test_velocity_is_that_of_a_steady_flow():
    flow = np.zeros((2, 20, 30), np.float32)
    flow[0], flow[1] = 0.6, -0.8
    landed, velocity = euler_hop(flow, np.ones((20, 30), bool), steps=5)
    np.testing.assert_allclose(velocity[0, :10, 10:], 0.6, atol=1e-5)
    np.testing.assert_allclose(velocity[1, :10, 10:], -0.8, atol=1e-5)
    assert landed[5 * 30 + 20] == (5 + 3) * 30 + 20 - 4


@given(seed=SEEDS, size=st.integers(1, 60), doublings=st.integers(0, 7))
def test_following_is_hopping_again_and_again(seed, size, doublings):
    hop = np.random.default_rng(seed).integers(0, size, size)
    slow = np.arange(size)
    for _ in range(2**doublings):
        slow = hop[slow]
    np.testing.assert_array_equal(follow(hop, doublings), slow)


@given(seed=SEEDS, height=SIDES, width=SIDES)
def test_pixels_are_together_if_their_paths_end_in_one_spot(seed, height, width):
    flow, mask = random_field(seed, height, width)
    end = follow(euler_hop(flow, mask)[0], 3)
    labels, count = cluster_end_points(end, mask)
    assert (labels[~mask] == 0).all()
    np.testing.assert_array_equal(np.unique(labels[mask]), np.arange(1, count + 1))
    pixels = np.argwhere(mask)
    spots = {tuple(pixels[e]) for e in end}
    spot_of = {}
    for number, spot in enumerate(sorted(spots)):
        if spot in spot_of:
            continue
        queue = [spot]
        while queue:
            y, x = queue.pop()
            if (y, x) in spots and (y, x) not in spot_of:
                spot_of[y, x] = number
                queue += [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    slow = [spot_of[tuple(pixels[e])] for e in end]
    assert len(set(zip(slow, labels[mask].tolist(), strict=True))) == len(set(slow)) == count


def test_a_path_that_would_leave_the_cell_stays():
    flow = np.zeros((2, 9, 9), np.float32)
    flow[1] = 1
    mask = np.zeros((9, 9), bool)
    mask[4, 2:5] = True
    landed, _ = euler_hop(flow, mask, steps=4)
    np.testing.assert_array_equal(landed, [0, 1, 2])
