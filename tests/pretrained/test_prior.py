"""The prior that ships: every family starts from it, on images of any channels and size."""

from importlib.resources import files

import numpy as np
import pytest
import torch

from sketchcell import FitSettings, Sketch, evaluate, load_sample, train
from sketchcell.errors import SketchcellError
from sketchcell.families import FAMILIES, get_family
from sketchcell.inference import drain
from sketchcell.learning import fit
from sketchcell.learning.learner import Learner
from sketchcell.learning.start import starting
from sketchcell.model import load_model
from sketchcell.networks import build_network
from sketchcell.pretrained import PRIOR, prior_for, prior_model, resolve, suits, untouched
from sketchcell.pretrained.start import estimated_diameter
from sketchcell.synthetic import draw_cells


@pytest.fixture(scope="module")
def sample():
    return load_sample()


def test_it_is_small():
    shipped = files("sketchcell") / "data" / "prior" / "weights.safetensors"
    assert len(shipped.read_bytes()) < 6_000_000


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_every_family_starts_from_it(family, channels):
    model = prior_model(family, channels)
    assert model.config.image_channels == channels
    assert untouched(model)
    maps = model.predict(np.random.default_rng(0).random((channels, 40, 56), np.float32))
    assert maps.channels == get_family(family).channels(model.config.params)
    assert np.isfinite(maps.values).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_grey_is_seen_as_three_equal_colours(family):
    image = draw_cells(np.random.default_rng(0), (64, 64), look="fluorescence").pixels
    grey = prior_model(family, 1).network(torch.from_numpy(image)[None])
    colours = prior_model(family, 3).network(torch.from_numpy(image.repeat(3, 0))[None])
    twice = prior_model(family, 2).network(torch.from_numpy(image.repeat(2, 0))[None])
    torch.testing.assert_close(colours, grey, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(twice, grey, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("family", ["flow", "sdf"])
def test_it_finds_cells_before_any_stroke(sample, family):
    model = drain(prior_for([sample.image], family))
    assert evaluate(sample.truth, model.segment(sample.image)).ap50 > 0.5


@pytest.mark.parametrize("diameter", [10, 20, 60])
def test_it_finds_the_size_of_the_cells(diameter):
    side = 15 * diameter
    drawn = draw_cells(np.random.default_rng(3), (side, side), diameter, "fluorescence")
    true = 2 * np.sqrt(np.median(np.bincount(drawn.labels.ravel())[1:]) / np.pi)
    assert drain(estimated_diameter(drawn.pixels)) == pytest.approx(true, rel=0.5)


@pytest.mark.parametrize("shape", [(2, 1), (3, 200), (40, 2000)])
def test_images_with_nothing_in_them(shape):
    image = np.random.default_rng(0).integers(0, 9, shape).astype(np.uint8)
    image.flat[0] = 200
    model = drain(prior_for([image], "flow"))
    assert model.segment(image).shape == shape


def test_what_it_does_not_suit():
    omnipose = get_family("flow").Params(field="omnipose")
    assert suits("flow", "compact", omnipose)  # other values in the same maps
    assert not suits("flow", "unet")
    clahe = get_family("distance").Params(clahe=True)
    assert not suits("distance", "compact", clahe)
    with pytest.raises(SketchcellError, match="start from random weights"):
        prior_model("distance", 1, clahe)


def test_starts(sample, tmp_path):
    usual = FitSettings()
    assert drain(starting(None, [sample.image], usual)) is None
    assert drain(starting("random", [sample.image], usual)) is None
    assert drain(starting(PRIOR, [sample.image], FitSettings(network="unet-small"))) is None
    start = drain(starting(PRIOR, [sample.image], usual))
    assert untouched(start.model)
    assert drain(starting(start.model, [sample.image], usual)).model is start.model
    start.model.save(tmp_path / "mine")
    assert drain(starting(str(tmp_path / "mine"), [sample.image], usual)).model.config == start.model.config
    assert untouched(resolve(PRIOR).model)
    with pytest.raises(SketchcellError, match="no file or folder"):
        drain(starting("there/is/none", [sample.image], usual))


def test_learning_begins_with_it_and_says_so(sample, tmp_path):
    model = train([sample.image], [sample.sketch], seconds=None, steps=2)
    assert model.config.provenance["start"] == PRIOR
    assert not untouched(model)
    prior = prior_model("flow", 1).network.state_dict()
    moved = {name: (value - prior[name]).abs().max() for name, value in model.network.state_dict().items()}
    assert 0 < max(moved.values()) < 0.01
    model.save(tmp_path / "model")
    assert load_model(tmp_path / "model").config.provenance["start"] == PRIOR
    other = train([sample.image], [sample.sketch], seconds=None, steps=2, init="random")
    assert other.config.provenance["start"] == "random"


def test_what_is_known_is_taught_at_a_lower_rate(sample):
    image, sketch = sample.image[:64, :64], Sketch(sample.truth[:64, :64] + 1)
    known = Learner([image], [sketch], FitSettings(), prior_model("flow", 1))
    anew = Learner([image], [sketch], FitSettings())
    assert known.learning_rate == build_network("compact", 1, 3).tuning_rate < anew.learning_rate
    assert Learner([image], [sketch], FitSettings(learning_rate=0.1), known.model()).learning_rate == 0.1
    # a model that began with random weights a moment ago knows nothing yet
    assert Learner([image], [sketch], FitSettings(), anew.model()).learning_rate == anew.learning_rate


def test_a_few_strokes_do_not_destroy_it(sample):
    known = drain(fit([sample.image], [sample.sketch], FitSettings(steps=25)))
    anew = drain(fit([sample.image], [sample.sketch], FitSettings(steps=25), init="random"))
    found, beside = (evaluate(sample.truth, model.segment(sample.image)).ap50 for model in (known, anew))
    assert found > 0.7 > beside
