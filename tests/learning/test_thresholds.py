"""Strokes that are held out, and thresholds fitted to them."""

from dataclasses import replace

import numpy as np
import pytest

from sketchcell.families import get_family
from sketchcell.images import Normalization
from sketchcell.inference import drain
from sketchcell.learning import example as example_module
from sketchcell.learning import fit
from sketchcell.learning.agreement import Agreement, agreement, mostly_in
from sketchcell.learning.example import Example
from sketchcell.learning.held_out import HeldOut
from sketchcell.learning.learner import Learner
from sketchcell.learning.patches import draw_patches
from sketchcell.learning.targets import TargetCache
from sketchcell.learning.thresholds import fit_thresholds
from sketchcell.model import Model, ModelConfig
from sketchcell.networks import build_network
from sketchcell.sketch import Sketch, simulate_sketch

EVERYWHERE = HeldOut(1.0, 0)


def agree(labels, sketch):
    counts = np.ones(sketch.shape, bool)
    objects = mostly_in(list(sketch.objects), counts, sketch.window)
    return agreement(np.asarray(labels, np.int32), sketch, sketch.window, objects, counts)


def test_what_is_held_out_depends_on_the_place_alone():
    held = HeldOut(0.3, seed=1)
    big = held.mask(0, (slice(0, 900), slice(0, 700)))
    np.testing.assert_array_equal(held.mask(0, (slice(123, 400), slice(77, 300))), big[123:400, 77:300])
    np.testing.assert_array_equal(HeldOut(0.3, seed=1).mask(0, (slice(0, 900), slice(0, 700))), big)
    assert 0.2 < big.mean() < 0.4
    assert (held.mask(1, (slice(0, 900), slice(0, 700))) != big).any()
    assert (HeldOut(0.3, seed=2).mask(0, (slice(0, 900), slice(0, 700))) != big).any()


def test_patches_to_learn_from_and_patches_to_judge_by_share_no_pixel(cells):
    image, truth = cells((200, 200))
    example = Example(image, Sketch(truth + 1), Normalization())
    cache = TargetCache(get_family("flow"), get_family("flow").Params())
    taught = {}
    for judge in (False, True, None):
        _, target = draw_patches(
            [example],
            cache,
            side=128,
            batch=3,
            random=np.random.default_rng(0),
            held_out=None if judge is None else HeldOut(0.4, 3),
            judge=bool(judge),
        )
        taught[judge] = target["distance_weight"].numpy()
    assert not (taught[False] * taught[True]).any()
    np.testing.assert_array_equal(taught[False] + taught[True], taught[None])
    assert taught[False].any()
    assert taught[True].any()


LABELS = np.ones((20, 40), int)
LABELS[4:14, 3:13] = 2
LABELS[4:14, 13:23] = 3


def test_perfect_instances_agree_perfectly():
    found = agree(np.maximum(LABELS - 1, 0), Sketch(LABELS))
    assert found.score == 1
    assert found.spurious == 0


def test_merged_split_missed_and_spurious_cells_lower_the_score():
    truth, sketch = LABELS - 1, Sketch(LABELS)
    merged = np.where(truth > 0, 1, 0)
    assert agree(merged, sketch).score == pytest.approx(0.5)
    split = truth.copy()
    split[4:9, 3:13] = 9
    assert agree(split, sketch).score == pytest.approx(0.75)
    missed = np.where(truth == 1, 1, 0)
    assert agree(missed, sketch).score == pytest.approx(0.5)
    spurious = truth.copy()
    spurious[2:8, 30:36] = 5
    assert agree(spurious, sketch).score == pytest.approx(2 / 3)
    assert agree(np.zeros_like(truth), sketch).score == 0


def test_unpainted_pixels_say_nothing_unless_an_outline_is_known():
    labels = np.zeros((20, 40), int)
    labels[8:10, 5:9] = 2
    labels[8:10, 30:34] = 3
    wide = np.zeros_like(labels)
    wide[2:16, 2:14], wide[2:16, 25:38] = 1, 2
    assert agree(wide, Sketch(labels)).score == 1
    both = np.where(wide > 0, 1, 0)
    both[2:16] = 1
    assert agree(both, Sketch(labels)).score == pytest.approx(0.5)
    ringed = labels.copy()
    ringed[7:11, 4:10] = 1
    ringed[8:10, 5:9] = 2
    result = agree(wide, Sketch(ringed))
    assert result.closed.tolist() == [True, False]
    assert result.quality == pytest.approx([8 / wide[wide == 1].size, 1])
    assert result.outlines().quality == pytest.approx(result.quality[:1])


def test_strokes_of_one_id_may_lie_in_one_cell_or_in_two():
    labels = np.zeros((20, 40), int)
    labels[8:10, 5:9] = labels[8:10, 30:34] = 2
    one, two = np.ones((20, 40), int), np.ones((20, 40), int)
    two[:, 20:] = 2
    assert agree(one, Sketch(labels)).score == agree(two, Sketch(labels)).score == 1


def test_better_means_more_than_chance():
    closed = np.ones(4, bool)

    def found(*quality):
        return Agreement(np.array(quality), closed, 0, len(quality), np.zeros((2, 2), np.int64))

    low = found(0.5, 0.5, 0.5, 0.5)
    assert found(0.6, 0.6, 0.6, 0.7).clearly_better_than(low, 0.01)
    assert not found(1.0, 0.1, 0.5, 0.5).clearly_better_than(low, 0.01)
    assert not found(0.505, 0.505, 0.505, 0.505).clearly_better_than(low, 0.01)


def perfect_model(family, params, truth, monkeypatch):
    """A model whose maps are the targets of a truth."""
    target = family.encode(Sketch(truth + 1), params)
    maps = np.stack([target[name] for name in family.channels(params)])
    config = ModelConfig(family.name, params, "small", 1)

    def predict(network, channels, activate):
        yield None
        # the image's own values say where a window lies
        top, left = divmod(int(channels[0, 0, 0]), truth.shape[1])
        return maps[:, top : top + channels.shape[1], left : left + channels.shape[2]].copy()

    monkeypatch.setattr(example_module, "predict_tiles", predict)
    return Model(config, build_network("small", 1, len(maps)))


def numbered_image(shape):
    return np.arange(shape[0] * shape[1], dtype=np.float32).reshape(shape)


class AsIs:
    """No normalisation, so that an image's values stay the numbers of its pixels."""

    def apply(self, channels, whole=None):
        return channels


def test_a_wrong_threshold_is_put_right_by_strokes(cells, monkeypatch):
    """Maps of true distances with a threshold of 4 px: every cell comes out too small."""
    family = get_family("flow")
    _, truth = cells((120, 160), radius=11)
    params = family.Params(distance_threshold=4.0)
    model = perfect_model(family, params, truth, monkeypatch)
    example = Example(numbered_image(truth.shape), Sketch(truth + 1), AsIs())
    fitted, score = fit_thresholds(model, [example], EVERYWHERE)
    assert abs(fitted.distance_threshold) <= 1
    assert score > 0.9
    assert replace(fitted, distance_threshold=4.0) == params


def test_good_thresholds_stay(cells, monkeypatch):
    family = get_family("flow")
    _, truth = cells((120, 160), radius=11)
    model = perfect_model(family, family.Params(), truth, monkeypatch)
    example = Example(numbered_image(truth.shape), Sketch(truth + 1), AsIs())
    fitted, score = fit_thresholds(model, [example], EVERYWHERE)
    assert fitted == family.Params()
    assert score == pytest.approx(1, abs=0.05)


def test_strokes_alone_set_the_side_of_a_threshold(cells, monkeypatch):
    """A map that is 0.3 in all cells: nothing reaches the papers' peak, and no outline is known."""
    family = get_family("distance")
    _, truth = cells((120, 160), radius=11)
    model = perfect_model(family, family.Params(), truth, monkeypatch)
    flat = np.where(truth > 0, 0.3, 0.15).astype(np.float32)[None]

    def predict(network, channels, activate):
        yield None
        top, left = divmod(int(channels[0, 0, 0]), truth.shape[1])
        return flat[:, top : top + channels.shape[1], left : left + channels.shape[2]].copy()

    monkeypatch.setattr(example_module, "predict_tiles", predict)
    sketch = simulate_sketch(truth, 0.1, "dabs", seed=0)
    assert not any(one.closed for one in sketch.objects)
    example = Example(numbered_image(truth.shape), sketch, AsIs())
    fitted, score = fit_thresholds(model, [example], EVERYWHERE)
    assert 0.15 <= fitted.fill_threshold < 0.3
    assert fitted.peak_threshold < 0.3
    assert score > 0.9


def test_sides_are_judged_by_painted_pixels():
    found = agree(np.maximum(LABELS - 1, 0), Sketch(LABELS))
    assert found.sides == 1
    assert agree(np.ones_like(LABELS), Sketch(LABELS)).sides == 0.5


def test_too_few_strokes_change_nothing(cells, monkeypatch):
    family = get_family("flow")
    _, truth = cells((120, 160), radius=11)
    params = family.Params(distance_threshold=4.0)
    model = perfect_model(family, params, truth, monkeypatch)
    for sketch in (Sketch(np.where(truth < 4, truth + 1, 0)), Sketch(np.zeros_like(truth))):
        example = Example(numbered_image(truth.shape), sketch, AsIs())
        assert fit_thresholds(model, [example], EVERYWHERE) == (params, None)


def test_strokes_are_held_out_in_the_first_part_of_a_run(cells, quick):
    image, truth = cells((160, 200))
    sketch = simulate_sketch(truth, 0.4, "cells", seed=1)
    learner = Learner([image], [sketch], quick(steps=10, hold_out=0.3, hold_out_until=0.5))
    held = []
    while learner.share < 1:
        learner.step()
        held.append(learner.held_out is not None)
    assert held == [True] * 5 + [False] * 5
    model = learner.best()
    assert "held_out_agreement" in model.config.provenance


@pytest.mark.parametrize("kind", ["few objects", "no share", "no end"])
def test_nothing_is_held_out_without_need(cells, quick, kind):
    image, truth = cells((160, 200))
    sketch = simulate_sketch(truth, 0.4, "cells", seed=1)
    if kind == "few objects":
        sketch = Sketch(np.where(truth < 6, truth + 1, 0))
    changes = {"no share": {"hold_out": 0.0}, "no end": {"steps": None}}.get(kind, {})
    learner = Learner([image], [sketch], quick(**{"steps": 10, "hold_out": 0.3} | changes))
    learner.step()
    assert learner.held_out is None


def test_a_run_gives_a_model_with_its_thresholds(cells, quick):
    image, truth = cells((160, 200))
    sketch = simulate_sketch(truth, 0.4, "cells", seed=1)
    params = drain(fit([image], [sketch], quick(steps=30, patch=64))).config.params
    for field, value in vars(params).items():
        default = getattr(type(params)(), field)
        tried = type(params).__dataclass_fields__[field].metadata["fit"]
        assert value == default or value in tried
