import time

import numpy as np
import pytest

from sketchcell.errors import SketchcellError
from sketchcell.images import Normalization, as_channels


def test_percentiles_become_zero_and_one(plane):
    normalized = Normalization(2, 95).apply(as_channels(plane))
    assert np.percentile(normalized, (2, 95)) == pytest.approx([0, 1], abs=1e-5)
    assert normalized.max() > 1


def test_a_few_bright_pixels_are_not_lost():
    image = np.full((200, 200), 100.0)
    image[3, 4:6] = 300
    normalized = Normalization().apply(as_channels(image))
    assert normalized.min() == 0
    assert normalized[0, 3, 4] == 1


def test_large_images_are_sampled_reproducibly():
    channels = np.random.default_rng(0).normal(size=(1, 3000, 1500)).astype(np.float32)
    normalized = Normalization(1, 99).apply(channels)
    assert np.array_equal(normalized, Normalization(1, 99).apply(channels))
    assert np.percentile(normalized, (1, 99)) == pytest.approx([0, 1], abs=0.02)


@pytest.mark.parametrize("size", [1e-30, 1e-40])
def test_tiny_spans_and_offsets_stay_finite(size):
    normalized = Normalization(0, 100).apply(as_channels(size * np.array([[1.0, 2.0], [3.0, 4.0]])))
    assert normalized.dtype == np.float32
    assert normalized.ravel() == pytest.approx([0, 1 / 3, 2 / 3, 1], abs=1e-4)


@pytest.mark.parametrize("percentiles", [(5, 5), (9, 1), (-1, 50), (1, 101)])
def test_percentiles_must_rise(percentiles):
    with pytest.raises(SketchcellError, match="percentiles"):
        Normalization(*percentiles)


CLAHE = Normalization(clahe=True)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 500), (500, 3), (2, 2), (7, 9), (64, 64)])
def test_clahe_takes_images_of_any_size(shape):
    channels = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    evened = CLAHE.apply(channels)
    assert evened.shape == channels.shape
    assert evened.dtype == np.float32
    assert np.isfinite(evened).all()
    assert evened.min() >= 0
    assert evened.max() <= 1


def test_clahe_evens_out_the_light():
    """The same texture under light that fades away: its contrast becomes alike on both sides."""
    random = np.random.default_rng(0)
    fading = np.linspace(1, 0.1, 256)[None, :]
    image = (fading * (2000 + 800 * random.normal(size=(256, 256)))).clip(0).astype(np.uint16)
    contrast = []
    for normalization in (Normalization(), CLAHE):
        normalized = normalization.apply(as_channels(image))[0]
        contrast.append(normalized[:, -64:].std() / normalized[:, :64].std())
    usual, evened = contrast
    assert usual < evened / 1.5


@pytest.mark.parametrize("factor", [1, 257])
def test_clahe_does_not_mind_the_bits_of_an_image(factor):
    image = np.random.default_rng(0).integers(0, 255, (90, 80)).astype(np.uint16)
    np.testing.assert_allclose(
        CLAHE.apply(as_channels(image * factor)), CLAHE.apply(as_channels(image.astype(np.uint8))), atol=1e-5
    )


def test_clahe_treats_channels_alone_and_leaves_constant_ones():
    channels = np.random.default_rng(0).normal(size=(4, 60, 70)).astype(np.float32)
    channels[2] = 7
    evened = CLAHE.apply(channels)
    assert (evened[2] == 0).all()
    for number in (0, 1, 3):
        np.testing.assert_array_equal(evened[number], CLAHE.apply(channels[[number]])[0])


def test_clahe_of_a_few_bright_pixels_is_finite():
    image = np.full((200, 200), 100.0)
    image[3, 4:6] = 300
    evened = CLAHE.apply(as_channels(image))
    assert np.isfinite(evened).all()
    assert evened[0, 3, 4] > evened[0, 100, 100]


def test_clahe_is_quick_enough_to_be_done_at_once():
    channels = np.random.default_rng(0).normal(size=(1, 1024, 1024)).astype(np.float32)
    start = time.perf_counter()
    CLAHE.apply(channels)
    assert time.perf_counter() - start < 3  # takes about 0.2 s on a quiet machine
