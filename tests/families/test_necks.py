"""Necks: cut between cells that a network joins, left alone in cells that have one."""

import edt
import numpy as np
import pytest
from scipy import ndimage
from truths import TRUTHS

from sketchcell.families.necks import components, cut_necks, usual_depth
from sketchcell.measure import evaluate

DEPTH = 8.0


def signed_distance(labels):
    """Exact, cells of different labels apart."""
    inside = edt.edt(labels.astype(np.uint32), black_border=False)
    outside = edt.edt((labels == 0).astype(np.uint32), black_border=False)
    return np.clip(np.where(labels > 0, inside - 0.5, 0.5 - outside), -DEPTH, DEPTH).astype(np.float32)


def same_parts(one, other):
    """Whether two labels differ at most in their numbers."""
    pairs = np.unique(np.stack([one.ravel(), other.ravel()]), axis=1)
    return ((one > 0) == (other > 0)).all() and all(np.unique(ids).size == ids.size for ids in pairs)


def cut(phi, parting=0.5):
    return cut_necks(phi, components(phi > 0), parting, DEPTH, usual_depth(phi[phi > 0], DEPTH))


@pytest.mark.parametrize("kind", TRUTHS)
@pytest.mark.parametrize("parting", [0.5, 1.0])
def test_exact_distances_of_components_are_left_alone(kind, parting):
    masks = components(TRUTHS[kind]() > 0)  # touching cells are one
    phi = signed_distance(masks)
    if kind != "touching":  # a sheet of round cells is all necks
        assert same_parts(cut(phi, parting), masks)


@pytest.mark.parametrize("certainty", [0.4, 0.7, 1.0])
def test_touching_cells_without_a_gap_are_parted(certainty):
    truth = TRUTHS["touching"]()
    phi = signed_distance(truth)  # falls to ½ on both sides of a contact: nothing is negative there
    phi[phi > 0] *= certainty
    assert components(phi > 0).max() < truth.max()
    assert evaluate(truth, cut(phi)).ap50 == 1


def test_flatter_necks_are_cut_the_sooner_the_lower_the_parting():
    truth = TRUTHS["touching"]()
    phi = signed_distance(truth)
    joined = phi + 0.8 * (signed_distance((truth > 0).astype(int)) - phi)
    counts = [int(cut(joined, parting).max()) for parting in (0.0, 0.1, 0.3, 1.0, 2.0)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


def test_shallow_cells_stay_whole_beside_deep_ones():
    phi = np.full((30, 30), -2.0, np.float32)
    phi[4:8, 3:25] = 0.5
    phi[12:25, 3:25] = 4
    assert same_parts(cut(phi, 0.0), ndimage.label(phi > 0)[0])


def test_nothing_to_cut():
    phi = np.full((5, 7), -1.0, np.float32)
    assert cut(phi).max() == 0
    assert (cut(-phi) == 1).all()
