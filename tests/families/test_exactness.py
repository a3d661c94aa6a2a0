"""How exact maps are: those of truths are, those of networks are not."""

import numpy as np
import pytest

from sketchcell.families.exactness import exactness_of_lengths, exactness_of_probabilities


def test_lengths_of_one_are_exact():
    assert exactness_of_lengths(np.ones(100)) == 1
    assert exactness_of_lengths(np.r_[np.ones(60), np.linspace(0, 0.9, 40)]) == 1


def test_blurred_lengths_are_learned():
    random = np.random.default_rng(0)
    assert exactness_of_lengths(random.normal(1, 0.4, 2000)) == 0
    assert exactness_of_lengths(random.uniform(0, 0.9, 2000)) == 0


def test_probabilities_of_one_are_exact():
    assert exactness_of_probabilities(np.ones(10)) == 1
    assert exactness_of_probabilities(np.full(10, 0.9)) == 0
    assert exactness_of_probabilities(np.r_[np.ones(35), np.full(65, 0.9)]) == pytest.approx(0.5)


def test_without_cells_there_is_nothing_to_doubt():
    assert exactness_of_lengths(np.zeros(0)) == exactness_of_probabilities(np.zeros(0)) == 1
