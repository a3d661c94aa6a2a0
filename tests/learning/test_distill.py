"""A small network learns what a large one says."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import sketchcell
from sketchcell.errors import SketchcellError
from sketchcell.families import FAMILIES, get_family
from sketchcell.images import Normalization
from sketchcell.inference import Progress, drain
from sketchcell.learning import Step, StopLearning, distilling, train
from sketchcell.learning.distill import Distillation
from sketchcell.measure import evaluate
from sketchcell.model import Model, ModelConfig, load_model
from sketchcell.networks import NETWORKS, Network, NetworkInfo, build_network
from sketchcell.sketch import simulate_sketch


class Knowing(Network):
    """Knows the flow family by formulas: light is depth, its gradient the flow."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(1.0))

    stride, reach = 1, 8

    def forward(self, x):
        depth = F.avg_pool2d(x[:, :1], 5, 1, 2, count_include_pad=False) - 0.5
        dy = F.pad(depth[:, :, 2:] - depth[:, :, :-2], (0, 0, 1, 1))
        dx = F.pad(depth[:, :, :, 2:] - depth[:, :, :, :-2], (1, 1))
        return self.gain * torch.cat([3 * depth, 4 * dy, 4 * dx], 1)


class Smooth(Network):
    """Maps that depend on smoothed light alone, each in its own way."""

    stride, reach = 1, 2

    def __init__(self, inputs, outputs):
        super().__init__()
        self.factors = nn.Parameter(torch.linspace(3, -3, outputs + 1)[:outputs])

    def forward(self, x):
        depth = F.avg_pool2d(x[:, :1], 5, 1, 2, count_include_pad=False) - 0.5
        return self.factors[:, None, None] * depth


@pytest.fixture(autouse=True)
def _knowing_networks(monkeypatch):
    monkeypatch.setitem(NETWORKS, "smooth", NetworkInfo("smooth", "for tests", Smooth))
    monkeypatch.setitem(NETWORKS, "knowing", NetworkInfo("knowing", "for tests", Knowing))


def knowing(**changes):
    network = build_network("knowing", 1, 3)
    config = ModelConfig("flow", get_family("flow").Params(), "knowing", 1, provenance={"by": "hand"})
    return Model(replace(config, **changes), network)


def smooth(family, channels=1, **changes):
    """Of any family."""
    family = get_family(family)
    params = family.Params()
    network = build_network("smooth", channels, len(family.channels(params)), family.learned)
    return Model(replace(ModelConfig(family.name, params, "smooth", channels), **changes), network)


@pytest.mark.slow
def test_a_small_model_says_what_a_large_one_does(cells, quick):
    image, _ = cells((96, 110))
    big = knowing()
    settings = quick(steps=120, batch=4, learning_rate=8e-3)
    small = drain(distilling(big, [image], settings))
    expected, found = big.predict(image).values, small.predict(image).values
    assert np.abs(found - expected).mean() < 0.5 * np.abs(expected).mean()
    # another image, and turned: vectors were turned with their images
    other = np.ascontiguousarray(np.rot90(cells((80, 90), seed=4)[0]))
    expected, found = big.predict(other).values, small.predict(other).values
    for channel in range(3):
        assert np.corrcoef(expected[channel].ravel(), found[channel].ravel())[0, 1] > 0.6


@pytest.mark.slow
def test_distilled_cells_are_those_of_a_model_that_learned_from_strokes(cells):
    image, truth = cells((96, 110))
    sketch = simulate_sketch(truth, 0.15, seed=1)
    big = train(
        [image], [sketch], seconds=None, steps=120, patch=64, batch=4, network="unet-small", device="cpu"
    )
    expected = big.segment(image)
    assert evaluate(truth, expected).ap50 > 0.8
    small = sketchcell.distill(
        big, [image], seconds=None, steps=120, network="small", patch=64, batch=4, device="cpu"
    )
    assert evaluate(expected, small.segment(image)).ap50 > 0.8


@pytest.mark.parametrize("family", FAMILIES)
def test_the_loss_falls_for_every_family(family, cells, quick):
    image, _ = cells()
    big = smooth(family)
    distillation = Distillation(big, [image], quick(steps=50, batch=4, learning_rate=8e-3))
    list(distillation.look())
    images, target = distillation._draw()
    maps, weight = target.data[:, :-1], target.data[:, -1]
    # the least loss: that of the large model itself
    with torch.no_grad():
        least = float(distillation.family.imitate(big.network(images), maps, weight, big.config.params))
    found = [distillation.step() for _ in range(50)]
    assert np.mean(found[-10:]) - least < 0.5 * (np.mean(found[:2]) - least)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_small_model_is_of_the_same_family(family, cells, quick, tmp_path):
    image, _ = cells(channels=2)
    big = smooth(family, channels=2)
    big = Model(replace(big.config, normalization=Normalization(5, 95), scale=0.9), big.network)
    small = drain(distilling(big, [image, image], quick(seed=4)))
    assert (small.config.family, small.config.network) == (family, "small")
    assert small.config.normalization == get_family(family).normalization(big.config.params)
    assert small.config.scale == 0.9
    small.save(tmp_path / "small")
    again = load_model(tmp_path / "small")
    np.testing.assert_array_equal(again.segment(image), small.segment(image))
    big.save(tmp_path / "big")
    origin = again.config.provenance
    assert (origin["steps"], origin["seed"], origin["images"]) == (3, 4, 2)
    assert origin["distilled_from"]["network"] == "smooth"
    described = (tmp_path / "big" / "config.json").read_text()
    assert origin["distilled_from"]["weights_sha256"] in described


def test_thresholds_are_the_large_models_unless_others_are_clearly_better(cells, quick):
    image, _ = cells()
    params = replace(get_family("flow").Params(), minimum_size=33, distance_weight=1.5)
    small = drain(distilling(knowing(params=params), [image], quick()))
    assert (small.config.params.minimum_size, small.config.params.distance_weight) == (33, 1.5)


def test_the_large_model_is_asked_once_for_each_image_and_left_alone(cells, quick, monkeypatch):
    images = [cells()[0], cells(seed=1)[0]]
    big = knowing()
    asked = []
    forward = Knowing.forward

    def counted(self, x):
        asked.append(x.shape)
        return forward(self, x)

    monkeypatch.setattr(Knowing, "forward", counted)
    before = {name: weight.clone() for name, weight in big.network.state_dict().items()}
    distillation = Distillation(big, images, quick(steps=8))
    progress = list(distillation.look())
    assert all(isinstance(one, Progress) for one in progress)
    assert [(one.done, one.total) for one in progress] == [(100, 200), (200, 200)]
    for _ in range(8):
        distillation.step()
    distillation.model()
    assert len(asked) == 2
    assert distillation.share == 1
    assert all(torch.equal(before[name], weight) for name, weight in big.network.state_dict().items())
    for image, labels in zip(images, distillation.labels, strict=True):
        np.testing.assert_array_equal(labels, big.segment(image))


def test_patches_show_what_the_large_model_says_there(cells, quick):
    image, _ = cells()
    big = knowing()
    distillation = Distillation(big, [image], quick(batch=20))
    list(distillation.look())
    images, target = distillation._draw()
    normalized = distillation._images[0]
    maps = torch.from_numpy(big.predict(image).values)
    assert target.names == ("distance", "flow_y", "flow_x", "imitation_weight")
    views = normalized.unfold(1, 32, 1).unfold(2, 32, 1)[0]  # (rows, columns, 32, 32)
    for patch, planes in zip(images, target.data, strict=True):
        ((top, left),) = (views == patch[0]).flatten(2).all(2).nonzero().tolist()
        expected = maps[:, top : top + 32, left : left + 32]
        torch.testing.assert_close(planes[:3], expected, atol=2e-3, rtol=0)
        assert planes[3].all()


def test_an_image_smaller_than_a_patch_teaches_only_where_it_is(cells, quick):
    image = cells()[0][:20, :27]
    distillation = Distillation(knowing(), [image], quick(batch=2))
    list(distillation.look())
    images, target = distillation._draw()
    assert images.shape == (2, 1, 32, 32)
    assert target["imitation_weight"][:, :20, :27].all()
    assert target["imitation_weight"].sum() == 2 * 20 * 27
    assert np.isfinite(distillation.step())


@pytest.mark.parametrize(
    ("family", "expected"), [("distance", 20), ("multiclass", 20), ("flow", None), ("sdf", None)]
)
def test_a_scale_that_is_needlessly_large_is_left(family, expected, cells, quick, monkeypatch):
    image, truth = cells((150, 170), radius=30)
    big = smooth(family)
    monkeypatch.setattr(Model, "decode", lambda self, maps, params=None: truth)
    distillation = Distillation(big, [image], quick())
    list(distillation.look())
    areas = np.bincount(truth.ravel())[1:]
    diameter = np.sqrt(4 / np.pi * np.median(areas))
    scale = 1.0 if expected is None else expected / diameter
    assert distillation.config.scale == pytest.approx(scale)
    assert distillation._maps[0].shape[1:] == (round(150 * scale), round(170 * scale))
    distillation.step()


def test_the_same_seed_gives_the_same_small_model(cells, quick):
    image, _ = cells()
    made = [drain(distilling(knowing(), [image], quick(seed=seed))).network for seed in (1, 1, 2)]
    states = [network.state_dict() for network in made]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert not all(torch.equal(states[0][name], states[2][name]) for name in states[0])


def test_a_wish_to_stop_gives_what_was_learned(cells, quick):
    generator = distilling(knowing(), [cells()[0]], quick(steps=None))
    for one in generator:
        if isinstance(one, Step) and one.number == 2:
            break
    with pytest.raises(StopIteration) as end:
        generator.throw(StopLearning())
    assert end.value.value.config.provenance["steps"] == 2


def test_learned_scalars_are_passed_on(cells, quick):
    big = smooth("sdf")
    with torch.no_grad():
        big.network.learned["alpha"].fill_(2.5)
    small = drain(distilling(big, [cells()[0]], quick()))
    assert float(small.network.learned["alpha"].detach()) == 2.5


def test_what_cannot_work_is_refused(cells, quick):
    image, _ = cells()
    with pytest.raises(SketchcellError, match="no images"):
        Distillation(knowing(), [], quick())
    with pytest.raises(SketchcellError, match=r"Image 2 has 3 channel\(s\)"):
        Distillation(knowing(), [image, cells(channels=3)[0]], quick())
    with pytest.raises(SketchcellError, match=r"load it with sketchcell\.load_model"):
        Distillation("model", [image], quick())
    with pytest.raises(SketchcellError, match="no network 'wide'"):
        Distillation(knowing(), [image], quick(network="wide"))
    with pytest.raises(SketchcellError, match="multiple of 2"):
        Distillation(knowing(), [image], quick(patch=33))
    with pytest.raises(SketchcellError, match="leave it out"):
        sketchcell.distill(knowing(), [image], family="sdf")
