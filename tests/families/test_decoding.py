"""Which parts are cells, and that a part of an image gives the cells of the whole."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketchcell.families.decoding import Parts, are_cells


@given(seed=st.integers(0, 2**32 - 1), smallest=st.integers(0, 40))
def test_the_census_counts_pixels_and_finds_the_highest(seed, smallest):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 9, (12, 17)).astype(np.int32) * 3
    evidence = random.normal(size=labels.shape).astype(np.float32)
    area, peak = Parts(labels, evidence).census()
    for number in range(1, area.size):
        inside = labels == number
        assert area[number] == inside.sum()
        assert peak[number] == (evidence[inside].max() if inside.any() else -np.inf)
    there = np.flatnonzero(area)
    params = SimpleNamespace(minimum_size=smallest, speck_size=0.0)
    for exact in (0.0, 1.0):
        np.testing.assert_array_equal(
            are_cells(area[there], peak[there], exact, params), area[there] >= max(smallest, 1)
        )


@pytest.mark.parametrize(("exact", "kept"), [(0.0, [True, False]), (1.0, [True, True])])
def test_specks_go_where_maps_are_learned(exact, kept):
    params = SimpleNamespace(minimum_size=1, speck_size=0.3)
    found = are_cells(np.array([100, 5]), np.array([1, 0.2], np.float32), exact, params)
    assert found.tolist() == kept
