"""Networks that begin with somebody's weights: what is frozen is neither learned nor copied."""

import pytest
import torch

from sketchcell import load_model
from sketchcell.errors import SketchcellError
from sketchcell.inference import drain
from sketchcell.learning import FitSettings, fit
from sketchcell.learning.learner import Learner

TINY = {
    "kind": "tiny-vit",
    "image_size": 64,
    "widths": [8, 8, 12, 16],
    "depths": [1, 1, 2, 1],
    "heads": [2, 3, 4],
    "windows": [3, 4, 2],
    "channels": 16,
}


def settings(mode="frozen", **changes):
    options = {"variant": TINY, "head": "cut", "encoder": mode, "rank": 2, "window": 32}
    given = {"steps": 3, "batch": 2, "device": "cpu", "network_options": options} | changes
    return FitSettings(family="distance", network="sam", **given)


def of_encoder(network):
    return {key: tensor.clone() for key, tensor in network.state_dict().items() if key.startswith("encoder.")}


@pytest.mark.parametrize("mode", ["full", "lora", "frozen"])
def test_only_what_may_learn_changes(lesson, mode):
    image, sketch = lesson
    learner = Learner([image], [sketch], settings(mode))
    before = of_encoder(learner.network)
    head = learner.network.head.head.weight.clone()
    for _ in range(3):
        learner.step()
    after = of_encoder(learner.network)
    changed = {key for key in before if not torch.equal(before[key], after[key])}
    learned = {key for key, weight in learner.network.named_parameters() if weight.requires_grad}
    assert changed == {key for key in learned if key.startswith("encoder.")}
    assert not torch.equal(learner.network.head.head.weight, head)
    handed = {id(weight) for group in learner._optimizer.param_groups for weight in group["params"]}
    assert handed == {id(weight) for weight in learner.network.parameters() if weight.requires_grad}


def test_frozen_weights_are_held_once(lesson):
    image, sketch = lesson
    learner = Learner([image], [sketch], settings())
    for _ in range(2):
        learner.step()
    models = [learner.model(), learner.best()]
    for network in (learner._averaged, *(model.network for model in models)):
        for ours, theirs in zip(learner.network.parameters(), network.parameters(), strict=True):
            assert (ours.data_ptr() == theirs.data_ptr()) == (not ours.requires_grad)
    names = {key for key, weight in learner.network.named_parameters() if not weight.requires_grad}
    assert names.isdisjoint(learner._best[1])
    assert {key for key, _ in learner.network.named_parameters()} - names <= set(learner._best[1])


def test_the_best_moment_comes_back_whole(lesson, monkeypatch):
    """With the weights of the best moment for all that learns."""
    image, sketch = lesson
    monkeypatch.setattr("sketchcell.learning.learner._CHECK_EVERY", 2)
    learner = Learner([image], [sketch], settings("lora", steps=None, hold_out=0.0))
    for _ in range(2):
        learner.step()
    kept = {key: tensor.clone() for key, tensor in learner._best[1].items()}
    learner._best = (-1.0, learner._best[1])  # nothing can be better
    for _ in range(2):
        learner.step()
    best = learner.best().network.state_dict()
    assert all(torch.equal(best[key], tensor) for key, tensor in kept.items())
    now = learner._averaged.state_dict()
    assert any(not torch.equal(now[key], tensor) for key, tensor in kept.items())


def test_a_patch_is_a_window(lesson):
    image, sketch = lesson
    learner = Learner([image], [sketch], settings("lora", patch=128))
    batch = learner._draw(learner._random)
    assert batch.images.shape[2:] == batch.target.data.shape[2:] == (32, 32)


@pytest.mark.parametrize(("before", "after"), [("frozen", "lora"), ("lora", "full"), ("lora", "frozen")])
def test_what_learns_can_change_from_start_to_start(lesson, before, after, tmp_path):
    image, sketch = lesson
    first = drain(fit([image], [sketch], settings(before, steps=2)))
    learner = Learner(
        [image],
        [sketch],
        FitSettings(family="distance", steps=1, batch=2, device="cpu", network_options={"encoder": after}),
        init=first,
    )
    x = torch.rand(1, 1, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(learner.network.eval()(x), first.network(x), atol=1e-5, rtol=1e-4)
    assert learner.config.network_options == first.config.network_options | {"encoder": after}
    learner.step()
    learner.model().save(tmp_path / "model")
    again = load_model(tmp_path / "model")
    with torch.inference_mode():
        torch.testing.assert_close(again.network(x), learner.model().network(x))


def test_a_start_model_of_another_size_is_a_clear_error(lesson):
    image, sketch = lesson
    first = drain(fit([image], [sketch], settings(steps=1)))
    with pytest.raises(SketchcellError, match="do not fit the network 'sam' with these options"):
        Learner([image], [sketch], settings(network_options={"variant": TINY | {"channels": 32}}), init=first)


@pytest.mark.parametrize(("mode", "rate"), [("frozen", 2e-3), ("lora", 5e-4), ("full", 1e-4)])
def test_weights_that_know_something_are_taught_carefully(lesson, mode, rate):
    image, sketch = lesson
    assert Learner([image], [sketch], settings(mode)).learning_rate == rate
    asked = Learner([image], [sketch], settings(mode, learning_rate=3e-3, warm_up=0, schedule="constant"))
    asked.step()
    assert asked._optimizer.param_groups[0]["lr"] == asked.learning_rate == 3e-3
