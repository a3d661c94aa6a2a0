import numpy as np
import pytest
import torch
from scipy import ndimage
from skimage.draw import disk

from sketchcell.learning import FitSettings
from sketchcell.networks import NETWORKS, NetworkInfo
from sketchcell.networks.unet import CompactUNet
from sketchcell.sketch import simulate_sketch


@pytest.fixture(autouse=True)
def _one_thread():
    """Networks this small do not share their work well."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def _small_network(monkeypatch):
    """A real network of the registry, quick to build and to teach."""

    def build(inputs, outputs):
        return CompactUNet(inputs, outputs, widths=(6, 8))

    monkeypatch.setitem(NETWORKS, "small", NetworkInfo("small", "for tests", build))


def cells(shape=(72, 80), radius=9, seed=0, channels=0):
    """An image of bright disks on a grid, and their labels."""
    random = np.random.default_rng(seed)
    truth = np.zeros(shape, np.int32)
    step = int(2.6 * radius)
    places = [(y, x) for y in range(radius + 2, shape[0], step) for x in range(radius + 2, shape[1], step)]
    for number, (y, x) in enumerate(places, 1):
        truth[disk((y, x), radius * random.uniform(0.8, 1.1), shape=shape)] = number
    light = ndimage.gaussian_filter((truth > 0) * 1.0, 1)
    if channels:
        light = np.stack([light * (1 - 0.3 * channel) for channel in range(channels)], -1)
    image = 200 + 900 * light + random.normal(0, 60, light.shape)
    return image.clip(0).astype(np.uint16), truth


@pytest.fixture(name="cells")
def _cells():
    return cells


@pytest.fixture
def lesson():
    """An image and a sketch of it."""
    image, truth = cells()
    return image, simulate_sketch(truth, 0.15, seed=1)


@pytest.fixture
def quick():
    """Settings with which a step takes milliseconds."""

    def make(**changes):
        return FitSettings(
            **{"network": "small", "steps": 3, "device": "cpu", "patch": 32, "batch": 2, **changes}
        )

    return make
