"""Learning with a frozen encoder: the head alone, on embeddings that are there already."""

import sys

import numpy as np
import pytest
import torch

from sketchcell.errors import SketchcellError
from sketchcell.families import get_family
from sketchcell.images import Normalization
from sketchcell.inference import EmbeddingStore, Progress, drain
from sketchcell.learning import FitSettings, Prediction, Step, View, fit, live
from sketchcell.learning.augment import turn
from sketchcell.learning.embedded_patches import draw_embedded_patches, tiles_to_embed
from sketchcell.learning.example import Example
from sketchcell.learning.learner import Learner
from sketchcell.learning.targets import TargetCache
from sketchcell.measure import evaluate
from sketchcell.model import load_model
from sketchcell.networks import EmbeddedNetwork, build_network
from sketchcell.sketch import Sketch, Stroke, simulate_sketch

VARIANT = {
    "kind": "tiny-vit",
    "image_size": 64,
    "stem": 1,
    "widths": [8, 8, 16, 16],
    "depths": [1, 1, 1, 1],
    "heads": [2, 2, 2],
    "windows": [4, 4, 4],
    "channels": 16,
}
OPTIONS = {"variant": VARIANT, "head": "cut", "encoder": "frozen", "window": 64, "overlap": 16}


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SKETCHCELL_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def calls(monkeypatch):
    """The windows that an encoder was shown."""
    found, embed = [], EmbeddedNetwork.embed

    def counted(self, x):
        found.extend(x.clone())
        return embed(self, x)

    monkeypatch.setattr(EmbeddedNetwork, "embed", counted)
    return found


def settings(**changes):
    return FitSettings(
        **{
            "network": "sam",
            "network_options": OPTIONS,
            "steps": 3,
            "device": "cpu",
            "patch": 32,
            "batch": 4,
            "rescale": False,
            **changes,
        }
    )


def dab(row, column, label, radius=4):
    side = 2 * radius + 1
    window = (slice(row - radius, row + radius + 1), slice(column - radius, column + radius + 1))
    return Stroke(0, window, np.full((side, side), label, np.int32))


def painted(shape, *strokes):
    sketch = Sketch(np.zeros(shape, np.int32))
    for stroke in strokes:
        sketch.paint(stroke.window, stroke.labels, stroke.boundaries)
    return sketch


def embedded_example(image, sketch, store=None, **options):
    torch.manual_seed(0)
    network = build_network("sam", 1, 3, options=OPTIONS | options).eval()
    example = Example(image, sketch, Normalization())
    example.embed_with(network, store or EmbeddingStore())
    return example, network


@pytest.mark.slow
def test_it_learns_to_segment(cells):
    image, truth = cells((96, 110))
    sketch = simulate_sketch(truth, 0.15, seed=1)
    chosen = settings(steps=90, patch=48, batch=6, learning_rate=4e-3)
    model = drain(fit([image], [sketch], chosen))
    assert evaluate(truth, model.segment(image)).ap50 > 0.75
    other, other_truth = cells((100, 90), seed=5)
    assert evaluate(other_truth, model.segment(other)).ap50 > 0.7


def test_a_step_shows_nothing_to_the_encoder(cells, calls):
    image, truth = cells((64, 112))
    learner = Learner([image], [simulate_sketch(truth, 0.2, seed=1)], settings(steps=20))
    assert calls == []
    while learner.embed_next():
        pass
    assert len(calls) == 2
    encoder = {name: weight.clone() for name, weight in learner.network.encoder.state_dict().items()}
    head = {name: weight.clone() for name, weight in learner.network.head.state_dict().items()}
    for _ in range(5):
        learner.step()
    model = learner.best()
    assert len(calls) == 2
    assert all(torch.equal(encoder[n], w) for n, w in model.network.encoder.state_dict().items())
    assert not all(torch.equal(head[n], w) for n, w in model.network.head.state_dict().items())


def test_another_learner_finds_the_embeddings_on_disk(cells, calls):
    image, truth = cells((64, 112))
    sketch = simulate_sketch(truth, 0.2, seed=1)
    first = drain(fit([image], [sketch], settings(steps=4)))
    shown = len(calls)
    assert shown == 2
    second = drain(fit([image], [sketch], settings(steps=4)))
    assert len(calls) == shown
    state = second.network.state_dict()
    assert all(torch.equal(weight, state[name]) for name, weight in first.network.state_dict().items())


def test_the_model_works_without_the_cache(cells, tmp_path):
    image, truth = cells((64, 112))
    learner = Learner([image], [simulate_sketch(truth, 0.2, seed=1)], settings(learning_rate=0.02))
    for _ in range(4):
        learner.step()
    model = learner.model()
    whole = (slice(0, 64), slice(0, 112))
    kept = drain(learner.examples[0].predicting(model.network, model.family.activate, whole))
    model.save(tmp_path / "model")
    plain = load_model(tmp_path / "model").predict(image).values
    assert np.abs(plain).max() > 0.01
    np.testing.assert_allclose(kept, plain, atol=2e-2 if learner._mixed else 1e-3)


def test_patches_fit_their_embedding(cells):
    """What a patch shows is where the tile's embedding was cut: told by an encoder that embeds places."""
    image, truth = cells((80, 150))
    example, _ = embedded_example(image, simulate_sketch(truth, 0.3, seed=1))
    embedded = example.embedded
    rows = torch.arange(80.0)[:, None].expand(80, 150)
    columns = torch.arange(150.0)[None].expand(80, 150)
    example._image = embedded._image = torch.stack([rows, columns])  # (2, H, W)
    embedded.embedding = lambda n: embedded.tile(n)[:, 2::4, 2::4]
    embedded.there = {0, 2, len(embedded.grid.windows) - 1}
    family = get_family("flow")
    targets = TargetCache(family, family.Params())
    images, target, embeddings = draw_embedded_patches(
        [example], targets, side=32, batch=40, random=np.random.default_rng(0)
    )
    assert images.shape == (40, 2, 32, 32)
    assert embeddings.shape == (40, 2, 8, 8)
    assert torch.equal(images[:, :, 2::4, 2::4], embeddings)
    assert target["side"].flatten(1).any(1).all()
    # the target is that of the same place
    whole = family.encode(example.sketch, family.Params())
    for patch, planes in zip(images, target.data, strict=True):
        top, left = int(patch[0, 0, 0]), int(patch[1, 0, 0])
        np.testing.assert_array_equal(planes.numpy(), whole.data[:, top : top + 32, left : left + 32])
    tiles = [embedded.grid.windows[n] for n in embedded.there]
    for patch in images:
        top, left = int(patch[0, 0, 0]), int(patch[1, 0, 0])
        assert any(
            r.start <= top and top + 32 <= r.stop and c.start <= left and left + 32 <= c.stop
            for r, c in tiles
        )
    assert len({tuple(patch[:, 0, 0].tolist()) for patch in images}) > 12


def test_an_image_smaller_than_a_patch():
    image = np.random.default_rng(0).integers(0, 99, (13, 21))
    sketch = painted((13, 21), dab(6, 6, 2), dab(6, 16, 1))
    losses = [step.loss for step in _steps(fit([image], [sketch], settings(steps=3)))]
    assert len(losses) == 3
    assert all(np.isfinite(losses))


def test_all_of_a_small_image_is_drawn():
    """The rim of an image that is not a multiple of the stride is in a patch sometimes, too."""
    example, _ = embedded_example(np.eye(45, 64), painted((45, 64), dab(40, 30, 2)))
    example.embedded.embedding(0)
    family = get_family("flow")
    _, target, _ = draw_embedded_patches(
        [example],
        TargetCache(family, family.Params()),
        side=32,
        batch=60,
        random=np.random.default_rng(0),
    )
    assert int((target["side"] > 0).sum((1, 2)).max()) == 81


def _steps(generator):
    found = []
    for step in generator:
        found.append(step)
    return found


def test_learning_begins_before_all_tiles_are_embedded(cells, calls):
    image, truth = cells((64, 208))
    learner = Learner([image], [simulate_sketch(truth, 0.3, seed=1)], settings(steps=50))
    embedded = learner.examples[0].embedded
    assert len(embedded.grid.windows) == 4
    loss, _ = learner.step()
    assert loss > 0
    assert len(embedded.there) == len(calls) == 1
    assert learner.embed_next() == Progress(2, 3, "looking at the image")
    # somebody looks at the right end
    last = (slice(0, 64), slice(190, 208))
    learner = Learner([image], [simulate_sketch(truth, 0.3, seed=1)], settings(steps=50))
    embedded = learner.examples[0].embedded
    learner.embed_next(0, last)
    assert embedded.there == {3}
    while learner.embed_next(0, last):
        pass
    assert embedded.there == {0, 1, 3}  # nothing that is painted needs tile 2


def test_strokes_on_a_tile_that_is_not_embedded_yet(cells, calls):
    image, _ = cells((64, 208))
    learner = Learner([image], [painted((64, 208), dab(30, 20, 2), dab(50, 20, 1))], settings(steps=50))
    learner.step()
    embedded = learner.examples[0].embedded
    assert embedded.there == {0}
    assert learner.embed_next() is None
    learner.paint([dab(30, 190, 2), dab(50, 190, 1)])
    assert tiles_to_embed(learner.examples[0]) == [3]
    for _ in range(3):
        learner.step()  # from the tile that is there
    assert len(calls) == 1
    assert learner.embed_next() is not None
    assert embedded.there == {0, 3}
    batch = learner._draw(np.random.default_rng(0))
    assert {bool(patch.mean() > 0) for patch in batch.images} == {True}
    erase = Stroke(0, (slice(0, 64), slice(0, 208)), np.zeros((64, 208), np.int32))
    learner.paint([erase])
    assert learner.step()[0] == 0


def test_another_scale_is_embedded_anew(cells, calls):
    image, truth = cells((128, 150), radius=28)
    learner = Learner([image], [painted((128, 150), dab(30, 30, 2), dab(5, 5, 1))], settings(rescale=True))
    learner.step()
    assert learner.config.scale == 1
    assert len(calls) == 1
    whole = Stroke(0, (slice(0, 128), slice(0, 150)), truth.astype(np.int32) + 1)
    learner.paint([whole])
    assert learner.config.scale < 0.5
    example = learner.examples[0]
    assert example.embedded.grid.shape == example.sketch.shape
    assert not example.embedded.there
    learner.step()
    assert len(calls) == 2


def test_turning_turns_the_embedding_with_the_image():
    images = torch.arange(8 * 64.0).reshape(8, 1, 8, 8)
    family = get_family("flow")
    target = TargetCache(family, family.Params()).cut(
        0, Sketch(np.ones((8, 8), np.int32)), (slice(0, 8), slice(0, 8))
    )
    planes = torch.from_numpy(target.data)[None].expand(8, -1, -1, -1)
    embeddings = images[:, :, ::2, ::2].half()
    target = type(target)(target.names, planes)
    generator = torch.Generator().manual_seed(3)
    turned, _, beside = turn(images, target, generator, embeddings)
    for one, small in zip(turned[:, 0], beside[:, 0], strict=True):
        # cells keep their places: each lies at the same corner, whichever that is
        blocks = one.reshape(4, 2, 4, 2)
        assert any(torch.equal(blocks[:, i, :, j].half(), small) for i in (0, 1) for j in (0, 1))
    assert not torch.equal(turned, images)


def test_time_for_embedding_is_not_counted_as_learning(cells, monkeypatch):
    image, truth = cells((64, 112))
    embed = EmbeddedNetwork.embed

    def slow(self, x):
        import time

        time.sleep(0.4)
        return embed(self, x)

    monkeypatch.setattr(EmbeddedNetwork, "embed", slow)
    learner = Learner([image], [simulate_sketch(truth, 0.2, seed=1)], settings(seconds=60, steps=None))
    while learner.embed_next():
        pass
    assert learner.elapsed < 0.4


def test_a_patch_is_at_most_a_window(cells):
    image, truth = cells((64, 112))
    learner = Learner([image], [simulate_sketch(truth, 0.2, seed=1)], settings(patch=500))
    learner.embed_next()
    assert learner._draw(np.random.default_rng(0)).images.shape[2:] == (64, 64)
    learner = Learner([image], [simulate_sketch(truth, 0.2, seed=1)], settings(patch=35))
    learner.embed_next()
    assert learner._draw(np.random.default_rng(0)).images.shape[2:] == (32, 32)


def test_predictions_while_painting_come_from_the_cache(cells, calls, monkeypatch):
    for name in ("_FIRST_AFTER", "_AFTER_STROKES", "_LONGEST_WAIT"):
        monkeypatch.setattr(sys.modules[live.__module__], name, 0.02)
    image, _ = cells((64, 208))
    sketch = painted((64, 208), dab(30, 20, 2), dab(50, 20, 1))
    view = View(0, (slice(0, 64), slice(0, 208)))
    generator = live([image], [sketch], settings(steps=None), lambda: view)
    predictions, steps = [], 0
    for _ in range(400):
        found = next(generator)
        predictions += [found] if isinstance(found, Prediction) else []
        steps += isinstance(found, Step)
        if len(predictions) >= 2 and len(calls) >= 4:
            break
    generator.close()
    assert steps > 2
    assert len(calls) == 4  # each tile of the view once, whatever was predicted and learned
    assert predictions[-1].maps.shape == (64, 208)
    assert predictions[-1].decode().shape == (64, 208)


def test_live_predictions_at_another_scale(cells, monkeypatch):
    for name in ("_FIRST_AFTER", "_AFTER_STROKES"):
        monkeypatch.setattr(sys.modules[live.__module__], name, 0.0)
    image, truth = cells((128, 150), radius=28)
    sketch = Sketch(truth.astype(np.int32) + 1)
    view = View(0, (slice(33, 101), slice(20, 150)))
    generator = live([image], [sketch], settings(rescale=True), lambda: view)
    prediction = next(found for found in generator if isinstance(found, Prediction))
    rows, columns = prediction.window
    assert prediction.maps.shape == (rows.stop - rows.start, columns.stop - columns.start)
    assert prediction.maps.values.shape[1] < 0.5 * prediction.maps.shape[0]
    assert prediction.decode().shape == prediction.maps.shape


def test_a_start_model_keeps_its_encoder(cells, calls):
    image, truth = cells((64, 64))
    sketch = simulate_sketch(truth, 0.2, seed=1)
    first = drain(fit([image], [sketch], settings(seed=3)))
    again = Learner([image], [sketch], settings(seed=8), first)
    shown = len(calls)
    again.step()
    assert len(calls) == shown  # the same encoder, the same image
    with pytest.raises(SketchcellError, match="no image 4"):
        again.paint([Stroke(4, (slice(0, 1), slice(0, 1)), np.ones((1, 1), np.int32))])
