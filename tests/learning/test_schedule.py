"""The learning rate over a run, when a run ends, and which of its moments is kept."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from sketchcell.inference import drain
from sketchcell.learning import FitSettings, fit
from sketchcell.learning.learner import Learner
from sketchcell.learning.schedule import careful
from sketchcell.sketch import Stroke


@pytest.fixture
def learner(lesson, quick):
    image, sketch = lesson

    def make(**changes):
        return Learner([image], [sketch], quick(**changes))

    return make


def rates(learner, steps):
    """The learning rate of each step, as a share of the largest."""
    found = []
    for _ in range(steps):
        learner.step()
        found.append(learner._optimizer.param_groups[0]["lr"] / learner.learning_rate)
    return found


def losses_of(learner, losses):
    """Let checks find these losses, one after the other, in the place of their own."""
    left = iter(losses)
    learner._loss = lambda *_: (torch.tensor(next(left)), {})
    return learner


def test_the_rate_warms_up_evenly(learner):
    assert rates(learner(schedule="constant", steps=8, warm_up=4), 8) == pytest.approx(
        [0.25, 0.5, 0.75, 1, 1, 1, 1, 1]
    )


def test_without_warm_up_it_starts_at_once(learner):
    assert rates(learner(schedule="constant", warm_up=0), 2) == pytest.approx([1, 1])


def test_a_linear_schedule_falls_to_nothing(learner):
    found = rates(learner(schedule="linear", steps=10, warm_up=0), 10)
    assert found == pytest.approx(np.arange(10, 0, -1) / 10)


def test_a_cosine_falls_slowly_then_fast_then_slowly(learner):
    found = np.array(rates(learner(schedule="cosine", steps=20, warm_up=0), 20))
    assert found[0] == pytest.approx(1)
    assert found[10] == pytest.approx(0.51)
    assert 0.02 < found[-1] < 0.05
    assert (np.diff(found) < 0).all()
    assert abs(np.diff(found)[[0, -1]]).max() < 0.5 * abs(np.diff(found)[10])


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
def test_a_run_without_an_end_keeps_its_rate(learner, schedule):
    assert rates(learner(schedule=schedule, steps=None, warm_up=2), 4) == pytest.approx([0.5, 1, 1, 1])


def test_warm_up_and_decay_come_together(learner):
    found = rates(learner(schedule="linear", steps=12, warm_up=4), 12)
    assert all(earlier < later for earlier, later in pairwise(found[:3]))
    assert all(earlier > later for earlier, later in pairwise(found[3:]))
    assert max(found) <= 1


def test_patience_ends_a_run_that_does_not_improve(learner):
    one = losses_of(learner(steps=None, patience=2), [1.0, 0.5, 0.6, 0.5])
    shares = []
    for _ in range(4):
        one._keep_best()
        shares.append(one.share)
    assert shares == [0, 0, 0, 1]


def test_every_improvement_renews_patience(learner):
    one = losses_of(learner(steps=None, patience=2), [1.0, 1.1, 0.9, 1.0, 0.8, 0.9])
    for _ in range(6):
        one._keep_best()
        assert one.share == 0


def test_small_improvements_count_when_they_add_up(learner):
    settings = {"steps": None, "patience": 3, "minimum_improvement": 0.1}
    slow = losses_of(learner(**settings), 1 - 0.06 * np.arange(12))
    for _ in range(12):
        slow._keep_best()
        assert slow.share == 0
    stuck = losses_of(learner(**settings), 1 - 0.001 * np.arange(4))
    for _ in range(4):
        stuck._keep_best()
    assert stuck.share == 1


def test_a_network_that_broke_runs_out_of_patience(learner):
    one = losses_of(learner(steps=None, patience=2), [np.nan] * 3)
    for _ in range(3):
        one._keep_best()
    assert one.share == 1


def test_a_stroke_renews_patience(learner):
    one = losses_of(learner(steps=None, patience=1), [1.0, 1.0])
    one._keep_best()
    one._keep_best()
    assert one.share == 1
    one.paint([Stroke(0, (slice(0, 4), slice(0, 9)), np.ones((4, 9), np.int32))])
    assert one.share == 0


def test_without_patience_nothing_but_the_limit_ends_a_run(learner):
    one = losses_of(learner(steps=5), [1.0] * 20)
    for _ in range(20):
        one._keep_best()
    assert one.share == 0


def test_a_run_with_patience_comes_to_its_end(lesson, quick, monkeypatch):
    monkeypatch.setattr("sketchcell.learning.learner._CHECK_EVERY", 2)
    image, sketch = lesson
    settings = quick(steps=None, patience=2, minimum_improvement=1e9)
    assert drain(fit([image], [sketch], settings)).config.provenance["steps"] == 6


def weights_of(model):
    return torch.cat([weight.detach().ravel() for weight in model.network.parameters()])


def moments(one, losses):
    """Weights at each check, with a step between."""
    losses_of_checks = iter(losses)
    own = one._loss
    found = []
    for _ in losses:
        one._loss = own
        one.step()
        one._loss = lambda *_: (torch.tensor(next(losses_of_checks)), {})
        found.append(weights_of(one.model()))
        one._keep_best()
    one._loss = own
    return found


@pytest.mark.parametrize("losses", [[3.0, 1.0, 2.0], [1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])
def test_the_best_moment_is_kept(learner, monkeypatch, losses):
    monkeypatch.setattr("sketchcell.learning.learner._CHECK_EVERY", 1000)
    one = learner(steps=10)
    found = moments(one, losses)
    one._loss = lambda *_: (torch.tensor(9.0), {})
    torch.testing.assert_close(weights_of(one.best()), found[int(np.argmin(losses))])


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_check_that_fails_is_never_the_best(learner, monkeypatch, broken):
    monkeypatch.setattr("sketchcell.learning.learner._CHECK_EVERY", 1000)
    one = learner(steps=10)
    found = moments(one, [broken, 2.0, broken, 3.0])
    one._loss = lambda *_: (torch.tensor(broken), {})
    torch.testing.assert_close(weights_of(one.best()), found[1])


def test_samcells_protocol_can_be_set():
    """Linear decay after 250 steps of warm-up, patience 7, least improvement 1e-4."""
    settings = FitSettings(family="distance", schedule="linear", warm_up=250, patience=7)
    assert settings.minimum_improvement == 1e-4


def test_few_strokes_teach_what_knows_cells_slowly() -> None:
    assert careful(0) == careful(100) == 0.1
    assert careful(500) == 0.5
    assert careful(1000) == careful(100_000) == 1.0
