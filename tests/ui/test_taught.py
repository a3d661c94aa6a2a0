"""What the network is taught, as layers: right, kept up with the strokes, and out of the way."""

from __future__ import annotations

import numpy as np
import pytest

from sketchcell.families import FAMILIES
from sketchcell.sketch import Sketch
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.pictures import picture
from sketchcell.ui.view import visible

from .conftest import Mouse, learner_threads, live, wait_until


def taught_layers(dock: SketchDock) -> dict[str, np.ndarray]:
    return {
        layer.name.removeprefix("taught: "): layer.data
        for layer in dock.viewer.layers
        if layer.name.startswith("taught: ")
    }


def target_of(dock: SketchDock) -> dict[str, np.ndarray]:
    layers, state = dock.state.layers, dock.state
    sketch = Sketch(layers.sketch.data, layers.boundaries.data)
    target = FAMILIES[state.family].encode(sketch, state.params)
    return {name: target[name] for name in target.names}


def shows(dock: SketchDock, name: str) -> bool:
    """Tell whether a plane is right where one looks."""
    window = visible(dock.state.layers.sketch)
    shown = taught_layers(dock).get(name)
    return shown is not None and bool((np.nan_to_num(shown[window]) == target_of(dock)[name][window]).all())


@pytest.mark.parametrize("family", ["flow", list(FAMILIES)[-1]])
def test_targets_and_weights_are_shown_and_follow_strokes(
    sketched: SketchDock, mouse: Mouse, family: str
) -> None:
    sketched.state.family = family
    active = sketched.viewer.layers.selection.active
    sketched.result_panel.taught.click()
    names = set(target_of(sketched))
    wait_until(lambda: set(taught_layers(sketched)) == names)
    weights = [name for name in sorted(names) if name.endswith("_weight")]
    wait_until(lambda: all(shows(sketched, name) for name in weights))
    wait_until(lambda: not sketched.taught._maps._waiting)
    for name, plane in target_of(sketched).items():
        shown = taught_layers(sketched)[name]
        known = ~np.isnan(shown)
        assert known.sum() < known.size / 2  # nothing is drawn where nothing is known
        np.testing.assert_allclose(shown[known], plane[known], rtol=1e-5)
    assert sketched.viewer.layers.selection.active is active
    assert sum(layer.visible for layer in sketched.viewer.layers if "taught" in layer.name) == 1

    before = target_of(sketched)
    mouse.drag((60, 60), (60, 90))
    after = target_of(sketched)
    assert any((after[name] != before[name]).any() for name in weights)
    wait_until(lambda: all(shows(sketched, name) for name in weights))

    sketched.result_panel.taught.click()
    assert not any(layer.visible for layer in sketched.viewer.layers if "taught" in layer.name)
    wait_until(lambda: not learner_threads())
    last = {name: plane.copy() for name, plane in taught_layers(sketched).items()}
    mouse.drag((80, 60), (80, 90))
    live(0.2)
    for name, plane in taught_layers(sketched).items():
        np.testing.assert_array_equal(plane, last[name])


def test_another_family_teaches_something_else(sketched: SketchDock) -> None:
    sketched.state.taught = True
    wait_until(lambda: len(taught_layers(sketched)) == len(target_of(sketched)))
    sketched.state.family = next(name for name in FAMILIES if name != "flow")
    names = set(target_of(sketched))
    visible = {"taught: " + name for name in names}
    wait_until(lambda: set(sketched.taught._maps._layers) == names)
    assert {
        layer.name for layer in sketched.viewer.layers if layer.visible and "taught" in layer.name
    } < visible


def test_without_a_sketch_nothing_is_taught(dock: SketchDock) -> None:
    dock.state.taught = True
    live(0.1)
    assert learner_threads() == []
    dock.workbench.start()
    wait_until(lambda: taught_layers(dock))  # it begins with the sketch


def test_limits_and_colours_suit_the_values() -> None:
    plane = np.zeros((4, 4), np.float32)
    plane[0, 0] = 0.7
    assert (picture(plane).signed, picture(plane).reach) == (False, 1)
    plane[0, 0] = 13
    assert picture(plane).reach == 20
    plane[1, 1] = -3
    assert picture(plane).signed
    nothing = picture(plane, np.zeros((4, 4), bool))
    assert (nothing.low, nothing.high, nothing.reach) == (0, 0, 1)
    plane[:] = np.inf
    assert picture(plane).reach == 1
