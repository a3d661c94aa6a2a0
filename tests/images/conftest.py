import numpy as np
import pytest


@pytest.fixture
def plane():
    return np.random.default_rng(0).integers(0, 60000, (40, 50), dtype=np.uint16)
