"""A learner is judged by strokes that it never learns from, again and again, and says so."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from sketchcell.images import Normalization
from sketchcell.inference import drain
from sketchcell.learning import Moment, Step, View, live
from sketchcell.learning.example import Example
from sketchcell.learning.held_out import Parted, live_reserve
from sketchcell.learning.judge import Judge, Verdict
from sketchcell.learning.learner import Learner
from sketchcell.sketch import Sketch, Stroke, simulate_sketch


@pytest.fixture
def many(cells):
    """An image with many cells and a sketch of it, some of it with known outlines."""
    image, truth = cells((220, 240))
    return image, simulate_sketch(truth, 0.25, seed=1), truth


def learner_of(image, sketch, settings):
    return Learner([image], [sketch], settings, reserve=live_reserve(settings))


@pytest.mark.parametrize("seed", range(4))
def test_a_fair_share_is_held_out_to_the_end(many, quick, seed):
    image, sketch, _ = many
    learner = learner_of(image, sketch, quick(steps=6, seed=seed))
    parted = Parted.by(learner.held_out, learner.examples)
    assert parted.fair
    assert sum(parted.objects) == len(sketch.objects)
    assert parted.share == pytest.approx(0.18, abs=0.06)
    while learner.share < 1:
        learner.step()
        assert learner.held_out is not None
    assert learner.best().config.provenance["held_out_agreement"] is not None


@pytest.mark.parametrize("kind", ["few objects", "no background on one side", "not wanted"])
def test_nothing_is_held_out_where_too_little_would_be_left(many, quick, kind):
    image, sketch, truth = many
    settings = quick(steps=6)
    if kind == "few objects":
        sketch = Sketch(np.where(truth <= 12, sketch.labels, np.minimum(sketch.labels, 1)))
    elif kind == "not wanted":
        settings = replace(settings, hold_out=0.0)
    else:
        labels = np.where(sketch.labels > 1, sketch.labels, 0)
        labels[0, 0] = 1
        sketch = Sketch(labels)
    assert learner_of(image, sketch, settings).held_out is None


def test_holding_out_begins_and_ends_with_the_paint(many, quick):
    image, sketch, _ = many
    height, width = sketch.shape
    few = np.zeros_like(sketch.labels)
    few[:50, :60] = sketch.labels[:50, :60]
    learner = learner_of(image, Sketch(few), quick(steps=None))
    assert learner.held_out is None
    everything = Stroke(0, (slice(0, height), slice(0, width)), sketch.labels.copy())
    learner.paint([everything])
    begun = learner.held_out
    assert begun is not None
    learner.step()
    learner.paint([Stroke(0, (slice(0, 9), slice(0, 9)), np.ones((9, 9), np.int32))])
    assert learner.held_out is begun  # a stroke joins a side by its place
    learner.paint([replace(everything, labels=np.minimum(everything.labels, 1))])
    assert learner.held_out is None
    learner.step()


def test_a_verdict_is_high_for_a_good_model_only(many, quick):
    image, sketch, _ = many
    settings = quick(network="compact", steps=None, patch=64, batch=4)
    learner = learner_of(image, sketch, settings)
    judge = Judge(learner)
    learner.step()
    first = drain(judge.judging())
    for _ in range(60):
        learner.step()
    last = drain(judge.judging())
    assert (first.number, last.number) == (1, 2)
    assert last.accuracy > 0.75
    assert last.accuracy > first.accuracy
    assert last.loss < first.loss
    assert last.best
    held = Parted.by(learner.held_out, learner.examples).objects[1]
    assert last.judged == pytest.approx(held, rel=0.5)
    np.testing.assert_allclose(
        last.model.predict(image).values, learner.model().predict(image).values, atol=0.05
    )


def test_too_few_strokes_are_judged_by_the_loss(lesson, quick):
    learner = learner_of(*lesson, quick(steps=None))
    judge = Judge(learner)
    moments = []
    for _ in range(4):
        learner.step()
        moments.append(drain(judge.judging()))
    assert {(moment.accuracy, moment.judged) for moment in moments} == {(None, 0)}
    lowest = np.minimum.accumulate([moment.loss for moment in moments])
    assert [moment.best for moment in moments] == [
        m.loss <= low for m, low in zip(moments, lowest, strict=True)
    ]
    assert all(moment.improving for moment in moments)


def test_it_says_when_it_has_stopped_improving(lesson, quick):
    learner = learner_of(*lesson, quick(steps=None, learning_rate=0.0))
    judge = Judge(learner)
    told = [drain(judge.judging()).improving for _ in range(14)]
    assert told == [True] * 11 + [False] * 3
    learner.paint([Stroke(0, (slice(0, 5), slice(0, 5)), np.ones((5, 5), np.int32))])
    assert drain(judge.judging()).improving  # there is something new to learn


def test_the_best_is_judged_on_the_strokes_that_are_there(many, quick, monkeypatch):
    """After new strokes everything looks worse; what is best is still found by comparing like with like."""
    image, sketch, _ = many
    learner = learner_of(image, sketch, quick(steps=None))
    judge = Judge(learner)
    quality = {"now": 0.9}
    judged = []

    def verdict(self, model):
        judged.append(model)
        yield None
        return Verdict(1.0, quality[model.network.tag], 5)

    monkeypatch.setattr(Judge, "_verdict", verdict)
    made = learner.model

    def tagged(name):
        def model():
            one = made()
            one.network.tag = name
            return one

        return model

    def judge_one(name):
        learner.model = tagged(name)
        return drain(judge.judging())

    quality |= {"easy": 0.9, "worse": 0.8, "corrected": 0.6}
    assert judge_one("easy").best
    assert not judge_one("worse").best
    learner.paint([Stroke(0, (slice(0, 9), slice(0, 9)), np.ones((9, 9), np.int32))])
    quality["easy"] = 0.5  # on strokes that show its mistakes
    assert judge_one("corrected").best
    quality["corrected"] = 0.7
    assert judge_one("worse").best
    assert len(judged) == 5  # only once again, after the strokes


def test_live_yields_moments_that_one_can_go_back_to(many, quick, monkeypatch):
    module = sys.modules[live.__module__]
    monkeypatch.setattr(module, "_BETWEEN_MOMENTS", 0.0)
    monkeypatch.setattr(module, "_JUDGING_SHARE", 0.5)
    image, sketch, _ = many
    generator = live([image], [sketch], quick(steps=None), lambda: View(0, (slice(0, 9), slice(0, 9))))
    moments, steps = [], []
    while len(moments) < 3:
        item = next(generator)
        moments += [item] if isinstance(item, Moment) else []
        steps += [item] if isinstance(item, Step) else []
    assert [moment.number for moment in moments] == [1, 2, 3]
    assert all(0 <= moment.accuracy <= 1 and moment.judged >= 3 for moment in moments)
    assert moments[-1].step <= steps[-1].number
    model = moments[0].model
    assert model.segment(image).shape == image.shape
    again = live([image], [sketch], quick(steps=1), lambda: View(0, (slice(0, 9), slice(0, 9))), init=model)
    assert drain(again).config.provenance["steps"] == 1


def test_judging_does_not_change_what_is_learned(many, quick):
    image, sketch, _ = many
    plain, judged = (learner_of(image, sketch, quick(steps=9)) for _ in range(2))
    judge = Judge(judged)
    losses = []
    for learner in (plain, judged):
        found = []
        for _ in range(4):
            found.append(learner.step()[0])
            if learner is judged:
                drain(judge.judging())
        losses.append(found)
    assert losses[0] == losses[1]


def test_places_are_told_by_the_number_of_the_sheet(many, quick):
    image, sketch, _ = many
    examples = [Example(image, sketch, Normalization(), number=number) for number in (0, 5)]
    held = live_reserve(quick()).begin(examples, 0)
    masks = [held.mask(example.number, sketch.window) for example in examples]
    assert (masks[0] != masks[1]).any()
