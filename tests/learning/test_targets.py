"""Encoded targets are kept, and are never older than the sketch."""

import numpy as np
import pytest

from sketchcell.families import FAMILIES, get_family
from sketchcell.learning import targets as module
from sketchcell.learning.targets import TargetCache
from sketchcell.sketch import Sketch, simulate_sketch

FLOW = get_family("flow")


@pytest.fixture
def truth(cells):
    return cells((150, 310), radius=8)[1]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
@pytest.mark.parametrize("seed", range(3))
def test_windows_stay_those_of_a_fresh_sketch_while_it_is_painted(family, truth, seed):
    random, params = np.random.default_rng(seed), family.Params()
    sketch = simulate_sketch(truth, 0.2, seed=seed)
    cache = TargetCache(family, params)
    for _ in range(4):
        top, left = (int(random.integers(0, length - 40)) for length in sketch.shape)
        window = (
            slice(top, top + int(random.integers(1, 40))),
            slice(left, left + int(random.integers(1, 40))),
        )
        wide = slice(0, int(random.integers(1, 150))), slice(int(random.integers(0, 200)), 310)
        fresh = family.encode(Sketch(sketch.labels, sketch.boundaries), params)
        cut = cache.cut(0, sketch, wide)
        assert cut.names == fresh.names
        np.testing.assert_allclose(cut.data, fresh.data[:, *wide], atol=1e-5)
        cache.forget(0, sketch, sketch.paint(window, random.choice([0, 1]) * (truth[window] + 1)))


def test_nothing_is_encoded_twice(truth, monkeypatch):
    calls = []
    encode = type(FLOW).encode
    monkeypatch.setattr(type(FLOW), "encode", lambda *args: calls.append(1) or encode(*args))
    sketch = simulate_sketch(truth, 0.2, seed=0)
    cache = TargetCache(FLOW, FLOW.Params())
    first = cache.cut(0, sketch, sketch.window)
    count = len(calls)
    first.data[:] = 7  # the caller's own
    again = cache.cut(0, sketch, sketch.window)
    assert len(calls) == count
    assert not (again.data == 7).all()
    cache.cut(1, sketch, sketch.window)
    assert len(calls) > count


def test_memory_is_bounded(truth, monkeypatch):
    monkeypatch.setattr(module, "_MOST_BYTES", 3 * 8 * 128 * 128 * 4)
    sketch = Sketch(truth + 1)
    cache = TargetCache(FLOW, FLOW.Params())
    whole = FLOW.encode(sketch, FLOW.Params())
    for _ in range(2):
        np.testing.assert_allclose(cache.cut(0, sketch, sketch.window).data, whole.data, atol=1e-5)
        assert sum(tile.nbytes for tile in cache._tiles.values()) <= module._MOST_BYTES
