"""The flow family: Sketchpose's targets and losses, from the definitions."""

from itertools import pairwise

import edt
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from truths import TRUTHS, full_sketch, hidden, ideal_maps, loss_of

from sketchcell.families import Target, get_family
from sketchcell.families.means import weighted_mean
from sketchcell.measure import evaluate
from sketchcell.sketch import Sketch

FLOW = get_family("flow")
PARAMS = FLOW.Params()
TRUTH = TRUTHS["touching"]()


def encode(sketch):
    return FLOW.encode(sketch, PARAMS)


def tensors(target):
    return Target(target.names, torch.from_numpy(target.data)[None].double())


def maps_of(target):
    return torch.from_numpy(ideal_maps(FLOW, target))[None].double()


@pytest.mark.parametrize("kind", TRUTHS)
def test_a_fully_painted_image_gives_the_classical_distance(kind):
    truth = TRUTHS[kind]()
    target = encode(full_sketch(truth))
    distance = edt.edt((truth + 1).astype(np.uint32), black_border=False)
    depth = PARAMS.background_depth
    expected = np.where(truth > 0, distance, -np.minimum(distance, depth))
    np.testing.assert_allclose(target["distance"] * FLOW.UNIT, expected, atol=1e-4)
    assert (target["distance_weight"] == 1).all()
    assert (target["flow_weight"] == 1).all()
    assert (target["bound_weight"] == 0).all()
    np.testing.assert_array_equal(target["side"], np.where(truth > 0, 1, -1))


@pytest.mark.parametrize("kind", TRUTHS)
def test_the_flow_points_inwards_and_is_a_unit_vector_off_the_ridge(kind):
    truth = TRUTHS[kind]()
    target = encode(full_sketch(truth))
    flow = np.stack([target["flow_y"], target["flow_x"]])
    length = np.sqrt((flow**2).sum(0))
    assert length.max() <= 1 + 1e-5
    assert (flow[:, truth == 0] == 0).all()
    distance = edt.edt(truth.astype(np.uint32), black_border=False)
    rim = (distance > 0) & (distance < 2)
    assert np.median(length[rim]) > 0.9
    # a step along the flow leads deeper into the same cell
    rows, columns = np.nonzero(rim & (length > 0.7))
    ahead = np.rint(np.stack([rows, columns]) + 1.5 * flow[:, rows, columns]).astype(int)
    inside = np.all((ahead >= 0) & (ahead < np.array(truth.shape)[:, None]), axis=0)
    deeper = distance[tuple(ahead[:, inside])] > distance[rows[inside], columns[inside]]
    same = truth[tuple(ahead[:, inside])] == truth[rows[inside], columns[inside]]
    assert (deeper & same).mean() > 0.99


@pytest.mark.parametrize("kind", TRUTHS)
@pytest.mark.parametrize("threshold", [-1.0, 1.0])
def test_a_threshold_moves_the_edge_of_cells_that_stand_alone(kind, threshold):
    truth = TRUTHS[kind]()
    maps = ideal_maps(FLOW, encode(full_sketch(truth)))
    labels = FLOW.decode(maps, FLOW.Params(distance_threshold=threshold))
    np.testing.assert_array_equal(labels > 0, maps[0] * FLOW.UNIT > threshold)
    assert evaluate(truth, labels).ap50 > 0.8


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), shares=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_painting_more_never_makes_a_target_wrong(seed, shares):
    truth = TRUTH[10:58, 8:60]
    random = np.random.default_rng(seed)
    noise = np.kron(random.random((16, 18)), np.ones((3, 3)))[: truth.shape[0], : truth.shape[1]]
    few, more = (encode(hidden(truth, noise < share)) for share in sorted(shares))
    full = encode(full_sketch(truth))
    for earlier, later in pairwise((few, more, full)):
        for name in ("distance_weight", "flow_weight"):
            assert (earlier[name] <= later[name]).all()
        bounded, counts = earlier["bound_weight"] > 0, later["bound_weight"] > 0
        assert (counts | (later["distance_weight"] > 0))[bounded].all()
        assert (earlier["bound"] <= later["bound"] + 1e-5)[bounded & counts].all()
    for target in (few, more):
        for value, weight in (
            ("distance", "distance_weight"),
            ("flow_y", "flow_weight"),
            ("flow_x", "flow_weight"),
        ):
            known = target[weight] > 0
            np.testing.assert_allclose(target[value][known], full[value][known], atol=1e-5, err_msg=value)
        bounded = target["bound_weight"] > 0
        side = full["side"][bounded]
        np.testing.assert_array_equal(target["side"][bounded], side)
        assert (target["bound"][bounded] <= side * full["distance"][bounded] + 1e-5).all()


def test_a_drawn_boundary_is_an_edge_of_distance_zero():
    labels = np.full((20, 21), 2)
    boundaries = np.zeros(labels.shape, bool)
    boundaries[:, 10] = True
    target = encode(Sketch(labels, boundaries))
    expected = abs(np.arange(21) - 10) / FLOW.UNIT
    np.testing.assert_allclose(target["distance"], np.broadcast_to(expected, labels.shape), atol=1e-6)
    assert (target["distance_weight"] == 1).all()
    away = np.sign(np.arange(21) - 10)
    beside = abs(np.arange(21) - 10) > 0
    np.testing.assert_allclose(
        target["flow_x"][:, beside], np.broadcast_to(away, labels.shape)[:, beside], atol=1e-6
    )
    assert (target["flow_weight"][:, 10] == 0).all()


def test_a_boundary_on_unpainted_pixels_teaches_its_distance_only():
    boundaries = np.zeros((9, 9), bool)
    boundaries[4] = True
    target = encode(Sketch(np.zeros((9, 9), int), boundaries))
    np.testing.assert_array_equal(target["distance_weight"] > 0, boundaries)
    assert (target["distance"] == 0).all()
    assert (target["flow_weight"] == 0).all()
    assert (target["bound_weight"] == 0).all()


def test_deep_background_is_exact_at_the_cut():
    labels = np.zeros((40, 40), int)
    labels[5:35, 5:35] = 1
    target = encode(Sketch(labels))
    depth = PARAMS.background_depth
    bound = Sketch(labels).distances.distance
    deep = bound >= depth
    np.testing.assert_array_equal(target["distance_weight"] > 0, deep)
    np.testing.assert_allclose(target["distance"][deep] * FLOW.UNIT, -depth)
    np.testing.assert_array_equal(target["bound_weight"] > 0, (labels == 1) & ~deep)


@pytest.mark.parametrize("label", [1, 2])
def test_the_inequality_punishes_only_what_is_too_shallow(label):
    labels = np.zeros((12, 12), int)
    labels[2:10, 2:10] = label
    target = encode(Sketch(labels))
    bounded = torch.from_numpy(target["bound_weight"] > 0)
    assert bounded.any()
    side = 1 if label > 1 else -1

    def bound_term(offset):
        maps = torch.zeros(1, 3, 12, 12, dtype=torch.float64)
        maps[:, 0] = side * (torch.from_numpy(target["bound"]).double() + offset)
        maps.requires_grad_()
        term = loss_of(FLOW, maps, tensors(target), PARAMS)[1]["bound"]
        term.backward()
        return term.item(), maps.grad[0, 0]

    beyond, gradient = bound_term(0.5)
    assert beyond == 0
    assert (gradient == 0).all()
    below, gradient = bound_term(-0.5)
    assert below == pytest.approx(PARAMS.bound_weight * 0.25)
    assert (gradient[bounded] * side < 0).all()
    assert (gradient[~bounded] == 0).all()


def test_each_channel_is_taught_only_where_it_is_known():
    painted = np.random.default_rng(2).random(TRUTH.shape) < 0.97
    target = encode(hidden(TRUTH, painted))
    maps = torch.randn(1, 3, *TRUTH.shape, dtype=torch.float64, requires_grad=True)
    loss_of(FLOW, maps, tensors(target), PARAMS)[0].backward()
    distance, flow_y, flow_x = maps.grad[0].numpy()
    counts = (target["distance_weight"] > 0) | (target["bound_weight"] > 0)
    assert (distance[~counts] == 0).all()
    assert (distance[target["distance_weight"] > 0] != 0).all()
    for gradient in (flow_y, flow_x):
        np.testing.assert_array_equal(gradient != 0, target["flow_weight"] > 0)


def test_the_loss_is_the_papers():
    random = np.random.default_rng(5)
    target = encode(hidden(TRUTH, random.random(TRUTH.shape) < 0.95))
    maps = random.normal(size=(3, *TRUTH.shape))
    params = FLOW.Params(distance_weight=3.0, flow_weight=5.0, bound_weight=7.0)
    d, v = maps[0], maps[1:]
    sure = target["distance_weight"] > 0
    rest = target["bound_weight"] > 0
    known = target["flow_weight"] > 0
    apart = ((v - np.stack([target["flow_y"], target["flow_x"]])) ** 2).sum(0)
    lacking = np.maximum(target["bound"] - target["side"] * d, 0)
    expected = {
        "distance": 3 * np.mean((d - target["distance"])[sure] ** 2),
        "flow": 5 * np.mean(apart[known]),
        "bound": 7 * np.mean(lacking[rest] ** 2),
    }
    loss, terms = loss_of(FLOW, torch.from_numpy(maps)[None], tensors(target), params)
    assert {name: term.item() for name, term in terms.items()} == pytest.approx(expected)
    assert loss.item() == pytest.approx(sum(expected.values()))


def test_a_mean_over_nothing_is_zero():
    assert weighted_mean(torch.full((2, 3), 5.0), torch.zeros(2, 3)).item() == 0
    assert weighted_mean(torch.tensor([1.0, 2.0, 9.0]), torch.tensor([1.0, 1.0, 0.0])).item() == 1.5


def test_perfect_maps_have_no_loss():
    target = encode(full_sketch(TRUTH))
    assert loss_of(FLOW, maps_of(target), tensors(target), PARAMS)[0].item() == pytest.approx(0, abs=1e-6)
