"""Several that learn one model: the same weights after each step, and the end at the same step."""

import hashlib
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from sketchcell.inference import drain
from sketchcell.learning import FitSettings, StopLearning, fit
from sketchcell.learning.learner import Learner
from sketchcell.learning.team import ALONE, Team, average_step
from sketchcell.measure import evaluate
from sketchcell.model import encode_weights
from sketchcell.sketch import simulate_sketch


class Table:
    """Where the members of a team in one process meet."""

    def __init__(self, size):
        self.barrier = threading.Barrier(size, timeout=60)
        self.cards = [None] * size

    def swap(self, rank, card):
        self.cards[rank] = card
        self.barrier.wait()
        cards = list(self.cards)
        self.barrier.wait()
        return cards


class ThreadTeam(Team):
    def __init__(self, rank, table):
        self.rank, self.size, self.table = rank, len(table.cards), table

    def any(self, wish):
        return any(self.table.swap(self.rank, wish))

    def average(self, tensors):
        cards = self.table.swap(self.rank, [tensor.clone() for tensor in tensors])
        for number, tensor in enumerate(tensors):
            tensor.copy_(torch.stack([card[number] for card in cards]).mean(0))

    def from_first(self, make):
        return self.table.swap(self.rank, make() if self.is_first else None)[0]


def together(work, size=2):
    """Run work(team) once a member, each in a thread, and return what they return."""
    table, found = Table(size), [None] * size

    def one(rank):
        try:
            found[rank] = work(ThreadTeam(rank, table))
        except BaseException as error:
            found[rank] = error
            table.barrier.abort()

    threads = [threading.Thread(target=one, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    for outcome in found:
        if isinstance(outcome, BaseException):
            raise outcome
    return found


def digest(network):
    return hashlib.sha256(encode_weights(network)).hexdigest()


@pytest.mark.parametrize("network", ["small", "unet-small"])
def test_the_same_weights_after_each_step(network, lesson, quick):
    image, sketch = lesson
    settings = quick(steps=4, network=network)

    def work(team):
        learner = Learner([image], [sketch], settings, team=team)
        found = []
        while learner.share < 1:
            learner.step()
            found.append((digest(learner.network), digest(learner._averaged), learner.elapsed))
        return found

    first, second = together(work)
    assert len(first) == 4
    assert first == second
    assert len({weights for weights, _, _ in first}) == 4


def test_members_draw_patches_of_their_own(lesson, quick):
    image, sketch = lesson

    def work(team):
        learner = Learner([image], [sketch], quick(), team=team)
        return learner._draw(learner._random).images

    first, second = together(work)
    assert not torch.equal(first, second)


def test_the_same_model_each_time_and_on_each_member(lesson, quick):
    image, sketch = lesson
    settings = quick(steps=5)
    # random weights would come from one generator for all threads of this process
    init = Learner([image], [sketch], settings).model()

    def work(team):
        return drain(fit([image], [sketch], settings, init, team))

    models = together(work) + together(work)
    assert len({digest(model.network) for model in models}) == 1
    assert len({model.config.params for model in models}) == 1
    assert all(model.config.provenance["processes"] == 2 for model in models)


def test_who_learns_alone_learns_as_before(lesson, quick):
    image, sketch = lesson
    models = [
        drain(fit([image], [sketch], quick(steps=5), None, *team)) for team in ((), (ALONE,), (Team(),))
    ]
    assert len({digest(model.network) for model in models}) == 1
    assert "processes" not in models[0].config.provenance


def test_half_the_batch_on_two_learns_as_the_whole_on_one(lesson, quick):
    image, sketch = lesson
    whole = quick(steps=40, batch=8, learning_rate=5e-3, hold_out=0.0)
    half = replace(whole, batch=4)

    def losses(settings, team=ALONE):
        return [step.loss for step in fit([image], [sketch], settings, None, team)]

    alone = losses(whole)
    shared, other = together(lambda team: losses(half, team))
    assert shared == other
    assert np.mean(shared[-10:]) < 0.8 * np.mean(shared[:3])
    assert np.mean(shared[-10:]) == pytest.approx(np.mean(alone[-10:]), rel=0.1)


def test_a_model_that_segments(cells):
    image, truth = cells((96, 110))
    sketch = simulate_sketch(truth, 0.15, seed=1)
    settings = FitSettings(steps=60, patch=64, batch=2, device="cpu")
    model, _ = together(lambda team: drain(fit([image], [sketch], settings, team=team)))
    assert evaluate(truth, model.segment(image)).ap50 > 0.8


def test_one_that_stops_ends_all_at_the_same_step(lesson, quick):
    image, sketch = lesson

    def work(team):
        learning = fit([image], [sketch], quick(steps=50), None, team)
        step = next(learning)
        try:
            while True:
                wish = team.rank == 1 and step.number == 3
                step = learning.throw(StopLearning()) if wish else next(learning)
        except StopIteration as end:
            return step.number, digest(end.value.network)

    first, second = together(work)
    assert first == second
    assert first[0] == 3


def test_seconds_end_all_at_the_same_step(lesson, quick):
    image, sketch = lesson

    def work(team):
        learner = Learner([image], [sketch], quick(steps=None, seconds=0.5), team=team)
        while learner.share < 1:
            learner.step()
        return learner.steps, digest(learner.network)

    first, second = together(work)
    assert first == second
    assert first[0] > 1


def test_patience_ends_all_at_the_same_check(lesson, quick, monkeypatch):
    monkeypatch.setattr("sketchcell.learning.learner._CHECK_EVERY", 2)
    image, sketch = lesson
    settings = quick(steps=60, patience=2, minimum_improvement=1e9)
    first, second = together(lambda team: drain(fit([image], [sketch], settings, None, team)))
    assert first.config.provenance["steps"] == second.config.provenance["steps"] == 6


def test_a_weight_that_only_one_has_seen():
    def work(team):
        layer = torch.nn.ModuleList([torch.nn.Linear(1, 1, bias=False) for _ in range(3)])
        for number, weight in enumerate(layer.parameters()):
            if number < 2 - team.rank:
                weight.grad = torch.full((1, 1), 4.0)
        told, elapsed = average_step(team, layer, {"loss": torch.tensor(float(team.rank))}, 2.0 * team.rank)
        return [weight.grad for weight in layer.parameters()], float(told["loss"]), elapsed

    for gradients, loss, elapsed in together(work):
        assert [None if one is None else float(one) for one in gradients] == [4.0, 2.0, None]
        assert (loss, elapsed) == (0.5, 1.0)
