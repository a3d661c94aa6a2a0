"""Blocks of maps give the cells of the whole, whatever their size."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from sketchcell.families import FAMILIES
from sketchcell.inference import TileGrid
from sketchcell.large.block import find_cells
from sketchcell.large.plan import Plan
from sketchcell.large.record import Record
from sketchcell.large.seams import join
from sketchcell.sketch import Sketch

SIDE = 150
LARGEST = 30  # pixels


def cells(random, size=LARGEST, count=40):
    """Discs and rods that touch, none longer than `size`."""
    labels = np.zeros((SIDE, SIDE), np.int32)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    for number in range(1, count + 1):
        y, x = random.uniform(0, SIDE, 2)
        angle, long = random.uniform(0, np.pi), random.uniform(4, size / 2 - 1)
        wide = random.uniform(3, long)
        along = (rows - y) * np.sin(angle) + (columns - x) * np.cos(angle)
        across = (rows - y) * np.cos(angle) - (columns - x) * np.sin(angle)
        labels[((along / long) ** 2 + (across / wide) ** 2 < 1) & (labels == 0)] = number
    return labels


def maps_of(family, labels, random, learned):
    """Return the exact maps of cells, or what a network might make of them."""
    params = family.Params()
    target = family.encode(Sketch(labels + 1), params)
    maps = np.stack([target[name] for name in family.channels(params)]).astype(np.float32)
    if not learned:
        return maps
    noise = ndimage.gaussian_filter(random.normal(size=maps.shape), (0, 2, 2)) * maps.std() * 0.6
    blurred = ndimage.gaussian_filter(maps, (0, 1.5, 1.5)) * 0.9 + noise
    # few bits, as networks compute: many pixels are equal
    return np.round(blurred * 16).astype(np.float32) / 16


def in_blocks(family, maps, params, block, halo):
    shape = maps.shape[1:]
    grid = TileGrid(shape, ((slice(0, shape[0]), slice(0, shape[1])),), 1)
    plan = Plan(shape, shape, block, halo, grid)
    traits = family.traits([maps], params)
    found = [find_cells(plan, one, maps[:, *plan.around(one)], family, params, traits) for one in plan.blocks]
    joined = join(plan, [record for _, record in found], traits.exact, params)
    labels = np.zeros(shape, np.int32)
    for one, (own, record) in zip(plan.blocks, found, strict=True):
        labels[one] = np.concatenate([[0], joined.ids(record.key)])[own]
    return labels, joined


def assert_same_cells(one, other):
    pairs = np.unique(np.stack([one.ravel(), other.ravel()]), axis=1)
    assert ((one > 0) == (other > 0)).all()
    assert all(np.unique(ids).size == ids.size for ids in pairs)


@pytest.mark.parametrize("name", FAMILIES)
@settings(max_examples=12)
@given(seed=st.integers(0, 2**32 - 1), block=st.integers(16, SIDE), learned=st.booleans())
def test_blocks_give_the_cells_of_the_whole(name, seed, block, learned):
    random = np.random.default_rng(seed)
    family = FAMILIES[name]
    maps = maps_of(family, cells(random), random, learned)
    params = replace(family.Params(), minimum_size=int(random.integers(0, 40)))
    whole = family.decode(maps, params)
    # what is decoded may be larger than what was drawn
    largest = max((max(s.stop - s.start for s in box) for box in ndimage.find_objects(whole)), default=1)
    labels, joined = in_blocks(family, maps, params, block, largest + 1)
    assert_same_cells(whole, labels)
    assert joined.count == whole.max() == labels.max()
    assert np.unique(labels[labels > 0]).size == joined.count
    assert joined.cut == 0


@pytest.mark.parametrize("name", FAMILIES)
def test_a_cell_larger_than_the_halo_stays_one_and_is_told(name):
    labels = np.zeros((SIDE, SIDE), np.int32)
    labels[60:76, 5:145] = 1
    labels[100:110, 20:30] = 2
    family = FAMILIES[name]
    maps = maps_of(family, labels, None, learned=False)
    params = family.Params()
    found, joined = in_blocks(family, maps, params, 32, 8)
    assert joined.cut == 1
    assert joined.largest >= 32
    assert joined.count == 2
    assert_same_cells(family.decode(maps, params), found)


def test_cells_are_numbered_in_the_order_of_their_first_pixels():
    family = FAMILIES["sdf"]
    random = np.random.default_rng(0)
    labels, joined = in_blocks(family, maps_of(family, cells(random), random, False), family.Params(), 40, 31)
    first = [np.flatnonzero(labels == number)[0] for number in range(1, joined.count + 1)]
    assert first == sorted(first)


def test_nothing_anywhere_is_no_cell():
    family = FAMILIES["flow"]
    labels, joined = in_blocks(family, np.full((3, 60, 70), -1, np.float32), family.Params(), 32, 10)
    assert joined.count == joined.cut == labels.max() == 0


def test_what_begins_behind_a_seam_is_joined_to_nothing_else():
    shape = (4, 8)
    grid = TileGrid(shape, ((slice(0, 4), slice(0, 8)),), 1)
    plan = Plan(shape, shape, 4, 1, grid)

    def record(keys, left, right):
        count = len(keys)
        none = np.zeros(0, np.int64)
        return Record(
            np.array(keys, np.int64),
            np.full(count, 50),
            np.ones(count, np.float32),
            np.full(count, 9),
            np.ones(count, bool),
            np.zeros(4, np.int64),
            np.array(left, np.int64),
            none,
            np.array(right, np.int64),
        )

    # the first block knows the second's cell, which does not reach into it, by another key
    for unknown in (21, 99):
        records = [record([2, 25], [0] * 4, [unknown] * 4), record([5], [5] * 4, [])]
        joined = join(plan, records, 0.0, FAMILIES["sdf"].Params())
        assert joined.ids(np.array([2, 5, 25])).tolist() == [1, 2, 3]
