"""Omnipose's smooth distance, against the plain form of its definition, and in the flow family."""

from itertools import product

import numpy as np
import pytest
from truths import TRUTHS, full_sketch, hidden, ideal_maps

from sketchcell.families import get_family
from sketchcell.families.smooth_distance import smooth_field
from sketchcell.measure import evaluate
from sketchcell.sketch import Sketch, simulate_sketch

FLOW = get_family("flow")
PARAMS = FLOW.Params(field="omnipose")


def slow_distance(mask, rounds=60):
    """One pixel after the other; nothing of the object lies at the array's edge."""

    def update(a, b, h):
        return (a + b + np.sqrt(max(2 * h**2 - (a - b) ** 2, 0))) / 2

    field = np.zeros(mask.shape)
    for iteration in range(rounds):
        new = np.zeros(mask.shape)
        for y, x in np.argwhere(mask):
            at = {(dy, dx): field[y + dy, x + dx] for dy, dx in product((-1, 0, 1), repeat=2)}
            cardinal = update(min(at[0, 1], at[0, -1]), min(at[1, 0], at[-1, 0]), 1)
            diagonal = update(min(at[1, 1], at[-1, -1]), min(at[1, -1], at[-1, 1]), np.sqrt(2))
            new[y, x] = np.sqrt(cardinal * diagonal)
        if iteration == 0:
            padded = np.pad(new, 1)
            new = (
                np.mean(
                    [
                        padded[1 + dy :, 1 + dx :][: new.shape[0], : new.shape[1]]
                        for dy, dx in product((-1, 0, 1), repeat=2)
                    ],
                    axis=0,
                )
                * mask
            )
        field = new
    return field


def test_it_solves_its_equation():
    truth = TRUTHS["concave"]()
    for one in full_sketch(truth).objects:
        mask = np.pad(one.mask, 1)
        np.testing.assert_allclose(smooth_field(one)[0], slow_distance(mask)[1:-1, 1:-1], atol=0.1)


@pytest.mark.parametrize("kind", TRUTHS)
def test_it_is_near_the_exact_distance_and_its_flow_has_unit_length(kind):
    for one in full_sketch(TRUTHS[kind]()).objects:
        distance, flow = smooth_field(one)[0], smooth_field(one)[1:]
        ratio = distance[one.mask] / one.distance[one.mask]
        assert ratio.min() >= 2**-0.25 - 1e-3
        assert ratio.max() < 1.3
        length = np.sqrt((flow**2).sum(0))
        assert length.max() <= 1 + 1e-5
        assert np.median(length[one.mask]) == pytest.approx(1, abs=1e-4)
        assert not distance[~one.mask].any()
        assert not flow[:, ~one.mask].any()


@pytest.mark.parametrize("kind", TRUTHS)
def test_cells_come_back_from_it(kind):
    truth = TRUTHS[kind]()
    maps = ideal_maps(FLOW, FLOW.encode(full_sketch(truth), PARAMS))
    accuracy = evaluate(truth, FLOW.decode(maps, PARAMS))
    assert accuracy.ap50 == 1
    assert accuracy.segmentation_quality >= 0.95


@pytest.mark.parametrize("seed", range(6))
def test_what_a_partial_sketch_teaches_is_true(seed):
    truth = TRUTHS["touching"]()
    whole = FLOW.encode(full_sketch(truth), PARAMS)
    part = FLOW.encode(simulate_sketch(truth, 0.3, seed=seed), PARAMS)
    for weight, names in (("distance_weight", ["distance"]), ("flow_weight", ["flow_y", "flow_x"])):
        known = part[weight] > 0
        assert known.any()
        for name in names:
            np.testing.assert_allclose(part[name][known], whole[name][known], atol=1e-5)
    bounded = part["bound_weight"] > 0
    assert (part["bound"][bounded] <= whole["distance"][bounded] + 1e-5).all()


def test_an_object_that_is_not_closed_teaches_a_bound_only():
    truth = TRUTHS["round"]()
    painted = truth == 1
    target = FLOW.encode(hidden(truth, painted), PARAMS)
    assert (target["bound_weight"][painted] == 1).all()
    assert not target["distance_weight"].any()
    assert not target["flow_weight"].any()


def test_an_object_that_the_image_cuts_goes_on_beyond_its_edge():
    labels = np.ones((20, 30), int)
    labels[5:15, :12] = 2
    (one,) = Sketch(labels).objects
    field = smooth_field(one)
    np.testing.assert_allclose(field[0][:, 0], field[0][:, 3], atol=0.05)
    assert np.abs(field[2][2:-2, 0]).max() < 0.05
