"""Cellpose and Omnipose networks: the same maps as in their own programs, and a start for learning."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from cpnet_weights import CASES, cpnet_state, image

from sketchcell import load_model
from sketchcell.errors import SketchcellError
from sketchcell.families.flow import Flow
from sketchcell.learning import FitSettings
from sketchcell.learning.learner import Learner
from sketchcell.networks import CPnet
from sketchcell.pretrained import cpnet
from sketchcell.pretrained.importing import import_file
from sketchcell.pretrained.weights import read_weights
from sketchcell.sketch import simulate_sketch

MAPS = np.load(Path(__file__).with_name("cpnet_maps.npz"))
# A real file: the environment variable names one of Cellpose 1–3, for example `cyto3`, or of Scellseg.
REAL = os.environ.get("SKETCHCELL_CPNET")


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def state():
    return cpnet_state(2, 3, 1, 30.0)


@pytest.fixture(scope="module")
def file(state, tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "file"
    torch.save(state, path)
    return path


def ours(theirs):
    """Put a recorded output into the family's order and units."""
    kind = "omnipose" if len(theirs) == 4 else "cellpose"
    third = 1.0 if kind == "omnipose" else cpnet._LOGIT
    return np.stack([theirs[2] * third / Flow.UNIT, theirs[0] / 5, theirs[1] / 5]), kind


@pytest.mark.parametrize("name", CASES)
def test_maps_are_those_of_the_programs_themselves(name):
    program, channels, outputs, seed, keeps = CASES[name]
    imported = cpnet.import_weights(
        cpnet_state(channels, outputs, seed, 30.0 if keeps else None),
        name,
        padding="reflect" if program == "omnipose" else "zeros",
    )
    expected, kind = ours(MAPS[name])
    if name == "omnipose_grey":
        kind, expected[0] = "omnipose", MAPS[name][2] / Flow.UNIT
    assert imported.model.config.provenance["kind"] == kind
    with torch.inference_mode():
        maps = imported.model.network(torch.from_numpy(image(channels))[None])[0].numpy()
    np.testing.assert_allclose(maps, expected, atol=1e-4)
    assert expected.std(axis=(1, 2)).min() > 0.05  # they are no constants


def test_padding_matters(state):
    maps = []
    for padding in ("zeros", "reflect"):
        network = cpnet.import_weights(state, "", padding=padding).model.network
        with torch.inference_mode():
            maps.append(network(torch.from_numpy(image(2))[None])[0])
    assert (maps[0] - maps[1]).abs().amax() > 1e-2


def renamed(state, how):
    if how == "module":
        return {f"module.{name}": tensor for name, tensor in state.items()}
    if how == "scellseg":
        new = {"output.0": "tasker.base_bn", "output.2": "tasker.base_conv"}
        return {
            new[name[:8]] + name[8:] if name[:8] in new else f"extractor.{name}": tensor
            for name, tensor in state.items()
            if not name.startswith("diam")
        }
    return state


@pytest.mark.parametrize("how", ["cellpose", "module", "scellseg"])
def test_the_namings_of_programs_give_the_same_model(state, how, tmp_path):
    torch.save(renamed(state, how), tmp_path / "file")
    imported = import_file(tmp_path / "file")
    expected = cpnet.import_weights(state, "").model.network.state_dict()
    found = imported.model.network.state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_the_config_says_how_the_network_learned(state):
    config = cpnet.import_weights(state, "a file").model.config
    assert (config.family, config.network, config.image_channels) == ("flow", "omnipose", 1)
    assert (config.normalization.low, config.normalization.high) == (1, 99)
    assert (config.diameter, config.scale) == (30, 1)
    assert config.network_options == {"first_layer": 2, "padding": "zeros", "frozen_norm": True}
    assert config.provenance["start"] == "a file"

    omnipose = cpnet.import_weights(cpnet_state(2, 4, 2), "").model.config
    assert (omnipose.normalization.low, omnipose.normalization.high) == (0.01, 99.99)
    assert (omnipose.params.field, omnipose.params.background_depth) == ("omnipose", 5)

    state = {**state, "diam_mean": torch.tensor([17.0])}
    assert cpnet.import_weights(state, "").model.config.diameter == 17


def test_notes_say_what_became_of_every_map(state):
    cellpose = " ".join(cpnet.import_weights(state, "").notes)
    assert "cell probability" in cellpose
    assert "2 channels" in cellpose
    assert "30 pixels" in cellpose
    assert "non-commercial" in cellpose
    omnipose = " ".join(cpnet.import_weights(cpnet_state(1, 4, 2), "").notes)
    assert "boundaries was left out" in omnipose
    assert "channels" not in omnipose


@pytest.mark.parametrize(
    "change",
    [
        lambda s: {k: v for k, v in s.items() if "res_up_2.conv.conv_1.full" not in k},
        lambda s: {**s, "upsample.attention.weight": torch.ones(3)},
        lambda s: {**s, "output.2.weight": torch.ones(7, 32, 1, 1)},
        lambda s: {**s, "downsample.down.res_down_0.conv.conv_0.2.weight": torch.ones(32, 2, 3, 3, 3)},
        lambda s: {**s, "upsample.up.res_up_0.conv.conv_1.full.weight": torch.ones(32, 480)},
    ],
)
def test_networks_of_another_shape_are_refused(state, change, tmp_path):
    torch.save(change(state), tmp_path / "file")
    with pytest.raises(SketchcellError, match=r"not of the shape that is supported.*import a network of"):
        import_file(tmp_path / "file")


@pytest.mark.parametrize(
    "other", [{}, {"encoder.weight": torch.ones(2)}, {"output.2.weight": torch.ones(3, 32, 1, 1)}]
)
def test_other_weights_are_not_recognised(other):
    assert not cpnet.recognises(other)


def test_images_with_other_channels_are_taken(file):
    grey, two, rgb = (import_file(file, channels=count).model for count in (1, 2, 3))
    x = image(1)
    with torch.inference_mode():
        expected = two.network(torch.from_numpy(np.concatenate([x, 0 * x]))[None])
        torch.testing.assert_close(grey.network(torch.from_numpy(x)[None]), expected)
        torch.testing.assert_close(rgb.network(torch.from_numpy(np.repeat(x, 3, 0))[None]), expected)
    assert [model.config.image_channels for model in (grey, two, rgb)] == [1, 2, 3]
    for model in (grey, two, rgb):
        count = model.config.image_channels
        picture = np.moveaxis(image(count), 0, -1)
        assert model.predict(picture).values.shape == (3, 48, 64)


def test_the_diameter_brings_images_to_the_size_it_knows(file):
    model = import_file(file, diameter=60).model
    assert model.config.scale == 0.5
    assert model.config.diameter == 60
    assert model.predict(image(1)[0]).values.shape == (3, 24, 32)
    for wrong in (0, -3, float("nan"), float("inf")):
        with pytest.raises(SketchcellError, match="diameter must be"):
            import_file(file, diameter=wrong)


@pytest.mark.parametrize("padding", ["zeros", "reflect"])
def test_it_comes_back_from_a_model_folder(state, tmp_path, padding):
    model = cpnet.import_weights(state, "file", padding=padding).model
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert again.config == model.config
    assert (
        json.loads((tmp_path / "model" / "config.json").read_text())["network_options"]["padding"] == padding
    )
    for shape in ((48, 64), (9, 5)):  # also smaller than a mirror image needs
        x = image(1, shape=shape)[0]
        np.testing.assert_array_equal(again.predict(x).values, model.predict(x).values)
    from_folder = import_file(tmp_path / "model", diameter=15)
    assert from_folder.model.config.scale == 2


def cells():
    """An image with round cells, and their labels."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:96, :96]
    truth = np.zeros((96, 96), np.int32)
    for number, (row, column) in enumerate([(20, 24), (24, 68), (66, 22), (70, 64)], 1):
        truth[(y - row) ** 2 + (x - column) ** 2 < 15**2] = number
    return (1000.0 * (truth > 0) + random.normal(0, 100, truth.shape)).astype(np.float32), truth


def learner(model, steps=2):
    picture, truth = cells()
    settings = FitSettings(
        network="omnipose", steps=steps, device="cpu", patch=64, batch=2, learning_rate=2e-4, hold_out=0.0
    )
    return Learner([picture], [simulate_sketch(truth, 0.3, seed=1)], settings, model)


def test_a_learner_continues_with_it(state):
    model = cpnet.import_weights(state, "").model
    before = {name: tensor.clone() for name, tensor in model.network.state_dict().items()}
    learning = learner(model)
    for _ in range(2):
        loss, _ = learning.step()
        assert np.isfinite(loss)
    after = learning.best().network.state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved == {name for name, _ in model.network.named_parameters()}  # all weights, no statistics
    assert all(torch.equal(before[name], tensor) for name, tensor in model.network.state_dict().items())


@pytest.mark.parametrize(
    ("share", "diameter", "scale"),
    [
        (1.0, None, 1.0),  # 30 pixels wide, as it knows them
        (1.0, 60, 1.0),  # painted whole, they are known better than by what was said
        (0.02, 15, 2.0),  # strokes tell nothing: what was said holds
        (0.02, 60, 0.5),
    ],
)
def test_learning_meets_objects_at_the_size_that_it_knows(file, share, diameter, scale):
    picture, truth = cells()
    sketch = simulate_sketch(truth, share, seed=1)
    settings = FitSettings(network="omnipose", device="cpu", patch=64)
    learning = Learner([picture], [sketch], settings, import_file(file, diameter=diameter).model)
    assert learning.config.scale == pytest.approx(scale, rel=0.02)


def test_statistics_move_unless_they_are_frozen():
    x = torch.randn(2, 1, 16, 16) * 5
    for frozen in (True, False):
        network = CPnet(1, 3, frozen_norm=frozen)
        before = network.output[0].running_var.clone()
        network.train()(x)
        assert torch.equal(before, network.output[0].running_var) == frozen


@pytest.mark.slow
@pytest.mark.skipif(REAL is None, reason="SKETCHCELL_CPNET does not name a file of weights")
def test_a_real_network_segments_and_survives_learning(tmp_path):
    """Round bright cells are easy for it, and stay so while it learns from strokes on them."""
    model = import_file(REAL, diameter=30).model
    picture, truth = cells()
    assert model.segment(picture).max() == truth.max()
    learning = learner(model, 50)
    for _ in range(50):
        learning.step()
    assert learning.best().segment(picture).max() == truth.max()
    state = read_weights(REAL)
    assert cpnet.recognises(state)
