"""A trained model and an image that is larger than its tiles."""

import numpy as np
import pytest

from sketchcell.pretrained import prior_model
from sketchcell.samples import load_sample


@pytest.fixture(scope="session")
def model():
    return prior_model("flow", 1)


@pytest.fixture(scope="session")
def image():
    """Nuclei, 640 × 700 pixels."""
    nuclei = np.asarray(load_sample("nuclei").image)
    return np.ascontiguousarray(np.tile(nuclei, (3, 3))[:640, :700])
