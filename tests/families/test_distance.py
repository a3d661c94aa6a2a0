"""The distance family: SAMCell's map, and what a partial sketch says about it."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from truths import TRUTHS, full_sketch, hidden, ideal_maps, loss_of

from sketchcell.families import Target, get_family
from sketchcell.measure import evaluate
from sketchcell.sketch import Sketch

DISTANCE = get_family("distance")
PARAMS = DISTANCE.Params()
TRUTH = TRUTHS["touching"]()
CERTAIN = ("distance_weight", "side_weight", "bound_weight")


def encode(sketch):
    return DISTANCE.encode(sketch, PARAMS)


def tensors(target):
    return Target(target.names, torch.from_numpy(target.data)[None].double())


def outputs_for(map_):
    """Outputs, float64 (1, 1, H, W), that give a map."""
    map_ = torch.as_tensor(np.asarray(map_), dtype=torch.float64)[None, None]
    outputs = map_.clamp(1e-9, 1 - 1e-9).logit().add(2) / 4
    torch.testing.assert_close(DISTANCE.activate(outputs), map_, atol=1e-8, rtol=0)
    return outputs


def terms_for(map_, target, **changes):
    params = DISTANCE.Params(**changes)
    return {
        name: term.item()
        for name, term in loss_of(DISTANCE, outputs_for(map_), tensors(target), params)[1].items()
    }


@pytest.mark.parametrize("kind", TRUTHS)
def test_a_fully_painted_image_gives_samcells_map(kind):
    truth = TRUTHS[kind]()
    target = encode(full_sketch(truth))
    expected = np.zeros(truth.shape)
    for number in np.unique(truth[truth > 0]):
        # continued by itself beyond the image: its edge is not the cell's
        around = np.pad(truth == number, max(truth.shape), mode="edge")
        inside = (slice(max(truth.shape), max(truth.shape) + truth.shape[0]),) + (
            slice(max(truth.shape), max(truth.shape) + truth.shape[1]),
        )
        distance = ndimage.distance_transform_edt(around)[inside] * (truth == number)
        expected += distance / distance.max()
    np.testing.assert_allclose(target["distance"], expected, atol=1e-5)
    assert (target["distance_weight"] == 1).all()
    for name in ("bound_weight", "expected_weight"):
        assert (target[name] == 0).all()
    np.testing.assert_array_equal(target["side"], np.where(truth > 0, 1, -1))
    rim = (expected > 0) & (expected < 0.09)  # which SAMCell does not fill
    np.testing.assert_array_equal(target["side_weight"], ~rim)


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), shares=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_painting_more_never_makes_a_target_wrong(seed, shares):
    truth = TRUTH[10:58, 8:60]
    random = np.random.default_rng(seed)
    noise = np.kron(random.random((8, 9)), np.ones((6, 6)))[: truth.shape[0], : truth.shape[1]]
    few, more = (encode(hidden(truth, noise < share)) for share in sorted(shares))
    full = encode(full_sketch(truth))
    for earlier, later in pairwise((few, more, full)):
        exact, signed, bounded = (earlier[name] > 0 for name in CERTAIN)
        exact_later, signed_later, bounded_later = (later[name] > 0 for name in CERTAIN)
        assert exact_later[exact].all()
        assert (exact_later | signed_later)[signed].all()
        assert (exact_later | bounded_later)[bounded].all()
        both = bounded & bounded_later
        assert (later["bound"] <= earlier["bound"] + 1e-6)[both].all()
    for target in (few, more):
        exact, signed, bounded = (target[name] > 0 for name in CERTAIN)
        np.testing.assert_allclose(target["distance"][exact], full["distance"][exact], atol=1e-6)
        np.testing.assert_array_equal(target["side"][signed], full["side"][signed])
        assert (full["distance"] <= target["bound"] + 1e-6)[bounded].all()


def test_an_object_is_exact_as_soon_as_its_outline_is_known():
    labels = np.zeros((30, 30), int)
    labels[8:20, 8:20] = 2
    open_ = encode(Sketch(labels))
    assert (open_["distance_weight"] == 0).all()
    np.testing.assert_array_equal(open_["side"] * open_["side_weight"], labels == 2)
    assert (open_["bound_weight"] == 0).all()  # no edge is known
    labels[7:21, 7:21][labels[7:21, 7:21] == 0] = 1
    closed = encode(Sketch(labels))
    np.testing.assert_array_equal(closed["distance_weight"] > 0, labels > 0)
    np.testing.assert_allclose(closed["distance"][13, 8:20], np.r_[1:7, 6:0:-1] / 6, atol=1e-6)
    assert (closed["distance"][labels == 1] == 0).all()


def test_towards_a_known_edge_the_map_falls():
    labels = np.zeros((20, 40), int)
    labels[5:15, 5:30] = 2
    labels[5:15, 3:5] = 1
    target = encode(Sketch(labels))
    row = slice(10, 11), slice(5, 9)
    assert (target["bound_weight"][row] == 1).all()
    np.testing.assert_allclose(target["bound"][row][0], np.arange(1, 5) / 5, atol=1e-6)
    assert (target["bound_weight"][:, 12:] == 0).all()


def test_drawn_boundaries_are_zero_painted_or_not():
    labels = np.zeros((21, 21), int)
    labels[:, :15] = 2
    boundaries = np.zeros(labels.shape, bool)
    boundaries[10] = True
    target = encode(Sketch(labels, boundaries))
    assert (target["distance_weight"][boundaries] == 1).all()
    assert (target["distance"][boundaries] == 0).all()
    assert (target["side"][boundaries] == -1).all()


def test_strokes_are_taken_to_run_through_the_middle():
    labels = np.zeros((20, 30), int)
    labels[8:13, 5:25] = 2
    labels[5:8, 5:25] = 1
    target = encode(Sketch(labels))
    known = target["expected_weight"] > 0
    np.testing.assert_array_equal(known, labels == 2)
    assert target["expected"].max() == pytest.approx(0.6)
    assert target["expected"].max() > PARAMS.peak_threshold
    sure = known & (target["bound_weight"] > 0)
    assert sure.any()
    assert (target["expected"] < target["bound"])[sure].all()


def test_each_term_punishes_what_it_knows_and_nothing_else():
    labels = np.zeros((20, 40), int)
    labels[5:15, 5:30] = 2
    labels[5:15, 2:5] = 1
    target = encode(Sketch(labels))
    unit = {f"{name}_weight": 1.0 for name in ("distance", "sign", "bound", "size")}
    nothing = dict.fromkeys(("distance", "bound", "size"), pytest.approx(0, abs=1e-12))
    fitting = np.where(labels == 2, np.maximum(target["expected"], 0.09), 0)
    found = terms_for(fitting, target, **unit)
    found.pop("sign")
    assert found == nothing
    # higher where nothing bounds it: nobody knows
    free = (target["expected_weight"] > 0) & (target["bound_weight"] == 0)
    found = terms_for(np.where(free, 1, fitting), target, **unit)
    assert found.pop("sign") == pytest.approx(0, abs=0.1)
    assert found == nothing
    assert terms_for(np.zeros(labels.shape), target, **unit)["size"] > 0.01
    assert terms_for(np.ones(labels.shape), target, **unit)["distance"] == pytest.approx(1)
    too_high = terms_for(np.ones(labels.shape), target, **unit)["bound"]
    sure = target["bound_weight"] > 0
    assert too_high == pytest.approx(((1 - target["bound"][sure]) ** 2).mean())


def test_at_the_fill_threshold_a_pixel_is_as_much_cell_as_background():
    labels = np.ones((9, 9), int)
    labels[2:7, 2:7] = 2
    target = encode(Sketch(labels))
    assert terms_for(np.full(labels.shape, 0.09), target)["sign"] == pytest.approx(np.log(2))
    right, wrong = np.where(labels == 2, 0.5, 0.01), np.where(labels == 2, 0.01, 0.5)
    assert terms_for(right, target)["sign"] < 0.2 < 2 < terms_for(wrong, target)["sign"]


@pytest.mark.parametrize("name", ["distance", "sign", "bound", "size"])
def test_weights_scale_their_terms(name):
    target = encode(hidden(TRUTH, np.random.default_rng(0).random(TRUTH.shape) < 0.5))
    map_ = np.random.default_rng(1).random(TRUTH.shape) ** 3
    usual, doubled, without = (terms_for(map_, target, **{f"{name}_weight": w}) for w in (1.0, 2.0, 0.0))
    assert usual[name] > 0
    assert doubled == usual | {name: pytest.approx(2 * usual[name])}
    assert without == usual | {name: 0}


def test_without_parting_a_peanut_is_two_cells_as_in_samcell():
    rows, columns = np.indices((60, 240))
    half_width = 16 - 9.3 * np.exp(-(((columns - 120) / 50) ** 2))
    truth = ((abs(rows - 30) < half_width) & (abs(columns - 120) < 104)).astype(np.int32)
    maps = ideal_maps(DISTANCE, encode(full_sketch(truth)))
    assert DISTANCE.decode(maps, DISTANCE.Params(parting=0.0)).max() == 2
    assert evaluate(truth, DISTANCE.decode(maps, PARAMS)).ap50 == 1


def test_the_fill_threshold_moves_the_edge():
    truth = TRUTHS["round"]()
    maps = ideal_maps(DISTANCE, encode(full_sketch(truth)))
    for fill in (0.0, 0.05, 0.2, 0.4):
        labels = DISTANCE.decode(maps, DISTANCE.Params(fill_threshold=fill))
        np.testing.assert_array_equal(labels > 0, maps[0] > fill)


def test_the_peak_threshold_drops_low_peaks():
    maps = ideal_maps(DISTANCE, encode(full_sketch(TRUTHS["round"]())))
    assert DISTANCE.decode(0.55 * maps, PARAMS).max() == 7
    assert DISTANCE.decode(0.45 * maps, PARAMS).max() == 0
    assert DISTANCE.decode(0.45 * maps, DISTANCE.Params(peak_threshold=0.3)).max() == 7


@pytest.mark.parametrize("clahe", [False, True])
def test_the_light_is_evened_out_where_it_is_wanted(clahe):
    assert DISTANCE.normalization(DISTANCE.Params(clahe=clahe)).clahe is clahe
