"""Watershed of normalised distances, and valleys that do not part."""

import edt
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from sketchcell.families.valleys import flood, join_flat_valleys

SEEDS = st.integers(0, 2**32 - 1)
PEAK, FILL, PARTING = 0.47, 0.09, 0.25


def normalized(truth):
    """The map of a perfect network, cell by cell."""
    map_ = np.zeros(truth.shape, np.float32)
    for number in np.unique(truth[truth > 0]):
        distance = edt.edt((truth == number).astype(np.uint8), black_border=False)
        map_ += distance / distance.max()
    return map_


def touching_disks():
    truth = np.zeros((40, 60), np.int32)
    rows, columns = np.indices(truth.shape)
    first, second = (np.hypot(rows - 20, columns - column) for column in (20, 40))
    truth[(first < 12) | (second < 12)] = 1
    truth[(second < 12) & (second < first)] = 2
    return truth


def peanut():
    """Two bodies of one cell, and a neck that is less than half as wide."""
    rows, columns = np.indices((60, 240))
    half_width = 16 - 9.3 * np.exp(-(((columns - 120) / 50) ** 2))
    ends = np.minimum(columns - 16, 224 - columns)
    return ((abs(rows - 30) < half_width) & (ends > 0)).astype(np.int32)


def random_map(seed):
    random = np.random.default_rng(seed)
    shape = tuple(random.integers(1, 40, 2))
    smooth = ndimage.gaussian_filter(random.normal(size=shape), random.choice([0, 1, 2.5]))
    return (1 / (1 + np.exp(-smooth / (smooth.std() + 1e-9)))).astype(np.float32)


def cells(map_, parting):
    parts, count = flood(map_, PEAK, FILL)
    return join_flat_valleys(map_, parts, count, parting)


@settings(max_examples=60)
@given(seed=SEEDS)
def test_each_spot_above_the_peak_is_a_part_and_fills_what_it_reaches(seed):
    map_ = random_map(seed)
    parts, count = flood(map_, PEAK, FILL)
    spots, expected = ndimage.label(map_ > PEAK, np.ones((3, 3)))
    assert count == expected == parts.max(initial=0)
    np.testing.assert_array_equal(parts[spots > 0], spots[spots > 0])
    mask = map_ > FILL
    assert (parts[~mask] == 0).all()
    regions, _ = ndimage.label(mask)
    with_seed = np.unique(regions[spots > 0])
    np.testing.assert_array_equal(parts > 0, mask & np.isin(regions, with_seed))


def test_what_holds_no_seed_is_background():
    map_ = np.zeros((20, 30), np.float32)
    map_[2:10, 2:10] = 0.4
    map_[2:10, 15:25] = 0.4
    map_[5, 20] = 0.9
    parts, count = flood(map_, PEAK, FILL)
    assert count == 1
    assert (parts[:, :12] == 0).all()
    assert (parts[2:10, 15:25] == 1).all()


def test_a_neck_is_joined_and_a_contact_is_not():
    neck, contact = normalized(peanut()), normalized(touching_disks())
    assert flood(neck, PEAK, FILL)[1] == flood(contact, PEAK, FILL)[1] == 2
    assert cells(neck, PARTING).max() == 1
    assert cells(contact, PARTING).max() == 2


def test_no_parting_keeps_every_valley():
    neck = normalized(peanut())
    parts, count = flood(neck, PEAK, FILL)
    np.testing.assert_array_equal(join_flat_valleys(neck, parts, count, 0), parts)


def test_an_unsure_network_is_believed_sooner():
    """The same valley between two contacts, blurred: low peaks keep it, high ones do not."""
    blurred = ndimage.gaussian_filter(normalized(touching_disks()), 3)
    high = blurred / blurred.max()
    parts, count = flood(high, 0.9, FILL)
    assert count == 2
    sharp = [join_flat_valleys(map_, parts, count, 0.6).max() for map_ in (high, 0.6 * high)]
    assert sharp == [1, 2]


@settings(max_examples=60)
@given(seed=SEEDS, parting=st.floats(0, 1))
def test_joining_only_joins_neighbours(seed, parting):
    map_ = random_map(seed)
    parts, count = flood(map_, PEAK, FILL)
    joined = join_flat_valleys(map_, parts, count, parting)
    np.testing.assert_array_equal(joined > 0, parts > 0)
    for number in range(1, count + 1):
        assert np.unique(joined[parts == number]).size == 1
    for number in np.unique(joined[joined > 0]):
        assert ndimage.label(joined == number, np.ones((3, 3)))[1] == 1


@given(seed=SEEDS)
def test_turning_the_map_turns_the_cells(seed):
    map_ = random_map(seed)
    parts, count = flood(map_, PEAK, FILL)
    joined = join_flat_valleys(map_, parts, count, 0.3)
    turned = join_flat_valleys(map_.T.copy(), parts.T.copy(), count, 0.3)
    np.testing.assert_array_equal(turned.T > 0, joined > 0)
    pairs = set(zip(joined.ravel().tolist(), turned.T.ravel().tolist(), strict=True))
    assert len(pairs) == len(np.unique(joined))
