"""LiteMedSAM's own weights, where an environment variable names their file."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from sketchcell import load_model, load_sample
from sketchcell.learning import FitSettings
from sketchcell.learning.learner import Learner
from sketchcell.pretrained.sam import import_weights, recognises

FILE = os.environ.get("SKETCHCELL_LITE_MEDSAM", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path(FILE).is_file(), reason="SKETCHCELL_LITE_MEDSAM names no file"),
]
# of the embedding of a 256 × 256 ramp from black to white, by the code that comes with the weights
RECORDED = {
    (0, 0, 0): -0.00052,
    (17, 5, 60): 0.08578,
    (100, 32, 31): -0.04971,
    (255, 63, 63): 0.08303,
    (200, 40, 2): 0.18438,
}


@pytest.fixture(scope="module")
def state():
    return torch.load(FILE, weights_only=True, map_location="cpu")


def test_the_embedding_is_that_of_its_own_code(state):
    network = import_weights(state, FILE).model.network
    ramp = torch.linspace(0, 1, 256)[None, None, None, :].expand(1, 1, 256, 256).contiguous()
    with torch.inference_mode():
        embedding = network.encoder(ramp)
    assert embedding.shape == (1, 256, 64, 64)
    for (channel, row, column), value in RECORDED.items():
        assert embedding[0, channel, row, column].item() == pytest.approx(value, abs=2e-5)


@pytest.mark.parametrize(("head", "mode"), [("cut", "frozen"), ("full", "lora")])
def test_it_learns_and_segments(state, head, mode, tmp_path):
    assert recognises(state)
    sample = load_sample("nuclei")
    torch.manual_seed(0)
    start = import_weights(state, FILE, head=head, encoder=mode).model
    image = sample.image[:256, :256]
    settings = FitSettings(family="distance", steps=12, batch=2, device="cpu", hold_out=0.0)
    learner = Learner([sample.image], [sample.sketch], settings, start)
    losses = [learner.step()[0] for _ in range(12)]
    assert np.mean(losses[-4:]) < np.mean(losses[:4])
    model = learner.best()
    labels = model.segment(image)
    assert labels.shape == image.shape
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(load_model(tmp_path / "model").segment(image), labels)
