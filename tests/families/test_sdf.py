"""The signed distance family: the paper's formulas, and what a partial sketch tells of them."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from truths import TRUTHS, full_sketch, hidden, ideal_maps, loss_of

from sketchcell.families import Target, get_family
from sketchcell.sketch import Sketch

SDF = get_family("sdf")
PARAMS = SDF.Params()
TRUTH = TRUTHS["touching"]()
EXACT = "signed_distance_weight"
GAPS = pytest.mark.parametrize("gap", [1, 2])


def tensors(target):
    return Target(target.names, torch.from_numpy(target.data)[None].double())


def separated(truth, gap):
    """The mask of cells once touching ones are kept apart, the simple way."""
    inside = truth > 0
    for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
        beside = np.roll(truth, step, axis)
        beside[tuple(slice(None) if a != axis else (0 if step > 0 else -1) for a in (0, 1))] = 0
        inside &= ~((beside > 0) & (truth > 0) & (truth != beside) & ((gap == 2) | (truth > beside)))
    return inside


@GAPS
@pytest.mark.parametrize("kind", TRUTHS)
def test_a_fully_painted_image_gives_the_classical_signed_distance(kind, gap):
    truth = TRUTHS[kind]()
    target = SDF.encode(full_sketch(truth), SDF.Params(gap=gap))
    inside = separated(truth, gap)
    phi = np.where(
        inside, ndimage.distance_transform_edt(inside) - 0.5, 0.5 - ndimage.distance_transform_edt(~inside)
    )
    np.testing.assert_allclose(
        target["signed_distance"], np.clip(phi, -PARAMS.depth, PARAMS.depth), atol=1e-4
    )
    np.testing.assert_array_equal(target["side"], np.where(inside, 1, -1))
    assert (target[EXACT] == 1).all()
    assert (target["side_weight"] == 1).all()
    assert (target["bound_weight"] == 0).all()


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    gap=st.integers(1, 2),
    depth=st.floats(2, 16),
)
def test_painting_more_never_makes_a_target_wrong(seed, shares, gap, depth):
    truth = TRUTH[10:58, 8:60]
    params = SDF.Params(gap=gap, depth=depth)
    random = np.random.default_rng(seed)
    noise = np.kron(random.random((10, 11)), np.ones((5, 5)))[: truth.shape[0], : truth.shape[1]]
    few, more = (SDF.encode(hidden(truth, noise < share), params) for share in sorted(shares))
    full = SDF.encode(full_sketch(truth), params)
    for earlier, later in pairwise((few, more, full)):
        assert (earlier[EXACT] <= later[EXACT]).all()
        assert (later["side_weight"] == 1)[earlier["side_weight"] == 1].all()
        bounded = earlier["bound_weight"] > 0
        magnitude = np.where(later[EXACT] > 0, abs(later["signed_distance"]), later["bound"])
        assert (earlier["bound"] <= magnitude + 1e-5)[bounded].all()
    for target in (few, more):
        exact, certain, bounded = target[EXACT] > 0, target["side_weight"] == 1, target["bound_weight"] > 0
        np.testing.assert_allclose(
            target["signed_distance"][exact], full["signed_distance"][exact], atol=1e-5
        )
        np.testing.assert_array_equal(target["side"][certain], full["side"][certain])
        np.testing.assert_array_equal(certain, exact | bounded)
        assert (target["bound"][bounded] <= (full["side"] * full["signed_distance"])[bounded] + 1e-5).all()


def test_a_drawn_boundary_parts_paint_of_one_id():
    labels = np.full((20, 21), 2)
    boundaries = np.zeros(labels.shape, bool)
    boundaries[:, 10] = True
    target = SDF.encode(Sketch(labels, boundaries), PARAMS)
    away = abs(np.arange(21) - 10)
    expected = np.where(away > 0, np.minimum(away - 0.5, PARAMS.depth), -0.5)
    np.testing.assert_allclose(target["signed_distance"], np.broadcast_to(expected, labels.shape), atol=1e-6)
    assert (target[EXACT] == 1).all()
    assert SDF.decode(ideal_maps(SDF, target), PARAMS).max() == 2


def test_the_rim_of_a_filled_cell_may_belong_to_a_gap_that_is_not_painted_yet():
    labels = np.zeros((16, 16), int)
    labels[3:12, 3:12] = 2
    target = SDF.encode(Sketch(labels), PARAMS)
    np.testing.assert_array_equal(target["side_weight"], ndimage.binary_erosion(labels > 0))
    assert (target[EXACT] == 0).all()
    assert target["bound"].max() == pytest.approx(3.5)


def test_a_thin_stroke_is_taken_at_its_word():
    labels = np.zeros((12, 16), int)
    labels[4, 3:12] = 2
    labels[8:10, 3:12] = 3
    target = SDF.encode(Sketch(labels), PARAMS)
    np.testing.assert_array_equal(target["side_weight"], 0.5 * (labels > 0))
    np.testing.assert_array_equal(target["side"], labels > 0)


@pytest.mark.parametrize("label", [1, 2])
def test_deeper_than_the_cut_is_exact(label):
    labels = np.zeros((40, 40), int)
    labels[5:35, 5:35] = label
    target = SDF.encode(Sketch(labels), PARAMS)
    deep = target[EXACT] > 0
    assert deep[18:22, 18:22].all()
    np.testing.assert_allclose(target["signed_distance"][deep], PARAMS.depth * (1 if label > 1 else -1))
    assert not (deep & (target["bound_weight"] > 0)).any()


def test_the_loss_is_the_papers():
    random = np.random.default_rng(5)
    target = SDF.encode(hidden(TRUTH, ndimage.uniform_filter(random.random(TRUTH.shape), 5) < 0.53), PARAMS)
    exact, taught, bounded = target[EXACT] > 0, target["side_weight"], target["bound_weight"] > 0
    assert exact.any()
    assert bounded.any()
    assert (taught == 0.5).any()
    params = SDF.Params(lmhd_weight=2.0, rmhd_weight=3.0, lse_weight=5.0, ce_weight=7.0, bound_weight=11.0)
    alpha, beta = 3.5, 0.3

    def sigma(z):
        return 1 / (1 + np.exp(-(alpha * z + beta)))

    def t(z):
        return 2 * sigma(z) - 1

    def contour(z):
        return sigma(z) * sigma(-z)

    phi = random.normal(size=TRUTH.shape)
    phi_true, side = target["signed_distance"] / SDF.SCALE, target["side"]
    inside = side > 0
    entropy = -np.where(inside, np.log(sigma(phi)), np.log(1 - sigma(phi)))
    lacking = np.maximum(side * (t(side * target["bound"] / SDF.SCALE) - t(phi)), 0)
    expected = {
        "lmhd": 2 * np.mean((contour(phi_true) * abs(t(phi)))[exact]),
        "rmhd": 3 * np.mean((contour(phi) * abs(t(phi_true)))[exact]),
        "lse": 5 * np.mean((t(phi) - t(phi_true))[exact] ** 2),
        "ce": 7 * np.sum(entropy * taught) / taught.sum(),
        "bound": 11 * np.mean(lacking[bounded] ** 2),
    }
    learned = {"alpha": torch.tensor(alpha).double(), "beta": torch.tensor(beta).double()}
    outputs = torch.from_numpy(phi)[None, None] * (SDF.SCALE / SDF.UNIT)
    loss, terms = SDF.loss(outputs, tensors(target), params, learned)
    assert {name: term.item() for name, term in terms.items()} == pytest.approx(expected, rel=1e-5)
    assert loss.item() == pytest.approx(sum(expected.values()), rel=1e-5)


@pytest.mark.parametrize("term", ["lmhd", "rmhd", "lse", "ce", "bound"])
def test_each_term_can_be_switched_off(term):
    target = tensors(SDF.encode(hidden(TRUTH, np.indices(TRUTH.shape)[0] < 60), PARAMS))
    outputs = torch.randn(1, 1, *TRUTH.shape, dtype=torch.float64)
    _, terms = loss_of(SDF, outputs, target, SDF.Params(**{f"{term}_weight": 0.0}))
    assert {name for name, value in terms.items() if value == 0} == {term}


@pytest.mark.parametrize("label", [1, 2])
def test_the_inequality_punishes_only_what_is_too_shallow(label):
    labels = np.zeros((14, 14), int)
    labels[2:12, 2:12] = label
    target = SDF.encode(Sketch(labels), PARAMS)
    bounded = torch.from_numpy(target["bound_weight"] > 0)
    assert bounded.any()
    side = 1 if label > 1 else -1

    def gradient(offset):
        outputs = side * (torch.from_numpy(target["bound"]).double() + offset)[None, None] / SDF.UNIT
        outputs.requires_grad_()
        loss_of(SDF, outputs, tensors(target), PARAMS)[1]["bound"].backward()
        return outputs.grad[0, 0]

    assert (gradient(0.5) == 0).all()
    assert (gradient(-0.4)[bounded] * side < 0).all()
    assert (gradient(-0.4)[~bounded] == 0).all()


def test_alpha_stays_positive():
    target = tensors(SDF.encode(full_sketch(TRUTH), PARAMS))
    outputs = torch.randn(1, 1, *TRUTH.shape, dtype=torch.float64)
    losses = [
        SDF.loss(outputs, target, PARAMS, {"alpha": torch.tensor(a), "beta": torch.tensor(0.0)})[0].item()
        for a in (-3.0, 0.0, 0.5)
    ]
    assert losses[0] == losses[1] == losses[2]


def test_the_edge_moves_outlines_by_pixels():
    truth = TRUTHS["round"]()
    maps = ideal_maps(SDF, SDF.encode(full_sketch(truth), PARAMS))
    for edge in (-2.0, 2.0):
        labels = SDF.decode(maps, SDF.Params(edge=edge))
        np.testing.assert_array_equal(labels > 0, maps[0] > edge)


def test_components_are_cells_if_nothing_is_cut():
    random = np.random.default_rng(1)
    phi = ndimage.gaussian_filter(random.normal(size=(80, 90)), 3).astype(np.float32)
    phi *= 4 / phi.max()
    labels = SDF.decode(phi[None], SDF.Params(parting=2.0, speck_size=0.0, minimum_size=0))
    filled = np.where(phi > 0, labels, 0)
    parts, count = ndimage.label(phi > 0)
    assert labels.max() == count
    assert len(set(zip(parts.ravel(), filled.ravel(), strict=True))) == count + 1
