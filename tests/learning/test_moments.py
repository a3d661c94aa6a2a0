"""Moments to go back to: bounded, spread over the run, the best always there, the model as it was."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sketchcell.errors import SketchcellError
from sketchcell.families import get_family
from sketchcell.inference import drain
from sketchcell.learning import Moments, fit
from sketchcell.learning.moments import KeptModel, Moment
from sketchcell.model import Model, ModelConfig
from sketchcell.networks import build_network


class Weights:
    """What counts of a kept model here."""

    def __init__(self, nbytes=10):
        self.nbytes = nbytes


def moment(number, *, accuracy=None, best=False, elapsed=None, nbytes=10):
    elapsed = float(number) if elapsed is None else elapsed
    return Moment(number, 10 * number, elapsed, 1.0, accuracy, 0, best, True, Weights(nbytes))


@given(best_ones=st.sets(st.integers(1, 300)), count=st.integers(1, 300))
def test_they_stay_few_and_spread_with_the_best_and_the_last(best_ones, count):
    moments = Moments(most=12)
    for number in range(1, count + 1):
        moments.add(moment(number, best=number in best_ones))
    numbers = [one.number for one in moments]
    assert numbers == sorted(numbers)
    assert len(numbers) == min(count, 12)
    assert numbers[-1] == count
    assert moments.best.number == max((n for n in best_ones if n <= count), default=1)
    assert moments.best in list(moments)
    gaps = np.diff(numbers)
    if count > 100:
        assert gaps.max() <= 5 * count / 12


def test_memory_is_bounded():
    moments = Moments(most=24, most_bytes=100)
    for number in range(1, 50):
        moments.add(moment(number, best=number == 7, nbytes=30))
    assert len(moments) == 3
    assert moments.nbytes == 90
    assert moments.best.number == 7


def test_the_best_and_the_last_stay_even_if_they_are_large():
    moments = Moments(most_bytes=100)
    for number in range(1, 6):
        moments.add(moment(number, best=number == 2, nbytes=400))
    assert [one.number for one in moments] == [2, 5]


def test_another_run_counts_on():
    moments = Moments(most=8)
    for _ in range(3):
        for number in range(1, 21):
            moments.add(moment(number))
    times = [time for time, _ in moments._kept]
    assert times == sorted(times)
    assert times[-1] == 60
    assert np.diff(times).max() <= 20


def test_a_moment_is_found_by_its_step():
    moments = Moments()
    with pytest.raises(SketchcellError, match="no moment to go back to"):
        moments.at_step(0)
    assert moments.best is None
    for number in range(1, 5):
        moments.add(moment(number))
    assert [moments.at_step(step).number for step in (0, 14, 16, 900)] == [1, 1, 2, 4]


def test_a_kept_model_is_the_model(lesson, quick):
    image, sketch = lesson
    model = drain(fit([image], [sketch], quick(steps=5), init=None))
    kept = KeptModel(model, model.copy().network)
    floats = sum(value.numel() for value in model.network.state_dict().values())
    assert kept.nbytes < 0.6 * 4 * floats
    back = kept.restored()
    assert back.config == model.config
    np.testing.assert_allclose(back.predict(image).values, model.predict(image).values, atol=0.02)
    again = drain(fit([image], [sketch], quick(steps=2), init=back))  # and learning goes on from it
    assert again.config.provenance["steps"] == 2
    for one, other in zip(kept.restored().network.parameters(), back.network.parameters(), strict=True):
        assert torch.equal(one, other)
        assert one.data_ptr() != other.data_ptr()


def test_values_beyond_half_precision_are_kept():
    model = Model(ModelConfig("flow", get_family("flow").Params(), "small", 1), build_network("small", 1, 3))
    with torch.no_grad():
        weights = [weight for weight in model.network.parameters() if weight.ndim > 1]
        weights[0].view(-1)[0] = 1e6
        biases = [weight for weight in model.network.parameters() if weight.ndim == 1]
        biases[0][0] = 1e-9
    back = KeptModel(model).restored()
    for name, weight in model.network.state_dict().items():
        torch.testing.assert_close(back.network.state_dict()[name], weight, rtol=1e-3, atol=1e-7)
    assert torch.equal(next(w for w in back.network.parameters() if w.ndim == 1), biases[0])


def test_frozen_weights_are_shared():
    network = build_network("small", 1, 3)
    frozen = next(iter(network.parameters()))
    frozen.requires_grad_(False)
    model = Model(ModelConfig("flow", get_family("flow").Params(), "small", 1), network)
    kept = KeptModel(model.copy(), network)
    assert kept.nbytes < KeptModel(Model(model.config, build_network("small", 1, 3))).nbytes
    first = next(iter(kept.restored().network.parameters()))
    assert first.data_ptr() == frozen.data_ptr()
