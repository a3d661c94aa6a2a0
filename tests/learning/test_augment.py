"""Augmentation: what is taught turns with the image."""

import numpy as np
import pytest
import torch

from sketchcell.families import FAMILIES, Target
from sketchcell.learning.augment import Augmentation, move, relight
from sketchcell.sketch import Sketch, simulate_sketch

SYMMETRIES = range(8)


@pytest.fixture(params=FAMILIES.values(), ids=FAMILIES.keys())
def family(request):
    return request.param


USUAL = Augmentation()
RIGHT_ANGLES = Augmentation(rotated=0.0)


def turned(array, code):
    """One of the eight symmetries of the square, written the plain way."""
    rows, columns = array.shape[-2:]
    y, x = np.indices((rows, columns))
    y = rows - 1 - y if code & 1 else y
    x = columns - 1 - x if code & 2 else x
    array = array[..., y, x]
    return np.swapaxes(array, -1, -2) if code & 4 else array


def square_sketch(cells):
    _, truth = cells((64, 64))
    sketch = simulate_sketch(truth, 0.4, seed=2)
    boundaries = np.zeros((64, 64), bool)
    boundaries[30, 10:50] = True
    return Sketch(sketch.labels, boundaries)


def seen_codes(images, original):
    """Which symmetry each image of a batch has become."""
    return [
        next(code for code in SYMMETRIES if np.allclose(image, turned(original, code), atol=1e-5))
        for image in images
    ]


def test_encoding_a_turned_sketch_is_turning_the_encoded_sketch(family, cells):
    sketch, params = square_sketch(cells), family.Params()
    target = family.encode(sketch, params)
    batch = Target(target.names, torch.from_numpy(target.data).repeat(64, 1, 1, 1))
    image = np.random.default_rng(0).normal(size=(2, 64, 64)).astype(np.float32)
    images, moved = move(
        torch.from_numpy(image).repeat(64, 1, 1, 1), batch, torch.Generator().manual_seed(0), RIGHT_ANGLES
    )
    codes = seen_codes(images.numpy(), image)
    assert set(codes) == set(SYMMETRIES)
    expected = {
        code: family.encode(Sketch(turned(sketch.labels, code), turned(sketch.boundaries, code)), params)
        for code in SYMMETRIES
    }
    for code, planes in zip(codes, moved.data.numpy(), strict=True):
        for name, plane, wanted in zip(target.names, planes, expected[code].data, strict=True):
            np.testing.assert_allclose(plane, wanted, atol=1e-6, err_msg=f"{name}, symmetry {code}")


def test_rotated_vectors_still_point_away_from_the_edge():
    """A field that points to the middle of the patch does so whatever the angle."""
    side = 65
    y, x = np.indices((side, side)) - side // 2
    away = np.maximum(np.hypot(y, x), 1)
    data = np.stack([-y / away, -x / away, away < 25]).astype(np.float32)
    target = Target(("v_y", "v_x", "v_weight"), torch.from_numpy(data).repeat(40, 1, 1, 1))
    images = torch.from_numpy(data[2:]).repeat(40, 1, 1, 1)
    _, moved = move(images, target, torch.Generator().manual_seed(1), USUAL)
    ring = (away > 8) & (away < 22)
    assert (moved["v_weight"][:, torch.from_numpy(ring)] == 1).all()
    inwards = -(moved["v_y"].numpy() * y + moved["v_x"].numpy() * x) / away
    assert inwards[:, ring].min() > 0.99


@pytest.mark.parametrize("zoom", [0.0, 0.2])
def test_images_and_targets_move_together(zoom):
    """A blob off the middle stays where its target is; beyond the patch nothing is taught."""
    y, x = np.indices((64, 64))
    blob = np.exp(-((y - 20) ** 2 + (x - 38) ** 2) / 30).astype(np.float32)
    names = ("value", "value_weight")
    planes = np.stack([blob, np.ones_like(blob)])
    images, moved = move(
        torch.from_numpy(blob[None]).repeat(60, 1, 1, 1),
        Target(names, torch.from_numpy(planes).repeat(60, 1, 1, 1)),
        torch.Generator().manual_seed(2),
        Augmentation(zoom=zoom),
    )
    weight = moved["value_weight"]
    apart = (images[:, 0] - moved["value"]).abs() * weight
    assert apart.max() < 0.2  # half a pixel of rounding on the slope
    assert set(weight.unique().tolist()) <= {0.0, 1.0}
    assert (moved["value"].amax((1, 2)) > 0.9).all()
    assert len({round(float(image[0, 0, 0]), 6) for image in images}) > 1


def test_relighting_changes_light_and_nothing_else():
    y, x = np.indices((64, 64))
    image = torch.from_numpy(np.sin(y / 9) + np.cos(x / 7)).float()
    images = image.expand(30, 2, 64, 64).clone()
    before = images.clone()
    lit = relight(images, torch.Generator().manual_seed(0), USUAL)
    assert torch.equal(images, before)
    assert lit.shape == images.shape
    assert not torch.equal(lit[0], lit[1])
    assert not torch.equal(lit[0, 0], lit[0, 1])
    for patch in lit.reshape(-1, 64 * 64):
        assert torch.corrcoef(torch.stack([patch, image.ravel()]))[0, 1] > 0.98


def test_chances_come_from_the_generator():
    images = torch.randn(6, 1, 32, 32)
    target = Target(("value", "value_weight"), torch.rand(6, 2, 32, 32))
    results = []
    for seed in (1, 1, 2):
        torch.manual_seed(len(results))
        generator = torch.Generator().manual_seed(seed)
        moved, turned_target = move(images, target, generator, USUAL)
        results.append((relight(moved, generator, USUAL), turned_target.data))
    assert torch.equal(results[0][0], results[1][0])
    assert torch.equal(results[0][1], results[1][1])
    assert not torch.equal(results[0][0], results[2][0])


def test_a_zoom_changes_sizes_by_at_most_its_share():
    disk = (np.hypot(*(np.indices((96, 96)) - 48)) < 24).astype(np.float32)
    images, _ = move(
        torch.from_numpy(disk[None]).repeat(50, 1, 1, 1),
        Target(("value_weight",), torch.ones(50, 1, 96, 96)),
        torch.Generator().manual_seed(0),
        Augmentation(zoom=0.2),
    )
    factors = np.sqrt(images.sum((1, 2, 3)).numpy() / disk.sum())
    assert factors.min() > 0.78
    assert factors.max() < 1.22
    assert factors.std() > 0.05


def test_inversion_turns_light_into_dark_in_its_share_of_the_patches():
    images = torch.rand(200, 2, 8, 8)
    dark = Augmentation(gain=0.0, shift=0.0, noise=0.0, inverted=0.5)
    lit = relight(images, torch.Generator().manual_seed(3), dark)
    inverted = torch.isclose(lit, 1 - images).flatten(1).all(1)
    assert torch.equal(lit[~inverted], images[~inverted])
    assert 70 < inverted.sum() < 130
