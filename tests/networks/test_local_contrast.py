"""Local contrast: blind to gain and offset, the same in any part of an image."""

import torch
from scipy import ndimage

from sketchcell.networks.local_contrast import LocalContrast


def image(side=96, channels=1):
    torch.manual_seed(0)
    return torch.rand(2, channels, side, side, dtype=torch.float64)


def test_the_image_comes_first_and_each_sigma_adds_a_channel():
    x = image(channels=3)
    y = LocalContrast((1.0, 2.0))(x)
    assert y.shape == (2, 9, 96, 96)
    assert torch.equal(y[:, :3], x)


def test_values_are_those_of_the_formula():
    x = image()
    found = LocalContrast((2.0,))(x)[0, 1]
    plane = x[0, 0].numpy()
    difference = plane - ndimage.gaussian_filter(plane, 2, mode="nearest", truncate=3)
    spread = ndimage.gaussian_filter(difference**2, 4, mode="nearest", truncate=3) ** 0.5
    torch.testing.assert_close(found, torch.from_numpy(0.1 * difference / (spread + 0.02)))


def test_offset_does_not_matter_and_gain_hardly():
    x, contrast = image(), LocalContrast()
    torch.testing.assert_close(contrast(x + 3)[:, 1:], contrast(x)[:, 1:])
    assert (contrast(100 * x)[:, 1:] - contrast(10 * x)[:, 1:]).abs().max() < 0.01


def test_a_flat_image_has_no_contrast():
    assert LocalContrast()(torch.full((1, 1, 9, 5), 0.7))[:, 1:].abs().max() < 1e-4


def test_reach_is_true():
    contrast = LocalContrast((1.0, 2.0))
    x = image(64)
    other = x.clone()
    other[:, :, 30, 20] += 5
    rows, columns = (contrast(x) != contrast(other)).any(1)[0].nonzero(as_tuple=True)
    assert max((rows - 30).abs().max(), (columns - 20).abs().max()) == contrast.reach


def test_half_precision_elsewhere_does_not_reach_it():
    x = image().float()
    with torch.autocast("cpu", torch.bfloat16):
        found = LocalContrast()(x)
    torch.testing.assert_close(found, LocalContrast()(x))
