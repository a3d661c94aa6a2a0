"""Tiles: the same as the whole, bounded memory, any size, progress."""

import numpy as np
import pytest
import torch
from torch import nn

from sketchcell.inference import Progress, drain, predict_tiles
from sketchcell.networks import Network, build_network
from sketchcell.networks.unet import CompactUNet


def as_is(outputs):
    return outputs


class Recorder(Network):
    """A small real network that remembers what it was shown."""

    def __init__(self, inputs=1, outputs=3, stride=4):
        super().__init__()
        self._stride = stride
        self.layer = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.shapes = []

    @property
    def stride(self):
        return self._stride

    @property
    def reach(self):
        return 8

    def forward(self, x):
        assert x.shape[2] % self._stride == 0
        assert x.shape[3] % self._stride == 0
        self.shapes.append(tuple(x.shape))
        return self.layer(x)


def lively(network):
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():
                parameter.normal_(0, 0.3)
    return network.eval()


def image(channels, height, width, seed=0):
    return np.random.default_rng(seed).normal(0.4, 0.3, (channels, height, width)).astype(np.float32)


@pytest.fixture
def full_precision(monkeypatch):
    monkeypatch.setattr("sketchcell.inference.tiles.mixed_precision", lambda device: False)


@pytest.mark.usefixtures("full_precision")
@pytest.mark.parametrize("shape", [(512, 640), (400, 528), (96, 512)])
def test_tiles_give_what_the_whole_gives(shape):
    """Exactly where all tiles see all that a pixel sees, and nearly where they are blended."""
    network = lively(CompactUNet(2, 3, widths=(6, 8, 10)))
    channels = image(2, *shape)
    tile = 256
    whole = drain(predict_tiles(network, channels, as_is, tile=10_000))
    tiled = drain(predict_tiles(network, channels, as_is, tile=tile))
    assert tiled.shape == whole.shape == (3, *shape)
    apart = np.abs(tiled - whole).max(0)
    assert np.quantile(apart, 0.4) < 1e-6
    assert np.sqrt((apart**2).mean()) < 0.05 * whole.std()


@pytest.mark.usefixtures("full_precision")
def test_no_seams_with_the_default_network():
    network = lively(build_network("compact", 1, 3))
    channels = image(1, 480, 480)
    whole = drain(predict_tiles(network, channels, as_is, tile=10_000))
    tiled = drain(predict_tiles(network, channels, as_is, tile=256))
    apart = np.abs(tiled - whole)
    assert apart.max() < 0.5 * whole.std()
    assert np.sqrt((apart**2).mean()) < 0.02 * whole.std()
    # a seam would show as a step between neighbours
    for axis in (1, 2):
        assert np.abs(np.diff(tiled - whole, axis=axis)).max() < 0.5 * whole.std()


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (3, 2), (37, 5), (63, 65), (129, 31)])
@pytest.mark.parametrize("name", ["compact", "omnipose"])
def test_images_of_any_size(name, shape):
    network = lively(build_network(name, 1, 3))
    maps = drain(predict_tiles(network, image(1, *shape), as_is, tile=64))
    assert maps.shape == (3, *shape)
    assert maps.dtype == np.float32
    assert np.isfinite(maps).all()


@pytest.mark.parametrize("shape", [(40, 40), (100, 100), (101, 67), (33, 257), (64, 64), (65, 64), (1000, 3)])
@pytest.mark.parametrize("tile", [32, 64])
def test_memory_is_bounded_by_the_tile_and_progress_counts(shape, tile):
    network = Recorder()
    steps = list(predict_tiles(network, image(1, *shape), as_is, tile=tile))
    assert steps == [Progress(number, len(steps), steps[0].what) for number in range(1, len(steps) + 1)]
    assert len(network.shapes) == len(steps)
    assert all(max(shown[2:]) <= tile and shown[0] == 1 for shown in network.shapes)
    # no more work than the overlap asks for
    needed = np.prod([np.ceil(max(n - 8, 1) / (tile - 8)) for n in shape])
    assert len(steps) <= needed


def test_memory_besides_the_result_is_that_of_a_tile():
    import tracemalloc

    network = Recorder(outputs=2)
    channels = image(1, 1500, 1400)
    tracemalloc.start()
    maps = drain(predict_tiles(network, channels, as_is, tile=128))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * maps.nbytes


@pytest.mark.usefixtures("full_precision")
@pytest.mark.parametrize("shape", [(75, 90), (41, 200)])
def test_every_pixel_is_blended_from_its_own_place(shape):
    """A network that copies its input gives the image back, wherever the tiles lie."""
    network = Recorder(outputs=1)
    with torch.no_grad():
        network.layer.weight.zero_()
        network.layer.weight[0, 0, 1, 1] = 1
        network.layer.bias.zero_()
    channels = image(1, *shape)
    np.testing.assert_allclose(drain(predict_tiles(network, channels, as_is, tile=32)), channels, atol=1e-5)


def test_it_stops_between_tiles():
    network = Recorder()
    steps = predict_tiles(network, image(1, 300, 300), as_is, tile=32)
    next(steps)
    steps.close()
    assert len(network.shapes) == 1


def test_the_image_is_left_alone():
    channels = image(1, 70, 50)
    before = channels.copy()
    drain(predict_tiles(lively(build_network("compact", 1, 3)), channels, as_is, tile=32))
    np.testing.assert_array_equal(channels, before)


def test_no_graph_is_kept():
    network = Recorder()
    drain(predict_tiles(network, image(1, 20, 20), as_is))
    assert all(parameter.grad is None for parameter in network.parameters())


def test_maps_are_activated_before_they_are_blended():
    network, channels = lively(CompactUNet(1, 2, widths=(4, 6))), image(1, 90, 70)
    raw = drain(predict_tiles(network, channels, as_is, tile=10_000))
    maps = drain(predict_tiles(network, channels, torch.sigmoid, tile=10_000))
    np.testing.assert_allclose(maps, 1 / (1 + np.exp(-raw)), atol=1e-5)
    tiled = drain(predict_tiles(network, channels, torch.sigmoid, tile=48))
    assert tiled.min() >= 0
    assert tiled.max() <= 1
