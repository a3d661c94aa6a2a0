import numpy as np
import pytest

from sketchcell.errors import SketchcellError
from sketchcell.images import Normalization, as_channels


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((40, 50), (1, 40, 50)),
        ((40, 50, 1), (1, 40, 50)),
        ((40, 50, 2), (2, 40, 50)),
        ((40, 50, 3), (3, 40, 50)),
        ((40, 50, 7), (7, 40, 50)),
        ((2, 40, 50), (2, 40, 50)),
        ((16, 40, 50), (16, 40, 50)),
        ((40, 50, 16), (16, 40, 50)),
    ],
)
def test_channels_come_first(shape, expected):
    image = np.random.default_rng(0).integers(0, 9, shape)
    channels = as_channels(image)
    assert channels.shape == expected
    assert channels.dtype == np.float32
    assert channels.flags.c_contiguous
    assert channels.sum() == image.sum()


@pytest.mark.parametrize("dtype", ["?", "u1", ">u2", "<u2", "i2", ">i4", "u4", "i8", "f2", ">f4", "f8"])
def test_every_number_type_keeps_its_values(plane, dtype):
    image = (plane % 100).astype(dtype)
    assert np.array_equal(as_channels(image)[0], image.astype(np.float32))


def test_only_an_opaque_alpha_channel_is_dropped():
    image = np.random.default_rng(0).integers(0, 255, (20, 30, 4), dtype=np.uint8)
    assert as_channels(image).shape[0] == 4
    image[..., 3] = 255
    assert as_channels(image).shape[0] == 3


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((5, 5)), "constant"),
        (np.full((5, 5, 3), 7, np.uint8), "constant"),
        (np.array([[1.0, np.nan], [np.nan, 2.0]]), "NaN .* in 2 pixels"),
        (np.array([[1.0, np.inf], [0.0, 2.0]]), "infinite .* in 1 pixels"),
        (np.array([[1.0, 1e300], [0.0, 2.0]]), "infinite or far too large"),
        (np.array([[1.0, -3.4e38], [0.0, 2.0]], np.float32), "far too large values in 1 pixels"),
        (2**50 + np.arange(9).reshape(3, 3), "same number at 32 bit"),
        (1e-300 * np.arange(9).reshape(3, 3), "same number at 32 bit"),
        ([[1, 2], [3]], "differ in length"),
        (np.arange(5), "1 axes"),
        (np.zeros((2, 2, 20, 20)), "4 axes"),
        (np.zeros((30, 40, 50)), "none is short enough for channels"),
        (np.zeros((0, 5)), "no pixels"),
        (np.array([["a", "b"]]), "type <U1"),
        (np.array([[None, 1]], dtype=object), "type object"),
        (np.ones((3, 3), dtype=complex), "type complex128"),
    ],
)
def test_unusable_images_are_refused(image, words):
    with pytest.raises(SketchcellError, match=words):
        as_channels(image)


def test_one_constant_channel_among_several_is_allowed(plane):
    channels = as_channels(np.stack([plane, np.zeros_like(plane)]))
    normalized = Normalization().apply(channels)
    assert np.isfinite(normalized).all()
    assert not normalized[1].any()
