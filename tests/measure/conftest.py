import numpy as np
import pytest
from scipy import ndimage


def blobs(seed: int, size: int = 96, sigma: float = 3, noise: float = 0.0) -> np.ndarray:
    """Random blobs; `noise` changes their shapes, merges and splits some, with the same `seed`."""
    field = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(size, size)), sigma)
    field /= field.std()
    other = ndimage.gaussian_filter(np.random.default_rng(seed + 1000).normal(size=(size, size)), sigma)
    return ndimage.label(field + noise * other / other.std() > 0.5)[0]


@pytest.fixture
def make_blobs():
    return blobs


@pytest.fixture(params=range(6))
def pair(request):
    """A ground truth and a prediction that agree more or less, with gaps between the ids."""
    seed = request.param
    truth, predicted = blobs(seed), blobs(seed, noise=0.15 * seed)
    names = np.random.default_rng(seed).permutation(np.arange(1, 5 * predicted.max() + 2))
    return truth * 7, np.where(predicted > 0, names[predicted], 0)
