"""Whether learning still gets better: told from curves whose course is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketchcell.learning.improving import improving

LEAST = 0.005


def saturating(length, rate, noise, seed=0):
    random = np.random.default_rng(seed)
    return 0.8 * (1 - np.exp(-rate * np.arange(length))) + random.normal(0, noise, length)


def verdicts(curve):
    return [improving(curve[: n + 1], LEAST) for n in range(len(curve))]


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_a_curve_that_saturates(noise):
    told = verdicts(saturating(60, 0.15, noise))
    assert all(told[:15])
    assert not any(told[-15:])


def test_without_noise_it_stops_once():
    told = verdicts(saturating(80, 0.1, 0.0))
    assert told == sorted(told, reverse=True)


@given(seed=st.integers(0, 2**32 - 1), noise=st.floats(0.001, 0.2))
def test_noise_alone_is_seldom_taken_for_progress(seed, noise):
    told = verdicts(0.5 + np.random.default_rng(seed).normal(0, noise, 60))[11:]
    assert np.mean(told) < 0.5


def test_noise_is_no_progress_on_the_whole():
    told = [
        told
        for seed in range(40)
        for told in verdicts(0.5 + np.random.default_rng(seed).normal(0, 0.05, 40))[11:]
    ]
    assert np.mean(told) < 0.06


@pytest.mark.parametrize("slope", [0.01, 0.03])
def test_a_steady_rise_goes_on(slope):
    curve = slope * np.arange(30) + np.random.default_rng(1).normal(0, 0.01, 30)
    assert all(verdicts(curve))


def test_a_rise_too_small_to_wait_for():
    assert not improving(np.arange(20) * 1e-4, LEAST)


def test_what_gets_worse_does_not_improve():
    assert not improving(1 - np.arange(14) * 0.02, LEAST)


def test_a_single_outlier_is_no_progress():
    assert not improving([0.5] * 11 + [0.9], LEAST)


def test_too_few_checks_tell_nothing():
    assert all(improving([0.5] * count, LEAST) for count in range(12))
    assert not improving([0.5] * 12, LEAST)
