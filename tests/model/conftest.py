import numpy as np
import pytest
import torch

from sketchcell.families import get_family
from sketchcell.model import Model, ModelConfig
from sketchcell.networks import NETWORKS, NetworkInfo, build_network
from sketchcell.networks.unet import CompactUNet


@pytest.fixture(autouse=True)
def _small_network(monkeypatch):
    """A real network of the registry, quick to build."""

    def build(inputs, outputs):
        return CompactUNet(inputs, outputs, widths=(4, 8))

    monkeypatch.setitem(NETWORKS, "small", NetworkInfo("small", "for tests", build))


@pytest.fixture
def make_model():
    def make(channels=1, seed=0, **changes):
        torch.manual_seed(seed)
        network = build_network("small", channels, 3)
        with torch.no_grad():
            for parameter in network.parameters():
                if not parameter.any():
                    parameter.normal_(0, 0.3)
        config = ModelConfig(
            "flow", get_family("flow").Params(**changes.pop("params", {})), "small", channels
        )
        return Model(ModelConfig(**{**vars(config), **changes}), network)

    return make


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 4000, (60, 75)).astype(np.uint16)
