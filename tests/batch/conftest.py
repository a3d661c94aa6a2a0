import numpy as np
import pytest
import tifffile
from scipy import ndimage

from sketchcell.pretrained.prior import prior_model

SHAPE = (80, 96)


@pytest.fixture(scope="session")
def model():
    return prior_model("flow", 1)


def cells(seed):
    rng = np.random.default_rng(seed)
    field = ndimage.gaussian_filter(rng.normal(size=SHAPE), 5)
    image = 1000 + 8000 * (field > 0.5 * field.std()) + rng.normal(0, 300, SHAPE)
    return ndimage.gaussian_filter(image, 1).clip(0).astype(np.uint16)


@pytest.fixture(name="cells")
def _cells():
    return cells


@pytest.fixture
def folder(tmp_path):
    """Twelve images, of which the tenth is broken."""
    place = tmp_path / "in"
    place.mkdir()
    for number in range(1, 13):
        tifffile.imwrite(place / f"{number:02}.tif", cells(number))
    broken = place / "10.tif"
    broken.write_bytes(broken.read_bytes()[:-3000])
    return place
