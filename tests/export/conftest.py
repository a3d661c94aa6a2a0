import numpy as np
import pytest
import torch
from scipy import ndimage

from sketchcell.export.about import About, Author
from sketchcell.export.content import Content
from sketchcell.families import get_family
from sketchcell.model import Model, ModelConfig, encode_model, model_from_files
from sketchcell.networks import NETWORKS, NetworkInfo, build_network
from sketchcell.networks.unet import CompactUNet


@pytest.fixture(autouse=True)
def _small_network(monkeypatch):
    """A real network of the registry, quick to build and to translate."""
    small = NetworkInfo("small", "for tests", lambda i, o: CompactUNet(i, o, widths=(4, 8)))
    monkeypatch.setitem(NETWORKS, "small", small)


@pytest.fixture
def make_model():
    def make(family="flow", channels=1, network="small", params=None, **changes):
        torch.manual_seed(0)
        kind = get_family(family)
        params = kind.Params() if params is None else params
        built = build_network(network, channels, len(kind.channels(params)), kind.learned)
        with torch.no_grad():
            for parameter in built.parameters():
                if not parameter.any():
                    parameter.normal_(0, 0.3)
        config = ModelConfig(
            family, params, network, channels, **{"normalization": kind.normalization(params), **changes}
        )
        return Model(config, built)

    return make


@pytest.fixture
def make_content(image):
    def make(model, *, decoder=False, normalised=False, about=None):
        files = encode_model(model)
        channels = np.repeat(image[None].astype(np.float32), model.config.image_channels, 0)
        return Content(model_from_files(files), files, about or About(), channels, decoder, normalised)

    return make


@pytest.fixture
def image():
    smooth = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(70, 93)), 4)
    return (1000 + 9000 * (smooth - smooth.min()) / np.ptp(smooth)).astype(np.uint16)


@pytest.fixture
def about():
    author = Author("Ada Lovelace", "London", "0000-0002-1825-0097")
    return About(title="Test cells", authors=(author,), licence="CC-BY-4.0", description="For tests.")
