"""The learning loop: it learns, follows strokes, stops, repeats itself, and refuses what cannot work."""

import subprocess
import sys
import textwrap
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

import sketchcell
from sketchcell.errors import SketchcellError
from sketchcell.families import get_family
from sketchcell.inference import drain
from sketchcell.learning import FitSettings, Step, StopLearning, fit, train
from sketchcell.learning.learner import Learner
from sketchcell.measure import evaluate
from sketchcell.model import Model, ModelConfig
from sketchcell.networks import build_network
from sketchcell.sketch import Sketch, Stroke, simulate_sketch


def same_weights(first, second):
    a, b = first.network.state_dict(), second.network.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def losses(generator, count, strokes=None):
    """The losses of the first steps; strokes are sent after the step of that number."""
    found, step = [], next(generator)
    for number in range(1, count + 1):
        found.append(step.loss)
        if number < count:
            step = generator.send((strokes or {}).get(number))
    return found


def dab(row, column, label, radius=3):
    side = 2 * radius + 1
    window = (slice(row - radius, row + radius + 1), slice(column - radius, column + radius + 1))
    return Stroke(0, window, np.full((side, side), label, np.int32))


def test_the_loss_falls(lesson, quick):
    image, sketch = lesson
    settings = quick(steps=80, batch=4, learning_rate=5e-3)
    found = losses(fit([image], [sketch], settings), 80)
    assert np.mean(found[-15:]) < 0.75 * np.mean(found[:5])


def test_it_learns_to_segment(cells):
    image, truth = cells((96, 110))
    sketch = simulate_sketch(truth, 0.15, seed=1)
    model = train([image], [sketch], seconds=None, steps=80, patch=64, batch=4, device="cpu")
    assert evaluate(truth, model.segment(image)).ap50 > 0.8
    assert evaluate(truth, np.rot90(model.segment(np.rot90(image)), -1)).ap50 > 0.8


def test_steps_are_described(lesson, quick):
    image, sketch = lesson
    generator = fit([image], [sketch], quick(steps=4))
    steps = []
    model = None
    while model is None:
        try:
            steps.append(next(generator))
        except StopIteration as end:
            model = end.value
    assert [step.number for step in steps] == [1, 2, 3, 4]
    assert all(isinstance(step, Step) for step in steps)
    for step in steps:
        assert step.loss == pytest.approx(sum(step.terms.values()), rel=1e-4)
        assert step.steps_per_second > 0
    assert [step.elapsed for step in steps] == sorted(step.elapsed for step in steps)
    assert isinstance(model, Model)
    assert model.config.provenance["steps"] == 4
    assert model.config.network == "small"
    assert model.segment(image).shape == image.shape


def test_the_same_seed_gives_the_same_model(lesson, quick):
    image, sketch = lesson
    models = []
    for seed in (7, 7, 8):
        torch.manual_seed(len(models))
        np.random.seed(len(models))
        models.append(drain(fit([image], [sketch], quick(steps=6, seed=seed))))
    assert same_weights(models[0], models[1])
    assert not same_weights(models[0], models[2])


def test_learning_leaves_the_global_chances_alone(lesson, quick):
    image, sketch = lesson
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    drain(fit([image], [sketch], quick()))
    assert torch.equal(torch.rand(3), expected)


def test_the_input_is_left_alone(lesson, quick):
    image, sketch = lesson
    before, labels = image.copy(), sketch.labels.copy()
    generator = fit([image], [sketch], quick(steps=3))
    losses(generator, 3, {1: [dab(20, 20, 2)]})
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(sketch.labels, labels)


def test_strokes_are_learned_from_at_the_next_step(lesson, quick):
    image, sketch = lesson
    everything = Stroke(0, (slice(0, 72), slice(0, 80)), np.indices((72, 80)).sum(0) // 9 % 3)
    plain = losses(fit([image], [sketch], quick(steps=6)), 6)
    fed = losses(fit([image], [sketch], quick(steps=6)), 6, {3: [everything]})
    assert fed[:3] == plain[:3]
    assert fed[3] != plain[3]
    learner = Learner([image], [sketch], quick())
    learner.paint([everything])
    np.testing.assert_array_equal(learner.examples[0].painted.labels, everything.labels)


def test_everything_may_be_erased_while_it_learns(lesson, quick):
    image, sketch = lesson
    erase = Stroke(0, (slice(0, 72), slice(0, 80)), np.zeros((72, 80), np.int32), np.zeros((72, 80), bool))
    found = losses(
        fit([image], [sketch], quick(steps=9)), 9, {3: [erase], 6: [dab(10, 10, 2), dab(40, 40, 1)]}
    )
    assert found[3:6] == [0, 0, 0]
    assert min(found[6:]) > 0


def test_strokes_for_an_image_that_is_not_there(lesson, quick):
    image, sketch = lesson
    generator = fit([image], [sketch], quick())
    next(generator)
    with pytest.raises(SketchcellError, match="no image 3"):
        generator.send([replace(dab(9, 9, 2), image=3)])


def test_closing_stops_at_once(lesson, quick):
    image, sketch = lesson
    generator = fit([image], [sketch], quick(steps=None))
    next(generator)
    start = time.perf_counter()
    generator.close()
    assert time.perf_counter() - start < 0.5
    assert next(generator, None) is None


def test_a_wish_to_stop_gives_the_model_so_far(lesson, quick):
    image, sketch = lesson
    generator = fit([image], [sketch], quick(steps=None))
    for _ in range(3):
        next(generator)
    with pytest.raises(StopIteration) as end:
        generator.throw(StopLearning())
    assert end.value.value.config.provenance["steps"] == 3


def test_seconds_limit_learning(lesson, quick):
    image, sketch = lesson
    start = time.perf_counter()
    model = drain(fit([image], [sketch], quick(steps=None, seconds=0.4)))
    assert 0.4 <= time.perf_counter() - start < 5
    assert model.config.provenance["steps"] > 0


def test_a_start_model_is_continued(lesson, quick):
    image, sketch = lesson
    first = drain(fit([image], [sketch], quick(steps=60, batch=4, learning_rate=5e-3)))
    kept = {key: value.clone() for key, value in first.network.state_dict().items()}
    still = drain(fit([image], [sketch], quick(steps=3, learning_rate=0.0), init=first))
    assert same_weights(still, first)
    random = np.mean(losses(fit([image], [sketch], quick(steps=5)), 5))
    continued = np.mean(losses(fit([image], [sketch], quick(steps=5), init=first), 5))
    assert continued < 0.8 * random
    assert all(torch.equal(kept[key], value) for key, value in first.network.state_dict().items())


def large_cells():
    """Disks of 60 px: more than twice what a network works at."""
    y, x = np.indices((160, 160))
    truth = np.zeros((160, 160), np.int32)
    for number, (row, column) in enumerate([(40, 40), (40, 118), (116, 40), (116, 118)], 1):
        truth[np.hypot(y - row, x - column) < 30] = number
    image = 100 + 900 * (truth > 0) + np.random.default_rng(0).normal(0, 40, truth.shape)
    return image.astype(np.float32), truth


def test_the_scale_follows_when_whole_objects_become_known(quick):
    image, truth = large_cells()
    labels = np.zeros(truth.shape, np.int32)
    labels[38:44, 38:44], labels[0:8, 0:8] = 2, 1
    learner = Learner([image], [Sketch(labels)], quick())
    learner.step()
    assert learner.config.scale == 1
    learner.paint([Stroke(0, (slice(0, 160), slice(0, 80)), (truth + 1)[:, :80])])
    assert 0.3 < learner.config.scale < 0.7
    assert learner.config.diameter == pytest.approx(60, rel=0.05)
    assert learner.examples[0].image.shape[1] == round(160 * learner.config.scale)
    learner.step()
    model = learner.best()
    assert model.config.scale == learner.config.scale
    assert model.predict(image).values.shape[1] == round(160 * learner.config.scale)


def test_truncated_strokes_do_not_enlarge_what_a_start_model_knows(quick):
    """A dab is only a bound: the start model's scale stays."""
    image, truth = large_cells()
    config = ModelConfig("flow", get_family("flow").Params(), "small", 1, scale=0.4, diameter=60.0)
    start = Model(config, build_network("small", 1, 3))
    labels = np.zeros(truth.shape, np.int32)
    labels[38:44, 38:44], labels[0:8, 0:8] = 2, 1
    learner = Learner([image], [Sketch(labels)], quick(), start)
    assert learner.config.scale == 0.4
    assert learner.config.diameter == 60.0


SKETCHES = {
    "one stroke across": [(30, slice(10, 60), 2), (31, slice(10, 60), 1)],
    "single pixels": [(20, 20, 2), (50, 50, 1)],
    "at the edges": [
        (0, slice(0, 80), 2),
        (71, slice(0, 80), 1),
        (slice(5, 60), 0, 3),
        (slice(5, 60), 79, 1),
    ],
    "in the corners": [(0, 0, 2), (71, 79, 1)],
}


@pytest.mark.parametrize("kind", SKETCHES)
def test_little_paint_is_enough_to_learn(cells, quick, kind):
    labels = np.zeros((72, 80), int)
    for rows, columns, label in SKETCHES[kind]:
        labels[rows, columns] = label
    found = losses(fit([cells()[0]], [Sketch(labels)], quick(steps=4, patch=64)), 4)
    assert np.isfinite(found).all()
    assert max(found) > 0


@pytest.mark.parametrize("shape", [(1, 2), (1, 40), (40, 1), (5, 7), (31, 33)])
@pytest.mark.parametrize("patch", [32, 64])
def test_images_smaller_than_a_patch(quick, shape, patch):
    image = np.random.default_rng(0).random(shape)
    labels = np.ones(shape, int)
    labels[-1, -1] = 2
    model = drain(fit([image], [Sketch(labels)], quick(patch=patch)))
    assert model.segment(image).shape == shape


@pytest.mark.parametrize("channels", [2, 3, 5])
def test_images_with_channels(cells, quick, channels):
    image, truth = cells(channels=channels)
    model = drain(fit([image], [simulate_sketch(truth, 0.1)], quick()))
    assert model.config.image_channels == channels
    assert model.segment(image).shape == truth.shape


def test_several_images_of_different_sizes(cells, quick):
    pairs = [cells(shape, seed=seed) for seed, shape in enumerate([(72, 80), (40, 120), (20, 20)])]
    images = [image for image, _ in pairs]
    sketches = [simulate_sketch(truth, 0.2) for _, truth in pairs[:2]] + [Sketch(np.zeros((20, 20), int))]
    generator = fit(images, sketches, quick(steps=5))
    found = losses(generator, 5, {2: [Stroke(2, (slice(0, 9), slice(0, 9)), np.ones((9, 9), int))]})
    assert np.isfinite(found).all()


def test_background_and_objects_may_be_on_different_images(cells, quick):
    image, truth = cells()
    back, cell = np.where(truth == 0, 1, 0), np.where(truth > 0, 2, 0)
    drain(fit([image, image], [Sketch(back), Sketch(cell)], quick()))


def test_the_papers_network_learns_too(lesson, quick):
    image, sketch = lesson
    model = drain(fit([image], [sketch], quick(network="omnipose", steps=2)))
    assert model.segment(image).shape == image.shape


def test_train_takes_a_single_image(lesson):
    image, sketch = lesson
    model = sketchcell.train(
        image, sketch, family="flow", seconds=None, steps=2, network="small", device="cpu", patch=32, batch=2
    )
    assert model.config.provenance["steps"] == 2


def painted(labels):
    return Sketch(np.array(labels, int) * np.ones((72, 80), int))


def halves():
    labels = np.ones((72, 80), int)
    labels[:, 40:] = 2
    return labels


@pytest.mark.parametrize(
    ("sketch", "message"),
    [
        (painted(0), "sketch is empty"),
        (painted(1), "Only background is painted"),
        (painted(2), "Only objects are painted"),
        (Sketch(np.eye(20, dtype=int) + 1), r"shape \(20, 20\) but its image \(72, 80\)"),
    ],
)
def test_sketches_that_cannot_be_learned_from(cells, quick, sketch, message):
    with pytest.raises(SketchcellError, match=message):
        next(fit([cells()[0]], [sketch], quick()))


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.full((72, 80), 3), "constant"),
        (np.where(np.eye(72, 80) > 0, np.nan, 1), "NaN"),
        (np.full((72, 80), "x"), "type"),
        (np.zeros((0, 80)), "no pixels"),
    ],
)
def test_images_that_cannot_be_learned_from(quick, image, message):
    with pytest.raises(SketchcellError, match=message):
        next(fit([image], [Sketch(halves())], quick()))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"family": "flows"}, "no family 'flows'"),
        ({"network": "huge"}, "no network 'huge'"),
        ({"device": "tpu"}, "no device 'tpu'"),
    ],
)
def test_names_that_are_not_there(lesson, quick, changes, message):
    with pytest.raises(SketchcellError, match=message):
        next(fit([lesson[0]], [lesson[1]], quick(**changes)))


def test_inputs_that_do_not_fit_together(cells, lesson, quick):
    image, sketch = lesson
    for images, sketches in (([image], []), ([], []), ([image, image], [sketch])):
        with pytest.raises(SketchcellError, match="give a sketch for each image"):
            next(fit(images, sketches, quick()))
    colour = cells(channels=3)[0]
    with pytest.raises(SketchcellError, match="different numbers of channels"):
        next(fit([image, colour], [sketch, sketch], quick()))
    start = drain(fit([colour], [sketch], quick(steps=1)))
    with pytest.raises(SketchcellError, match=r"start model expects 3 channel.*the images have 1"):
        next(fit([image], [sketch], quick(), init=start))
    other = Model(replace(start.config, family="other"), start.network)
    with pytest.raises(SketchcellError, match="'other'"):
        next(fit([colour], [sketch], quick(), init=other))


def test_what_is_no_sketch_and_no_model(lesson, quick):
    image, sketch = lesson
    with pytest.raises(SketchcellError, match=r"ndarray; make it .* with sketchcell.Sketch"):
        sketchcell.train(image, sketch.labels)
    with pytest.raises(SketchcellError, match=r"int; load it with sketchcell.load_model"):
        Learner([image], [sketch], quick(), 3)
    with pytest.raises(SketchcellError, match=r"'my_model'"):
        next(fit([image], [sketch], quick(), init="my_model"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "'steps' must be a whole number of at least 1, not 0"),
        ({"steps": "5"}, "'steps' must be a whole number"),
        ({"seconds": float("nan")}, "'seconds' must be a number from 0"),
        ({"seed": -1}, "'seed' must be a whole number"),
        ({"seed": 2**70}, "'seed' must be at most"),
        ({"patch": 32.5}, "'patch' must be a whole number"),
        ({"patch": 33}, "patch of 33 pixels .* give a multiple of 2"),
        ({"batch": 0}, "'batch' must be a whole number"),
        ({"learning_rate": -1}, "'learning_rate' must be a number"),
        ({"hold_out": 2}, "'hold_out' must be a number from 0 to 1"),
        ({"schedule": "cosinus"}, "no schedule 'cosinus'; choose from cosine"),
        ({"augmentation": None}, "'augmentation' must be"),
        ({"params": {"parting": 0.3}}, "dict, but the family takes FlowParams"),
    ],
)
def test_settings_that_make_no_sense(lesson, quick, changes, message):
    with pytest.raises(SketchcellError, match=message):
        next(fit([lesson[0]], [lesson[1]], quick(**changes)))


def test_the_defaults_have_no_limit():
    assert FitSettings().steps is None
    assert FitSettings().seconds is None


HUGE = """
    import resource
    import numpy as np
    from sketchcell.learning import FitSettings, fit
    from sketchcell.sketch import Sketch, Stroke
    side = 10_000
    random = np.random.default_rng(0)
    image = np.tile(random.integers(0, 255, (500, 500), np.uint8), (20, 20))
    labels = np.zeros((side, side), np.uint8)
    labels[20:30, 20:80], labels[9950:9960, 9900:9990] = 2, 1
    sketch = Sketch(labels)
    steps = fit([image], [sketch], FitSettings(steps=3, device="cpu", patch=64, batch=2))
    print(next(steps).loss > 0)
    window = (slice(5000, 5010), slice(5000, 5040))
    print(steps.send([Stroke(0, window, np.full((10, 40), 3, np.int32))]).loss > 0)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
    """


@pytest.mark.slow
def test_a_huge_image_with_two_strokes():
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(HUGE)], capture_output=True, text=True, timeout=300, check=True
    )
    first, second, gigabytes = done.stdout.split()
    assert (first, second) == ("True", "True")
    assert float(gigabytes) < 4
