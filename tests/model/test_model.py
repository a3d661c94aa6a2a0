"""A model: predict once, decode as often as wanted, at any scale."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sketchcell.errors import SketchcellError
from sketchcell.families import get_family
from sketchcell.images import as_channels
from sketchcell.inference import Progress, drain


def test_decoding_again_costs_no_network_call(make_model, image):
    model = make_model()
    calls = []
    model.network.register_forward_hook(lambda *_: calls.append(1))
    maps = model.predict(image)
    assert len(calls) == 1
    maps.values[0] -= np.median(maps.values[0])
    kept = maps.values.copy()
    few, many = (
        model.decode(maps, get_family("flow").Params(distance_threshold=edge, minimum_size=0, speck_size=0))
        for edge in (0.2, -0.2)
    )
    assert len(calls) == 1
    np.testing.assert_array_equal(maps.values, kept)
    assert (few > 0).sum() < (many > 0).sum()
    assert few.shape == many.shape == image.shape
    assert few.dtype == np.int32
    np.testing.assert_array_equal(model.segment(image), model.decode(model.predict(image)))


@pytest.mark.parametrize("scale", [0.3, 0.5, 1.0, 1.7])
@pytest.mark.parametrize("shape", [(60, 75), (1, 40), (33, 2)])
def test_images_are_met_at_the_models_scale_and_labels_come_back_at_their_own(make_model, scale, shape):
    image = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    model = make_model(scale=scale)
    maps = model.predict(image)
    assert maps.values.shape == (3, *(max(1, round(n * scale)) for n in shape))
    assert maps.shape == shape
    assert maps.channels == ("distance", "flow_y", "flow_x")
    assert maps.at_image_size("distance").shape == shape
    assert model.decode(maps).shape == shape


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_the_smallest_size_counts_pixels_of_the_image(make_model, scale):
    """Squares of side 8, 16 and 24 px of the image; the first is to be dropped."""
    from sketchcell.inference import Maps
    from sketchcell.sketch import Sketch

    truth = np.zeros((80, 120), np.int32)
    for number, side in enumerate((8, 16, 24), 1):
        truth[20 : 20 + side, 30 * number : 30 * number + side] = number
    model = make_model(scale=scale)
    sketch = Sketch(truth + 1).resized((round(80 * scale), round(120 * scale)))
    family = get_family("flow")
    target = family.encode(sketch, family.Params())
    names = family.channels(family.Params())
    maps = Maps(np.stack([target[name] for name in names]), names, truth.shape)
    assert model.decode(maps, family.Params(minimum_size=30)).max() == 3
    assert model.decode(maps, family.Params(minimum_size=128)).max() == 2
    assert model.decode(maps, family.Params(minimum_size=400)).max() == 1


def test_progress_comes_from_the_tiles(make_model):
    model = make_model()
    steps = list(model.predicting(np.random.default_rng(0).normal(size=(600, 70))))
    assert all(isinstance(step, Progress) for step in steps)
    assert [step.done for step in steps] == list(range(1, steps[-1].total + 1))
    assert len(steps) > 1


def test_a_part_of_a_normalised_image_is_met_as_in_the_whole(make_model):
    model = make_model()
    image = np.random.default_rng(0).integers(0, 4000, (190, 200)).astype(np.uint16)
    channels = model.config.normalization.apply(as_channels(image))
    maps = drain(model.predicting_normalized(np.ascontiguousarray(channels[:, 8:178, 10:188])))
    whole = model.predict(image).values[:, 8:178, 10:188]
    margin = model.network.reach
    inner = np.s_[:, margin:-margin, margin:-margin]
    assert maps.values[inner].size
    np.testing.assert_allclose(maps.values[inner], whole[inner], atol=0.05)


@pytest.mark.parametrize("gain", [1, 7])
def test_gain_and_offset_of_the_microscope_do_not_matter(make_model, image, gain):
    model = make_model()
    np.testing.assert_allclose(
        model.predict(image.astype(np.float32) * gain + 300).values, model.predict(image).values, atol=0.05
    )


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int32, np.float64, ">u2"])
def test_any_type_of_image(make_model, image, dtype):
    assert make_model().segment((image > 1500).astype(dtype)).shape == image.shape


def test_read_only_images(make_model, image):
    image = image.astype(np.float32)
    image.flags.writeable = False
    assert make_model().segment(image).shape == image.shape


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((20, 20)), "constant"),
        (np.full((20, 20), np.nan), "NaN"),
        (np.random.default_rng(0).random((20, 20, 3)), "learned from images with 1 channel"),
        (np.random.default_rng(0).random(20), "axes"),
    ],
)
def test_images_it_cannot_use(make_model, wrong, message):
    with pytest.raises(SketchcellError, match=message):
        make_model().segment(wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (get_family("sdf").Params(), "SdfParams, but the family takes FlowParams"),
        ({"parting": 0.3}, "dict, but the family takes FlowParams"),
        (get_family("flow").Params(parting=np.nan), "'parting' must lie between"),
        (get_family("flow").Params(minimum_size=2.5), "'minimum_size' must be of type int"),
    ],
)
def test_params_it_cannot_use(make_model, image, wrong, message):
    with pytest.raises(SketchcellError, match=message):
        make_model().segment(image, wrong)


def test_maps_it_cannot_use(make_model, image):
    model = make_model()
    maps = model.predict(image)
    for wrong in (maps.values, replace(maps, channels=("distance",)), replace(maps, values=maps.values[:1])):
        with pytest.raises(SketchcellError, match=r"not the model's maps \(distance, flow_y, flow_x\)"):
            model.decode(wrong)


def test_params_may_be_numbers_of_numpy(make_model, image):
    params = get_family("flow").Params(parting=np.float32(0.5), minimum_size=np.int64(15))
    assert make_model().segment(image, params).shape == image.shape


def test_a_copy_has_weights_of_its_own(make_model, image):
    model = make_model()
    before = model.predict(image).values
    copied = model.copy()
    with torch.no_grad():
        for parameter in copied.network.parameters():
            parameter.add_(1)
    np.testing.assert_array_equal(model.predict(image).values, before)
    assert not model.network.training


def test_maps_that_are_not_finite_are_an_error_not_an_empty_image(make_model, image):
    model = make_model()
    with torch.no_grad():
        next(model.network.parameters()).fill_(torch.nan)
    with pytest.raises(SketchcellError, match=r"not finite.*Learn anew"):
        model.segment(image)
