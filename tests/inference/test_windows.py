"""Networks that see windows: their own size and overlap, whatever the image."""

import numpy as np
import pytest
import torch

from sketchcell.inference import drain, predict_tiles
from sketchcell.networks import Network


class Windowed(Network):
    """Gives its input back, and remembers what it was shown."""

    window = 32

    def __init__(self, overlap=8):
        super().__init__()
        self.one = torch.nn.Parameter(torch.ones(1))
        self._overlap = overlap
        self.seen = []

    @property
    def stride(self):
        return 32

    @property
    def reach(self):
        return 32

    @property
    def overlap(self):
        return self._overlap

    def forward(self, x):
        self.seen.append(x.clone())
        return x * self.one


@pytest.fixture(autouse=True)
def _full_precision(monkeypatch):
    monkeypatch.setattr("sketchcell.inference.tiles.mixed_precision", lambda device: False)


def image(height, width):
    return np.random.default_rng(0).random((1, height, width), dtype=np.float32)


@pytest.mark.parametrize("shape", [(32, 32), (33, 70), (96, 56), (20, 100), (5, 7), (1, 40)])
@pytest.mark.parametrize("overlap", [0, 8, 31])
def test_all_that_it_is_shown_is_one_window(shape, overlap):
    network = Windowed(overlap).eval()
    channels = image(*shape)
    maps = drain(predict_tiles(network, channels, lambda outputs: outputs))
    np.testing.assert_allclose(maps, channels, atol=1e-6)
    assert {tuple(x.shape) for x in network.seen} == {(1, 1, 32, 32)}


@pytest.mark.parametrize("overlap", [8, 16])
def test_neighbours_share_the_networks_overlap(overlap):
    network = Windowed(overlap).eval()
    columns = np.broadcast_to(np.arange(200, dtype=np.float32), (1, 32, 200)).copy()
    drain(predict_tiles(network, columns, lambda outputs: outputs))
    starts = [int(x[0, 0, 0, 0]) for x in network.seen]
    assert (starts[0], starts[-1]) == (0, 200 - 32)
    steps = np.diff(starts)
    assert steps.max() <= 32 - overlap
    # evenly, and not more of them than needed
    assert steps.max() - steps.min() <= 1
    assert len(starts) == -(-(200 - overlap) // (32 - overlap))


def test_a_small_image_is_continued_by_reflection():
    network = Windowed().eval()
    drain(predict_tiles(network, image(3, 4), lambda outputs: outputs))
    (seen,) = network.seen
    np.testing.assert_array_equal(seen[0], np.pad(image(3, 4), ((0, 0), (0, 29), (0, 28)), mode="reflect"))
