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


def test_tiny_spans_and_offsets_stay_finite():
    channels = as_channels(np.array([[1e-30, 2e-30], [3e-30, 4e-30]]))
    assert np.isfinite(Normalization().apply(channels)).all()


@pytest.mark.parametrize("percentiles", [(5, 5), (9, 1), (-1, 50), (1, 101)])
def test_percentiles_must_rise(percentiles):
    with pytest.raises(SketchcellError, match="percentiles"):
        Normalization(*percentiles)
