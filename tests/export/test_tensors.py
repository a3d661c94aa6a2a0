"""The steps of a graph, against what the package itself does."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sketchcell.export.tensors import cropped, filled, normalized, resized, scaled, widened
from sketchcell.images import Normalization
from sketchcell.inference import resize_channels


def tensor(channels):
    return torch.from_numpy(channels)[None]


def random_image(shape, seed=0):
    return np.random.default_rng(seed).gamma(2, 100, shape).astype(np.float32)


@given(st.integers(1, 5000), st.integers(1, 300), st.integers(1, 100))
def test_sizes_are_rounded_as_python_does(size, numerator, denominator):
    assert scaled(size, numerator, denominator) == max(1, round(size * numerator / denominator))


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 5, 3), (2, 40, 61), (1, 1500, 700), (1, 1025, 2100)])
def test_normalisation_is_that_of_images(shape):
    image = random_image(shape)

    ours = Normalization(2.0, 99.7).apply(image)

    np.testing.assert_allclose(normalized(tensor(image), 2.0, 99.7, 1024)[0], ours, rtol=1e-5, atol=1e-5)


def test_a_few_bright_objects_and_constant_channels_are_normalised_alike():
    image = np.zeros((2, 60, 60), np.float32)
    image[0, 30, 30:32] = 7
    image[1] = 3

    ours = Normalization().apply(image)

    assert ours.max() == 1
    np.testing.assert_allclose(normalized(tensor(image), 1.0, 99.8, 1024)[0], ours)


@pytest.mark.parametrize("shape", [(20, 31), (60, 93), (7, 5), (150, 99), (1, 1)])
def test_resizing_is_that_of_images(shape):
    image = random_image((2, 60, 45))

    ours = resize_channels(image, shape)

    np.testing.assert_allclose(resized(tensor(image), *shape)[0], ours, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (16, 9), (8, 24), (17, 31)])
def test_images_are_continued_by_reflection(shape):
    image = random_image((1, *shape))
    missing = [(0, 0), *((0, -side % 8) for side in shape)]

    np.testing.assert_array_equal(filled(tensor(image), 8)[0], np.pad(image, missing, mode="reflect"))


def test_small_images_are_continued_by_their_edge():
    image = random_image((1, 8, 24))

    np.testing.assert_array_equal(
        widened(tensor(image), 16)[0], np.pad(image, ((0, 0), (0, 8), (0, 0)), mode="edge")
    )
    np.testing.assert_array_equal(cropped(tensor(image), 5, 7)[0], image[:, :5, :7])
