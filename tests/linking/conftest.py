import numpy as np
import pytest


@pytest.fixture
def scramble():
    """Give the objects of each plane new ids that have nothing to do with those of other planes."""
    random = np.random.default_rng(0)

    def scrambled(planes):
        result = []
        for plane in planes:
            ids, places = np.unique(plane, return_inverse=True)
            new = random.permutation(np.arange(3, 3 + 7 * ids.size, 7))
            new[ids == 0] = 0
            result.append(new[places].reshape(plane.shape).astype(np.int32))
        return np.stack(result)

    return scrambled
