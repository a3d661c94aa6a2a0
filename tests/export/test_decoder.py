"""The decoder inside a graph finds the instances that the family finds."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage

from sketchcell import load_sample
from sketchcell.errors import SketchcellError
from sketchcell.export.about import About
from sketchcell.export.building import scripted
from sketchcell.export.components import spot_numbers
from sketchcell.export.content import Content
from sketchcell.export.libraries import quiet
from sketchcell.families import get_family
from sketchcell.inference import drain
from sketchcell.model import Model, encode_model
from sketchcell.networks import full_precision
from sketchcell.pretrained.prior import prior_model
from sketchcell.sketch import Sketch


def same_instances(one, two):
    pairs = np.unique(np.stack([one.ravel(), two.ravel()]), axis=1)
    return pairs.shape[1] == np.unique(one).size == np.unique(two).size and ((one > 0) == (two > 0)).all()


@pytest.fixture(scope="module")
def prior():
    return prior_model("flow", 1)


def grey(name):
    image = load_sample(name).image.astype(np.float32)
    return image if image.ndim == 2 else image.mean(-1)


def graph(model, image):
    return scripted(Content(model, encode_model(model), About(), image[None], True, False))


@pytest.mark.parametrize("name", ["nuclei", "phase-contrast", "bacteria", "he"])
@pytest.mark.parametrize("scale", [1.0, 0.7])
def test_samples(prior, name, scale):
    model = Model(replace(prior.config, scale=scale), prior.network)
    image = grey(name)[:200, :173]
    with full_precision():
        ours = model.segment(image)
    with quiet():
        maps, labels = graph(model, image)(torch.from_numpy(image)[None, None])

    assert ours.max() > 10
    assert maps.shape == (1, 3, *image.shape)
    assert labels.dtype == torch.int32
    assert labels.max() == ours.max()
    assert same_instances(ours, labels[0, 0].numpy())


@pytest.mark.parametrize("changes", [{}, {"parting": 0.9, "minimum_size": 60}, {"speck_size": 0.0}])
def test_exact_maps_and_other_thresholds(prior, changes):
    sample = load_sample("nuclei")
    flow = get_family("flow")
    params = replace(prior.config.params, **changes)
    target = flow.encode(Sketch(np.where(sample.truth > 0, sample.truth + 1, 1)), params)
    maps = np.stack([target[name] for name in flow.channels(params)])
    model = Model(replace(prior.config, params=params), prior.network)
    with quiet():
        found = graph(model, sample.image.astype(np.float32)).decode(
            torch.from_numpy(maps), torch.tensor([sample.truth.size])
        )

    ours = flow.decode(maps, params)
    assert ours.max() > 10
    assert same_instances(ours, found.numpy())


def test_nothing_is_found_where_nothing_is(prior):
    with quiet():
        decode = graph(prior, grey("nuclei")).decode
        assert not decode(torch.full((3, 20, 30), -1.0), torch.tensor([600])).any()
        assert not decode(torch.full((3, 1, 1), -1.0), torch.tensor([1])).any()


def test_spots_are_8_connected_components():
    random = np.random.default_rng(0)
    for density in (0.1, 0.4, 0.6, 1.0):
        spots = random.random((40, 57)) < density
        with quiet():
            found = torch.jit.script(spot_numbers)(torch.from_numpy(spots)).numpy().reshape(spots.shape)
        assert same_instances(ndimage.label(spots, np.ones((3, 3)))[0], found)


@pytest.mark.parametrize("family", ["sdf", "multiclass", "distance"])
def test_other_families_say_that_they_cannot(family, make_model, make_content):
    with pytest.raises(SketchcellError, match="only that of 'flow'"):
        scripted(make_content(make_model(family), decoder=True))


def test_predictions_of_the_graph_are_those_of_the_model(prior):
    image = grey("bacteria")[:131, :90]
    with full_precision():
        ours = drain(prior.predicting(image))
    with quiet():
        maps, _ = graph(prior, image)(torch.from_numpy(image)[None, None])

    np.testing.assert_allclose(maps[0], ours.values, atol=1e-5)
