"""What every family must keep, over the list of families."""

import time
from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from truths import SHARPEST, TRUTHS, full_sketch, hidden, ideal_maps, ideal_outputs, loss_of

from sketchcell.errors import SketchcellError
from sketchcell.families import FAMILIES, Target, get_family
from sketchcell.measure import evaluate
from sketchcell.sketch import Sketch, simulate_sketch
from sketchcell.sketch.window import expand

SLOWEST = 15.0  # seconds, on a busy machine, for what takes about one


@pytest.fixture(params=FAMILIES.values(), ids=FAMILIES.keys())
def family(request):
    return request.param


def params_of(family, **changes):
    return family.Params(**changes)


def batch_of(target, dtype=torch.float32):
    return Target(target.names, torch.from_numpy(target.data)[None].to(dtype))


def channel_count(family):
    return len(family.channels(family.Params()))


def some_sketch():
    return simulate_sketch(TRUTHS["touching"](), 0.2, seed=3)


def test_it_describes_itself(family):
    assert FAMILIES[family.name] is family
    assert get_family(family.name) is family
    assert family.title.strip()
    assert "\n" not in family.title
    channels = family.channels(family.Params())
    assert len(set(channels)) == len(channels) > 0
    assert family.context >= 0
    for field in fields(family.Params):
        about = field.metadata
        assert about["label"].strip()
        assert about["help"].endswith(".")
        assert about["stage"] in ("train", "decode")
        if isinstance(field.default, str):
            assert field.default in about["choices"]
            continue
        if isinstance(field.default, bool):
            continue
        assert about["min"] <= field.default <= about["max"]
        assert about["step"] > 0


def test_an_unknown_family_is_a_clear_error():
    with pytest.raises(SketchcellError, match=f"'flows'.*{next(iter(FAMILIES))}"):
        get_family("flows")


@pytest.mark.parametrize("kind", TRUTHS)
def test_decoding_inverts_encoding(family, kind):
    truth, params = TRUTHS[kind](), params_of(family)
    maps = ideal_maps(family, family.encode(full_sketch(truth), params))
    assert evaluate(truth, family.decode(maps, params)).ap50 == 1
    sharpest = family.decode(maps, params_of(family, **SHARPEST.get(family.name, {})))
    assert evaluate(truth, sharpest).segmentation_quality >= 0.95


def test_the_target_is_named_finite_and_of_the_images_shape(family):
    sketch = some_sketch()
    target = family.encode(sketch, params_of(family))
    assert target.data.dtype == np.float32
    assert target.data.shape == (len(target.names), *sketch.shape)
    assert len(set(target.names)) == len(target.names)
    assert np.isfinite(target.data).all()
    assert target.weights()
    for name, weight in target.weights().items():
        assert weight.min() >= 0, name


def test_encoding_leaves_the_sketch_alone(family):
    sketch = some_sketch()
    labels, boundaries = sketch.labels.copy(), sketch.boundaries.copy()
    distance = sketch.distances.distance.copy()
    family.encode(sketch, params_of(family)).data[:] = 7
    np.testing.assert_array_equal(sketch.labels, labels)
    np.testing.assert_array_equal(sketch.boundaries, boundaries)
    np.testing.assert_array_equal(sketch.distances.distance, distance)


def test_unlabelled_pixels_teach_nothing(family):
    sketch, params = some_sketch(), params_of(family)
    target = batch_of(family.encode(sketch, params))
    maps = torch.randn(1, channel_count(family), *sketch.shape, requires_grad=True)
    loss, terms = loss_of(family, maps, target, params)
    loss.backward()
    taught = np.any(list(family.encode(sketch, params).weights().values()), axis=0)
    assert (taught <= ((sketch.labels > 0) | sketch.boundaries)).all()
    gradient = maps.grad[0].abs().sum(0).numpy()
    assert (gradient[~taught] == 0).all()
    assert (gradient[taught] > 0).any()

    elsewhere = maps.detach().clone()
    elsewhere[:, :, torch.from_numpy(~taught)] = 1e3
    again, terms_again = loss_of(family, elsewhere, target, params)
    assert again.item() == loss.item()
    assert {name: term.item() for name, term in terms.items()} == {
        name: term.item() for name, term in terms_again.items()
    }


def test_the_loss_is_the_sum_of_its_terms_and_small_for_perfect_outputs(family):
    truth, params = TRUTHS["round"](), params_of(family)
    encoded = family.encode(full_sketch(truth), params)
    target = batch_of(encoded, torch.float64)
    perfect = ideal_outputs(family, encoded)
    loss, terms = loss_of(family, torch.randn(perfect.shape, dtype=perfect.dtype), target, params)
    assert loss.item() == pytest.approx(sum(term.item() for term in terms.values()))
    assert loss.item() > 0.1
    best = loss_of(family, perfect, target, params)[0].item()
    assert best < 0.1 * loss.item()
    for noise in (0.1, 1):
        worse = perfect + noise * torch.randn(perfect.shape, dtype=perfect.dtype)
        assert loss_of(family, worse, target, params)[0].item() > best


@pytest.mark.parametrize("seed", range(12))
def test_a_window_is_encoded_as_a_part_of_the_whole(family, seed):
    random = np.random.default_rng(seed)
    sketch, params = simulate_sketch(TRUTHS["touching"](), 0.4, seed=seed % 1000), params_of(family)
    whole = family.encode(sketch, params)
    (top, bottom), (left, right) = (
        np.sort(random.choice(length + 1, 2, replace=False)) for length in sketch.shape
    )
    window = slice(int(top), int(bottom)), slice(int(left), int(right))
    part = family.encode(sketch, params, window)
    assert part.names == whole.names
    np.testing.assert_allclose(part.data, whole.data[:, *window], atol=1e-5)


@pytest.mark.parametrize("seed", range(12))
def test_a_stroke_changes_targets_only_where_it_is_said_to(family, seed):
    random = np.random.default_rng(seed)
    truth, params = TRUTHS["touching"](), params_of(family)
    sketch = simulate_sketch(truth, 0.3, seed=seed % 1000)
    before = family.encode(sketch, params).data
    top, left = (int(random.integers(0, length - 12)) for length in sketch.shape)
    window = slice(top, top + 12), slice(left, left + int(random.integers(1, 12)))
    changed = sketch.paint(window, random.choice([0, 1]) * (truth[window] + 1))
    outside = np.ones(sketch.shape, bool)
    outside[expand(changed, family.context, sketch.shape)] = False
    after = family.encode(sketch, params).data
    np.testing.assert_allclose(after[:, outside], before[:, outside], atol=1e-5)


def test_gradients_are_those_of_the_loss(family):
    truth = TRUTHS["touching"]()[20:32, 20:31]
    sketch = hidden(truth, np.random.default_rng(0).random(truth.shape) < 0.9)
    params = params_of(family)
    target = batch_of(family.encode(sketch, params), torch.float64)
    maps = torch.randn(1, channel_count(family), *sketch.shape, dtype=torch.float64, requires_grad=True)
    names = loss_of(family, maps, target, params)[1].keys()
    learned = {
        name: torch.tensor(value + 0.1, dtype=torch.float64, requires_grad=True)
        for name, value in family.learned.items()
    }
    for name in learned:
        assert torch.autograd.gradcheck(
            lambda x, name=name: family.loss(maps, target, params, learned | {name: x})[0], learned[name]
        )
    assert torch.autograd.gradcheck(lambda x: loss_of(family, x, target, params)[0], maps)
    for name in names:
        assert torch.autograd.gradcheck(
            lambda x, name=name: loss_of(family, x, target, params)[1][name], maps
        )


SMALL = {
    "empty": np.zeros((9, 12), int),
    "single background pixel": np.eye(1, 60, 7, dtype=int).reshape(5, 12),
    "single object pixel": 2 * np.eye(1, 60, 7, dtype=int).reshape(5, 12),
    "one object on background": np.pad(np.full((6, 6), 2), 4, constant_values=1),
    "one row": np.array([[1, 1, 2, 2, 2, 0, 3]]),
    "one pixel": np.array([[2]]),
    "only background": np.ones((8, 8), int),
    "huge id": np.pad(np.full((6, 6), 2**31 - 1), 3, constant_values=1),
}


@pytest.mark.parametrize("kind", SMALL)
def test_small_sketches_are_encoded_and_have_a_finite_loss(family, kind):
    sketch, params = Sketch(SMALL[kind]), params_of(family)
    target = batch_of(family.encode(sketch, params))
    maps = torch.randn(1, channel_count(family), *sketch.shape, requires_grad=True)
    loss, _ = loss_of(family, maps, target, params)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(maps.grad).all()
    if kind == "empty":
        assert loss.item() == 0


def test_a_lone_object_comes_back(family):
    labels, params = SMALL["one object on background"], params_of(family)
    maps = ideal_maps(family, family.encode(Sketch(labels), params))
    np.testing.assert_array_equal(family.decode(maps, params) > 0, labels > 1)


def garbage(kind, shape, channels):
    random = np.random.default_rng(0)
    maps = random.normal(0, 2, (channels, *shape)).astype(np.float32)
    if kind == "all foreground":
        maps[0] = abs(maps[0]) + 1
    elif kind == "inwards to nowhere":
        maps[:] = 1
    elif kind == "whirls":
        rows, columns = np.indices(shape)
        maps[0] = 1
        maps[-2:] = np.stack([np.sin(rows / 9), np.cos(columns / 7)])[-channels:]
    elif kind == "enormous":
        maps *= 1e30
    return maps


@pytest.mark.parametrize("kind", ["noise", "all foreground", "inwards to nowhere", "whirls", "enormous"])
def test_decoding_garbage_takes_bounded_time(family, kind):
    maps = garbage(kind, (1024, 1024), channel_count(family))
    start = time.perf_counter()
    labels = family.decode(maps, params_of(family))
    assert time.perf_counter() - start < SLOWEST
    assert labels.dtype == np.int32
    assert labels.shape == (1024, 1024)


@pytest.mark.parametrize("value", [-1e3, -1.0, 0.0, 1.0, 1e3])
@pytest.mark.parametrize("shape", [(1, 1), (1, 17), (17, 1), (2, 3), (33, 20)])
def test_constant_maps_are_decoded(family, value, shape):
    labels = family.decode(np.full((channel_count(family), *shape), value, np.float32), params_of(family))
    assert labels.shape == shape
    assert labels.dtype == np.int32


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), height=st.integers(1, 40), width=st.integers(1, 40))
@pytest.mark.parametrize("name", FAMILIES)
def test_instances_are_numbered_from_one_and_large_enough(name, seed, height, width):
    family = FAMILIES[name]
    random = np.random.default_rng(seed)
    maps = random.normal(0, random.choice([0.1, 1, 10]), (channel_count(family), height, width)).astype(
        np.float32
    )
    before = maps.copy()
    params = params_of(family, minimum_size=int(random.integers(0, 30)))
    labels = family.decode(maps, params)
    np.testing.assert_array_equal(maps, before)
    area = np.bincount(labels.ravel())[1:]
    assert (area >= max(params.minimum_size, 1)).all()
    np.testing.assert_array_equal(family.decode(maps, params), labels)


def test_a_broken_network_gives_labels_all_the_same(family):
    maps = garbage("noise", (64, 64), channel_count(family))
    maps[:, 10:12, 20:40] = np.nan
    maps[-1, 40, 40] = np.inf
    labels = family.decode(maps, params_of(family))
    assert labels.shape == (64, 64)
    assert labels.min() >= 0


def own_maps(family, params, seed=0, scale=1.0):
    """Outputs of a network, and the maps they stand for."""
    generator = torch.Generator().manual_seed(seed)
    count = len(family.channels(params))
    outputs = scale * torch.randn(2, count, 9, 11, generator=generator)
    return outputs, family.activate(outputs).detach()


def test_imitation_is_best_at_the_other_networks_own_outputs(family):
    params = params_of(family)
    outputs, maps = own_maps(family, params)
    weight = torch.ones(2, 9, 11)
    outputs.requires_grad_()
    best = family.imitate(outputs, maps, weight, params)
    best.backward()
    assert outputs.grad.abs().max() < 1e-6
    for seed in range(1, 4):
        other = outputs.detach() + 0.1 * own_maps(family, params, seed)[0]
        assert family.imitate(other, maps, weight, params) > best + 1e-5


def test_imitation_leads_to_the_other_networks_maps(family):
    params = params_of(family)
    _, maps = own_maps(family, params, scale=0.7)
    outputs = torch.zeros_like(maps).requires_grad_()
    optimizer = torch.optim.Adam([outputs], lr=0.05)
    for _ in range(400):
        optimizer.zero_grad()
        family.imitate(outputs, maps, torch.ones(2, 9, 11), params).backward()
        optimizer.step()
    unit = float(maps.abs().max())
    torch.testing.assert_close(family.activate(outputs.detach()), maps, atol=0.02 * unit, rtol=0)


def test_imitation_counts_only_where_weight_is(family):
    params = params_of(family)
    outputs, maps = own_maps(family, params)
    other = own_maps(family, params, seed=1)[0].requires_grad_()
    weight = torch.zeros(2, 9, 11)
    weight[:, :4] = 1
    family.imitate(other, maps, weight, params).backward()
    assert not other.grad[:, :, 4:].any()
    assert other.grad[:, :, :4].abs().amax(1).min() > 0
    changed = torch.where(weight[:, None] > 0, other, outputs).detach()
    expected = family.imitate(other.detach(), maps, weight, params)
    torch.testing.assert_close(family.imitate(changed, maps, weight, params), expected)
    assert family.imitate(outputs, maps, torch.zeros(2, 9, 11), params) == 0
