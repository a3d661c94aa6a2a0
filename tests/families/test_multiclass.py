"""The multiclass family: losses, weights of sketches, decoding."""

import numpy as np
import pytest
import torch
from truths import TRUTHS, full_sketch, ideal_maps, loss_of

from sketchcell.families import Target
from sketchcell.families.classes import CELL, TOUCHING, class_map
from sketchcell.families.multiclass import UNLIKELY, Multiclass, pixel_weights
from sketchcell.families.weight_maps import class_balance, dwm, saw, unet_weights
from sketchcell.measure import evaluate
from sketchcell.sketch import Sketch, simulate_sketch
from sketchcell.sketch.window import expand

FAMILY = Multiclass()
WEIGHTINGS = ("balance", "unet", "dwm", "saw", "focal")


def params_of(**changes):
    return FAMILY.Params(**changes)


def batch_of(target, dtype=torch.float64):
    return Target(target.names, torch.from_numpy(target.data)[None].to(dtype))


def weights_of(target, params):
    batch = batch_of(target)
    allowed = torch.stack([batch[name] for name in FAMILY.channels(params)], 1) > 0
    return pixel_weights(batch, allowed, batch["class_weight"] > 0, params)[0].numpy()


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("kind", TRUTHS)
def test_cells_come_back_for_any_number_of_classes(kind, classes):
    truth, params = TRUTHS[kind](), params_of(classes=classes)
    maps = class_map(truth, classes) == np.arange(classes)[:, None, None]
    accuracy = evaluate(truth, FAMILY.decode(maps.astype(np.float32), params))
    assert accuracy.ap50 == 1
    assert accuracy.segmentation_quality >= 0.95


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize(
    ("weighting", "expected"),
    [
        ("balance", class_balance),
        ("focal", class_balance),
        ("unet", unet_weights),
        ("dwm", dwm),
        ("saw", saw),
    ],
)
@pytest.mark.parametrize("kind", ["touching", "concave", "cut"])
def test_a_full_sketch_is_weighted_as_a_full_image(kind, weighting, expected, classes):
    truth, params = TRUTHS[kind](), params_of(weighting=weighting, classes=classes, rarest=0.0)
    found = weights_of(FAMILY.encode(full_sketch(truth), params), params)
    np.testing.assert_allclose(found, expected(truth, classes), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("classes", [2, 4])
def test_windows_and_strokes_for_every_choice(weighting, classes):
    params, truth = params_of(weighting=weighting, classes=classes), TRUTHS["touching"]()
    sketch = simulate_sketch(truth, 0.4, seed=5)
    before = FAMILY.encode(sketch, params)
    window = slice(31, 77), slice(12, 60)
    part = FAMILY.encode(sketch, params, window)
    np.testing.assert_allclose(part.data, before.data[:, *window], atol=1e-5)
    changed = sketch.paint((slice(40, 52), slice(30, 44)), truth[40:52, 30:44] + 1)
    outside = np.ones(sketch.shape, bool)
    outside[expand(changed, FAMILY.context, sketch.shape)] = False
    after = FAMILY.encode(sketch, params)
    np.testing.assert_allclose(after.data[:, outside], before.data[:, outside], atol=1e-5)


def slow_loss(outputs, target, params):
    """Pixel by pixel, from eq. 1."""
    names = FAMILY.channels(params)
    weights = weights_of(target, params)
    total = 0.0
    for y, x in np.argwhere(target["class_weight"] > 0):
        p = np.exp(outputs[:, y, x]) / np.exp(outputs[:, y, x]).sum()
        allowed = [c for c, name in enumerate(names) if target[name][y, x]]
        plainest = min(allowed, key=[0, 1, 3, 2].index)
        union = sum(p[c] * (1 if c == plainest else UNLIKELY) for c in allowed)
        factor = (1 - union) ** params.focal if params.weighting == "focal" else 1
        total -= weights[y, x] * factor * np.log(union)
    return total / weights.sum()


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_the_loss_is_weighted_cross_entropy(weighting, classes):
    params = params_of(weighting=weighting, classes=classes)
    sketch = simulate_sketch(TRUTHS["touching"](), 0.3, seed=1)
    target = FAMILY.encode(sketch, params)
    outputs = np.random.default_rng(0).normal(0, 2, (classes, *sketch.shape))
    loss, terms = loss_of(FAMILY, torch.from_numpy(outputs)[None], batch_of(target), params)
    assert loss.item() == pytest.approx(slow_loss(outputs, target, params), rel=1e-6)
    assert list(terms) == ["classes"]


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("classes", [2, 4])
def test_gradients_for_every_choice(weighting, classes):
    truth = TRUTHS["touching"]()[20:30, 20:29]
    sketch = Sketch(np.where(np.random.default_rng(0).random(truth.shape) < 0.9, truth + 1, 0))
    params = params_of(weighting=weighting, classes=classes)
    target = batch_of(FAMILY.encode(sketch, params))
    outputs = torch.randn(1, classes, *truth.shape, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: loss_of(FAMILY, x, target, params)[0], outputs)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 2.0])
def test_the_focal_loss_is_finite_where_the_network_is_sure(exponent):
    params = params_of(weighting="focal", focal=exponent)
    sketch = full_sketch(TRUTHS["round"]())
    encoded = FAMILY.encode(sketch, params)
    outputs = (100 * torch.from_numpy(ideal_maps(FAMILY, encoded))[None]).requires_grad_()
    loss, _ = loss_of(FAMILY, outputs, batch_of(encoded, torch.float32), params)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(outputs.grad).all()


def test_what_may_be_any_class_teaches_nothing():
    labels = np.zeros((20, 20), int)
    labels[5:15, 5:15] = 2
    params = params_of(classes=2)
    target = FAMILY.encode(Sketch(labels), params)
    assert target["class_weight"].sum() == 8 * 8
    assert target["cell"].sum() == 10 * 10


def test_touching_pixels_go_to_the_nearest_cell_but_not_far():
    maps = np.zeros((3, 20, 40), np.float32)
    maps[0] = 1
    for columns, one in ((slice(5, 12), CELL), (slice(12, 15), TOUCHING), (slice(15, 22), CELL)):
        maps[:, 5:15, columns] = np.eye(3)[one][:, None, None]
    maps[:, 5:15, 24:40] = np.eye(3)[TOUCHING][:, None, None]
    labels = FAMILY.decode(maps, params_of())
    assert labels.max() == 2
    np.testing.assert_array_equal(labels[10, 5:13], labels[10, 5])
    np.testing.assert_array_equal(labels[10, 14:22], labels[10, 20])
    assert labels[10, 5] != labels[10, 20]
    assert (labels[10, 26:] == 0).all()


def test_thresholds_part_and_grow_cells():
    random = np.random.default_rng(0)
    maps = torch.softmax(torch.from_numpy(random.normal(0, 2, (3, 40, 40)).astype(np.float32)), 0).numpy()
    sizes = [
        np.count_nonzero(FAMILY.decode(maps, params_of(gamma2=level, gamma1=1.0, minimum_size=0)))
        for level in (0.2, 0.5, 0.8)
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[1] == np.count_nonzero(maps[CELL] > 0.5)
