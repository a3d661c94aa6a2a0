"""Learning while somebody paints: predictions come, follow the view, and never keep anybody waiting."""

import sys
import time

import numpy as np
import pytest

from sketchcell.errors import SketchcellError
from sketchcell.families import get_family
from sketchcell.inference import drain
from sketchcell.learning import Prediction, Step, View, live
from sketchcell.learning import live as live_function
from sketchcell.sketch import Sketch, Stroke

FIRST_WITHIN = 20.0  # seconds, on a busy machine, for what takes about one


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """Predictions come sooner than a person could look at them."""
    module = sys.modules[live_function.__module__]
    for name in ("_FIRST_AFTER", "_AFTER_STROKES"):
        monkeypatch.setattr(module, name, 0.02, raising=False)


def whole(shape=(72, 80), image=0):
    return View(image, (slice(0, shape[0]), slice(0, shape[1])))


def until(generator, kind, count=1, send=None):
    """The first results of a kind, and everything that came before them."""
    found, others = [], []
    deadline = time.monotonic() + FIRST_WITHIN
    while len(found) < count:
        assert time.monotonic() < deadline
        result, send = generator.send(send), None
        (found if isinstance(result, kind) else others).append(result)
    return found, others


def test_predictions_come_between_steps_and_their_numbers_rise(lesson, quick):
    image, sketch = lesson
    generator = live([image], [sketch], quick(steps=None), whole)
    found, others = until(generator, Prediction, 3)
    assert [prediction.number for prediction in found] == [1, 2, 3]
    steps = [step.number for step in others if isinstance(step, Step)]
    assert steps == list(range(1, len(steps) + 1))
    assert [p.step for p in found] == sorted({p.step for p in found})
    assert found[-1].step <= steps[-1]
    for prediction in found:
        assert prediction.window == whole().window
        assert prediction.maps.shape == image.shape
        labels = prediction.decode()
        assert labels.shape == image.shape
        assert labels.dtype == np.int32
        np.testing.assert_array_equal(labels, prediction.model.decode(prediction.maps))


def test_thresholds_act_on_a_prediction_that_is_there(lesson, quick):
    image, sketch = lesson
    prediction = until(live([image], [sketch], quick(steps=None), whole), Prediction)[0][0]
    params = get_family("flow").Params
    everything = prediction.decode(params(distance_threshold=-4.0, minimum_size=0))
    assert (everything > 0).sum() >= (prediction.decode(params(distance_threshold=4.0)) > 0).sum()


def test_a_prediction_keeps_its_model_while_learning_goes_on(lesson, quick):
    image, sketch = lesson
    generator = live([image], [sketch], quick(steps=None, learning_rate=0.1), whole)
    prediction = until(generator, Prediction)[0][0]
    before = prediction.model.predict(image).values
    until(generator, Step, 5)
    np.testing.assert_array_equal(prediction.model.predict(image).values, before)


def test_predictions_follow_the_view(cells, lesson, quick):
    image, sketch = lesson
    other = cells((300, 340), seed=4)[0]
    views = [
        View(1, (slice(0, 40), slice(300, 340))),
        View(0, (slice(10, 60), slice(0, 30))),
        View(1, (slice(150, 200), slice(140, 200))),
    ]
    now = [views[0]]
    empty = Sketch(np.zeros(other.shape, int))
    generator = live([image, other], [sketch, empty], quick(steps=None), lambda: now[0])
    for view in views:
        now[0] = view
        prediction = until(generator, Prediction)[0][0]
        assert prediction.image == view.image
        for got, asked in zip(prediction.window, view.window, strict=True):
            assert got.start <= asked.start
            assert asked.stop <= got.stop
        shape = tuple(span.stop - span.start for span in prediction.window)
        assert prediction.decode().shape == shape
        assert max(shape) < 250  # what is visible, not the whole image


def test_what_is_seen_does_not_depend_on_the_view(cells, lesson, quick):
    """A view's middle looks as it does in a prediction of the whole image."""
    image, sketch = cells((200, 220))[0], Sketch(np.pad(lesson[1].labels, ((0, 128), (0, 140))))
    view = View(0, (slice(60, 140), slice(70, 150)))
    prediction = until(live([image], [sketch], quick(steps=None), lambda: view), Prediction)[0][0]
    rows, columns = prediction.window
    all_of_it = prediction.model.predict(image).values
    if prediction.model.config.scale == 1:
        inner = np.s_[:, 30:-30, 30:-30]
        np.testing.assert_allclose(
            prediction.maps.values[inner], all_of_it[:, rows, columns][inner], atol=0.05
        )


def test_strokes_sent_at_any_moment_are_learned_from(lesson, quick):
    image, sketch = lesson
    erase = Stroke(0, (slice(0, 72), slice(0, 80)), np.zeros((72, 80), np.int32), np.zeros((72, 80), bool))
    generator = live([image], [sketch], quick(steps=None), whole)
    next(generator)
    assert until(generator, Step, send=[erase])[0][0].loss == 0
    paint = Stroke(0, (slice(0, 72), slice(0, 80)), np.indices((72, 80)).sum(0) // 9 % 2 + 1)
    until(generator, Prediction)
    assert until(generator, Step, send=[paint])[0][0].loss > 0


def test_it_rests_while_nobody_looks(lesson, quick):
    image, sketch = lesson
    views = [None]
    generator = live([image], [sketch], quick(steps=None), lambda: views[0])
    assert all(next(generator) is None for _ in range(6))
    views[0] = whole()
    assert until(generator, Step)[0][0].number == 1


def test_closing_stops_at_once_at_any_moment(lesson, quick):
    image, sketch = lesson
    for moments in range(6):
        generator = live([image], [sketch], quick(steps=None), whole)
        for _ in range(moments):
            next(generator)
        start = time.perf_counter()
        generator.close()
        assert time.perf_counter() - start < 0.5
        assert next(generator, "over") == "over"


def test_at_its_limit_it_returns_the_model(lesson, quick):
    image, sketch = lesson
    generator = live([image], [sketch], quick(steps=4), whole)
    _, others = until(generator, Step, 4)
    assert not any(isinstance(result, Step) for result in others)
    results = [next(generator, "over") for _ in range(20)]
    assert not any(isinstance(result, Step) for result in results)
    assert results[-1] == "over"
    model = drain(live([image], [sketch], quick(steps=4), whole))
    assert model.config.provenance["steps"] == 4
    assert model.segment(image).shape == image.shape


def test_nothing_waits_long(lesson, quick):
    """Between two moments at which it can be stopped there is never more than a step or a tile."""
    image, sketch = lesson
    generator = live([image], [sketch], quick(steps=None), whole)
    until(generator, Step)
    waits = []
    for _ in range(40):
        start = time.perf_counter()
        next(generator)
        waits.append(time.perf_counter() - start)
    assert np.median(waits) < 0.25


def test_mistakes_are_told_as_in_fit(lesson, quick):
    image, _ = lesson
    generator = live([image], [Sketch(np.ones(image.shape, int))], quick(), whole)
    with pytest.raises(SketchcellError, match="Only background is painted"):
        until(generator, Step)
