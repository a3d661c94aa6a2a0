"""Sheets join and leave while it learns: numbers stay valid, and what is only looked at costs little."""

import sys

import numpy as np
import pytest

from sketchcell.errors import SketchcellError
from sketchcell.images import Normalization
from sketchcell.learning import Leave, Prediction, Sheet, Step, View, live
from sketchcell.learning.example import Example
from sketchcell.learning.learner import Learner
from sketchcell.sketch import Sketch, Stroke, simulate_sketch


def empty(shape=(72, 80)):
    return Sketch(np.zeros(shape, int))


def everything(number, shape=(72, 80), label=None):
    labels = np.indices(shape).sum(0) // 9 % 2 + 1 if label is None else np.full(shape, label)
    return Stroke(number, (slice(0, shape[0]), slice(0, shape[1])), labels.astype(np.int32))


def allocated(example):
    """Bytes of all arrays that an example keeps, each counted once."""
    parts = [example, example._painted, example._sketch, example._tiles]
    parts += [vars(sketch).get("_distances") for sketch in (example._painted, example._sketch) if sketch]
    parts += [vars(sketch).get("_objects") for sketch in (example._painted, example._sketch) if sketch]
    arrays = {}
    for part in filter(None, parts):
        for value in vars(part).values():
            if hasattr(value, "nbytes"):
                array = value.numpy() if hasattr(value, "numpy") else value
                arrays[array.__array_interface__["data"][0]] = array.nbytes
    return sum(arrays.values())


def test_a_sheet_gets_the_next_number_and_is_learned_from(cells, lesson, quick):
    image, sketch = lesson
    other, truth = cells((60, 50), seed=3)
    learner = Learner([image], [sketch], quick())
    learner.take([Sheet(other, simulate_sketch(truth, 0.2)), Sheet(other), everything(2, (60, 50))])
    assert [example.number for example in learner.examples] == [0, 1, 2]
    assert all(example.can_teach for example in learner.examples)
    assert np.isfinite(learner.step()[0])
    at_once = Learner(
        [image, other, other],
        [sketch, simulate_sketch(truth, 0.2), Sketch(everything(2, (60, 50)).labels)],
        quick(),
    )
    for one, same in zip(learner.examples, at_once.examples, strict=True):
        np.testing.assert_array_equal(one.sketch.labels, same.sketch.labels)
        np.testing.assert_array_equal(one.image.numpy(), same.image.numpy())


def test_numbers_stay_valid_when_others_leave(lesson, quick):
    image, sketch = lesson
    learner = Learner([image], [sketch], quick())
    learner.take([Sheet(image), Sheet(image), Leave(1), Sheet(image), everything(2), everything(3)])
    assert [example.number for example in learner.examples] == [0, 2, 3]
    learner.take([Leave(2), Leave(0)])
    learner.step()
    for message in (everything(2), Leave(1), everything(9)):
        with pytest.raises(SketchcellError, match="no image"):
            learner.take([message])


def test_who_left_is_not_learned_from(lesson, quick):
    image, sketch = lesson
    joined = Learner([image], [sketch], quick(steps=6))
    for learner in (joined, plain := Learner([image], [sketch], quick(steps=6))):
        learner.step()
    joined.take([Sheet(image, Sketch(everything(1).labels)), Leave(1)])
    assert [joined.step()[0] for _ in range(3)] == [plain.step()[0] for _ in range(3)]


def test_a_sheet_that_is_only_looked_at_changes_nothing(lesson, quick):
    image, sketch = lesson
    plain = Learner([image], [sketch], quick(steps=6))
    learner = Learner([image, image], [sketch, empty()], quick(steps=6))
    learner.take([Sheet(image, empty()), Sheet(image)])
    assert learner.changes == 0
    assert [learner.step()[0] for _ in range(4)] == [plain.step()[0] for _ in range(4)]


def test_channels_must_agree(cells, lesson, quick):
    learner = Learner([lesson[0]], [lesson[1]], quick())
    with pytest.raises(SketchcellError, match=r"different numbers of channels \(\[1, 3\]\)"):
        learner.take([Sheet(cells(channels=3)[0])])


@pytest.mark.parametrize(("scale", "per_pixel"), [(1.0, 18), (0.5, 4 + 9 + 18 / 4)])
def test_what_an_example_costs(lesson, scale, per_pixel):
    """The class says how many bytes; those without paint need what prediction needs."""
    image, pixels = np.tile(lesson[0], (4, 4)), 16 * lesson[0].size
    example = Example(image, empty(image.shape), Normalization())
    example.rescale(scale)
    window = (slice(0, 9), slice(0, 9))
    assert example.at_working_scale(window)[0].start == 0
    assert allocated(example) == 4 * pixels
    example.paint(Stroke(0, window, np.full((9, 9), 2, np.int32)))
    assert (len(example.painted.objects), len(example.sketch.objects)) == (1, 1)
    assert example.sketch.distances.valid.shape == example.image.shape[1:]
    assert allocated(example) == pytest.approx(per_pixel * pixels, rel=0.01)


def test_planes_are_scaled_alike_by_their_stack(lesson, quick):
    image, sketch = lesson
    stack = np.stack([image, image // 4, np.zeros_like(image)]).astype(np.float32)
    sample = stack.reshape(1, -1, stack.shape[-1])
    learner = Learner([image], [sketch], quick(), wholes=[sample])
    learner.take([Sheet(plane, whole=sample) for plane in stack[1:]])
    bright, dim, black = (example.normalized for example in learner.examples)
    expected = Normalization().apply(stack[:, None].reshape(3, *image.shape)[:1], sample)
    np.testing.assert_array_equal(bright, expected)
    assert 0 < dim.max() < bright.max() / 3
    assert black.min() == black.max()
    with pytest.raises(SketchcellError, match=r"sample of the whole has the shape .* 1 channel"):
        learner.take([Sheet(image, whole=np.ones((2, 9, 9), np.float32))])
    with pytest.raises(SketchcellError, match="constant"):
        learner.take([Sheet(stack[2])])


def next_of(generator, kind, send=None):
    """What of a kind comes next, after something is sent."""
    for _ in range(300):
        item, send = generator.send(send), None
        if isinstance(item, kind):
            return item
    raise AssertionError("it did not come")


def test_planes_come_and_go_while_it_learns(cells, lesson, quick, monkeypatch):
    module = sys.modules[live.__module__]
    monkeypatch.setattr(module, "_FIRST_AFTER", 0.0)
    monkeypatch.setattr(module, "_LONGEST_WAIT", 0.01)
    image, sketch = lesson
    now = [View(0, sketch.window)]
    generator = live([image], [sketch], quick(steps=None), lambda: now[0])
    next_of(generator, Step)
    for number in range(1, 4):
        plane, truth = cells((60, 64), seed=number)
        now[0] = View(number, (slice(0, 60), slice(0, 64)))  # before it is there: nothing is predicted
        next_of(generator, Step)
        next_of(generator, Step)
        next_of(generator, Step, [Sheet(plane)])
        seen = next_of(generator, Prediction)
        assert seen.image == number
        assert seen.decode().shape == truth.shape
        next_of(generator, Step, [Leave(number)])
        next_of(generator, Step)


def test_it_rests_when_all_that_was_painted_has_left(lesson, quick):
    image, sketch = lesson
    generator = live([image], [sketch], quick(steps=None), lambda: View(0, sketch.window))
    next_of(generator, Step)
    next_of(generator, type(None), [Leave(0)])
    assert [generator.send(None) for _ in range(3)] == [None] * 3
    now_there = next_of(generator, Step, [Sheet(image, sketch)])
    assert now_there.number > 1


def test_it_ends_when_all_has_left(lesson, quick):
    image, sketch = lesson
    learner = Learner([image], [sketch], quick(steps=3))
    learner.step()
    learner.take([Leave(0)])
    assert learner.best().config.provenance["steps"] == 1
