"""Layers, dimensions, docks and windows are treated badly in the middle of work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QEvent, Qt

from sketchcell.ui.dock import SketchDock
from sketchcell.ui.state import Phase, Tool

from .chaos import assert_written, no_errors
from .conftest import Mouse, learner_threads, live, wait_until


@pytest.fixture(autouse=True)
def _nothing_is_raised() -> Iterator[None]:
    with no_errors():
        yield


@pytest.fixture
def learning(sketched: SketchDock) -> SketchDock:
    """The dock while it learns, some cells found."""
    sketched.state.learn = True
    wait_until(lambda: sketched.state.model is not None, 120)
    return sketched


def _rename(dock: SketchDock) -> None:
    for layer in dock.viewer.layers:
        layer.name = f"{layer.name} of yesterday"


def _reverse(dock: SketchDock) -> None:
    dock.viewer.layers.reverse()


def _hide(dock: SketchDock) -> None:
    for layer in dock.viewer.layers:
        layer.visible = False
    live(0.1)
    for layer in dock.viewer.layers:
        layer.visible = True


def _move(dock: SketchDock) -> None:
    dock.state.image.translate = (40, -30)
    dock.state.image.scale = (0.5, 0.5)
    dock.state.image.rotate = 30


def _transpose(dock: SketchDock) -> None:
    dock.viewer.dims.transpose()
    live(0.1)
    dock.viewer.dims.transpose()


def _roll(dock: SketchDock) -> None:
    dock.viewer.dims.roll()


def _solid(dock: SketchDock) -> None:
    dock.viewer.dims.ndisplay = 3
    live(0.2)
    dock.viewer.dims.ndisplay = 2


def _more_axes(dock: SketchDock) -> None:
    stack = dock.viewer.add_image(np.zeros((3, 4, 16, 16), np.uint8), name="another")
    live(0.1)
    dock.viewer.dims.set_current_step(0, 1)
    dock.viewer.layers.remove(stack)


def _same_size(dock: SketchDock) -> None:
    dock.state.image.data = dock.state.image.data[::-1].copy()


def _other_type(dock: SketchDock) -> None:
    dock.state.image.data = dock.state.image.data.astype(np.float64) / 3


HARMLESS = [_rename, _reverse, _hide, _move, _transpose, _roll, _solid, _more_axes, _same_size, _other_type]


@pytest.mark.parametrize("mishap", HARMLESS)
def test_learning_goes_on(learning: SketchDock, mishap: Callable[[SketchDock], None]) -> None:
    layers, before = learning.state.layers, learning.state.layers.sketch.data.copy()
    learning.scribe.undo()
    learning.scribe.redo()
    mishap(learning)
    live(0.2)
    learning.scribe.undo()
    learning.scribe.redo()
    assert list(learning.state.layers) == list(layers)
    assert learning.state.learn
    steps = learning.state.step.number if learning.state.step else 0
    wait_until(lambda: learning.state.phase is Phase.LEARNING)
    wait_until(lambda: learning.state.step is not None and learning.state.step.number != steps)
    np.testing.assert_array_equal(layers.sketch.data, before)
    assert_written(learning)


@pytest.mark.parametrize("name", ["nuclei", "sketch", "boundaries", "instances"])
def test_a_layer_is_deleted_while_learning(learning: SketchDock, name: str) -> None:
    dock = learning
    before = dock.state.layers.sketch.data.copy()
    dock.viewer.layers.remove(dock.viewer.layers[name])
    live(0.2)
    assert not dock.state.learn
    assert dock.state.layers is None
    dock.scribe.undo()
    wait_until(lambda: not learner_threads())
    if name == "nuclei":
        return
    dock.workbench.start()
    np.testing.assert_array_equal(dock.state.layers.sketch.data, before)
    dock.state.learn = True
    wait_until(lambda: dock.state.phase is Phase.LEARNING)
    assert_written(dock)


def test_all_layers_are_deleted_while_learning(learning: SketchDock) -> None:
    learning.viewer.layers.clear()
    live(0.2)
    assert not learning.state.learn
    assert learning.state.image is None
    wait_until(lambda: not learner_threads())


@pytest.mark.parametrize("shape", [(100, 120), (5, 96, 96), (1, 1)])
def test_the_image_becomes_one_of_another_size(learning: SketchDock, shape: tuple[int, ...]) -> None:
    """What was painted belongs to the image before: it stays in the project."""
    dock = learning
    project, entry, before = dock.state.project, dock.state.entry, dock.state.layers.sketch.data.copy()
    dock.state.image.data = np.zeros(shape, np.float32)
    live(0.3)
    assert not dock.state.learn
    assert dock.state.layers is None
    np.testing.assert_array_equal(project.page(entry).labels, before)
    wait_until(lambda: not learner_threads())
    if min(shape) > 1:
        layers = dock.workbench.start()
        assert layers.frame.planes.shape != before.shape
        assert not layers.sketch.data.any()
        live(0.1)
        assert_written(dock)


@pytest.mark.parametrize("shape", [(100, 120), (2, 256, 256)])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_layer_of_ours_gets_another_size(learning: SketchDock, shape: tuple[int, ...], number: int) -> None:
    dock = learning
    layer = list(dock.state.layers)[number]
    before = dock.state.layers.sketch.data.copy()
    layer.data = np.ones(shape, np.uint8)
    live(0.3)
    dock.scribe.undo()
    dock.scribe.redo()
    live(0.2)
    layers = dock.state.layers or dock.workbench.start()
    np.testing.assert_array_equal(layers.sketch.data, before)
    assert_written(dock)


@pytest.mark.parametrize("kind", [np.int64, np.int8, np.bool_])
def test_the_sketch_gets_another_type(learning: SketchDock, kind: Any) -> None:
    sketch = learning.state.layers.sketch
    sketch.data = (sketch.data > 0).astype(kind)
    live(0.3)
    assert_written(learning)
    learning.scribe.undo()
    assert_written(learning)


def test_ids_out_of_range_are_told(learning: SketchDock, messages: list[str]) -> None:
    sketch = learning.state.layers.sketch
    before = sketch.data.copy()
    for bad in (70_000, -3):
        data = before.astype(np.int64)
        data[10:20, 10:20] = bad
        sketch.data = data
        live(0.3)
        assert_written(learning)
    assert messages
    assert learning.state.learn


def test_segmenting_survives_all_that(taught: SketchDock) -> None:
    for mishap in (_rename, _reverse, _move, _solid, _more_axes, _transpose):
        taught.results.segment_whole()
        mishap(taught)
        wait_until(lambda: taught.state.progress is None)
        assert_written(taught)
    taught.results.segment_whole()
    taught.state.image.data = np.zeros((80, 90), np.uint8)
    live(0.2)
    assert taught.state.progress is None
    taught.workbench.start()
    taught.results.segment_whole()
    taught.viewer.layers.clear()
    live(0.2)
    assert taught.state.progress is None


def test_a_line_is_dragged_while_its_layers_go(taught: SketchDock, mouse: Mouse) -> None:
    dock, canvas = taught, taught.viewer.window._qt_viewer.canvas.native
    none, left = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton

    def begin() -> None:
        dock.workbench.use(Tool.SPLIT)
        live(0.05)
        mouse._send(QEvent.Type.MouseMove, mouse._on_canvas((60, 60)), none, none)
        mouse._send(QEvent.Type.MouseButtonPress, mouse._on_canvas((60, 60)), left, left)
        mouse._send(QEvent.Type.MouseMove, mouse._on_canvas((70, 70)), none, left)

    def end() -> None:
        mouse._send(QEvent.Type.MouseMove, mouse._on_canvas((90, 90)), none, left)
        mouse._send(QEvent.Type.MouseButtonRelease, mouse._on_canvas((90, 90)), left, none)
        live(0.05)

    begin()
    dock.scribe.undo()
    end()
    begin()
    dock.viewer.layers.remove(dock.state.layers.instances)
    end()
    dock.workbench.start()
    begin()
    dock.state.tool = None
    end()
    begin()
    dock.viewer.dims.ndisplay = 3
    live(0.1)
    end()
    dock.viewer.dims.ndisplay = 2
    live(0.1)
    begin()
    dock.shut_down()
    end()
    assert canvas.isVisible()


def test_strokes_land_under_the_mouse_when_the_image_is_moved(dock: SketchDock, mouse: Mouse) -> None:
    layers = dock.workbench.start()
    image = dock.state.image
    image.translate, image.scale, image.rotate = (30, -20), (0.5, 2.0), 25
    dock.viewer.reset_view()
    live(0.1)
    for layer in layers:
        np.testing.assert_allclose(layer.extent.world, image.extent.world)
    image_place = np.array([80.0, 40.0])
    mouse.drag(tuple(image.data_to_world(image_place)), tuple(image.data_to_world(image_place + 3)))
    rows, columns = np.nonzero(layers.sketch.data)
    assert abs(rows.mean() - 81.5) < 1.5
    assert abs(columns.mean() - 41.5) < 1.5
    live(0.2)
    assert_written(dock)
