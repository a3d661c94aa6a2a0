"""Choosing an image, making its layers, tools and keys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from sketchcell.ui.dock import SketchDock
from sketchcell.ui.keys import TOOL_KEYS
from sketchcell.ui.layers import brush_size, planes_of
from sketchcell.ui.sample_data import nuclei
from sketchcell.ui.state import Tool

from .conftest import Mouse


def test_one_button_makes_everything_ready(dock: SketchDock, mouse: Mouse) -> None:
    QTest.mouseClick(dock.image_panel.start, Qt.MouseButton.LeftButton)
    layers = dock.state.layers
    assert [layer.name for layer in dock.viewer.layers] == ["nuclei", "instances", "sketch", "boundaries"]
    assert dock.viewer.layers.selection.active is layers.sketch
    assert layers.sketch.mode == "paint"
    assert dock.state.tool is Tool.OBJECT
    mouse.drag((60, 60), (60, 70))
    assert set(np.unique(layers.sketch.data)) == {0, 2}


def test_colours_of_background_and_objects_differ(dock: SketchDock) -> None:
    sketch = dock.workbench.start().sketch
    colors = [tuple(np.round(sketch.get_color(label), 3)) for label in (1, 2, 3, 4)]
    assert len(set(colors)) == 4


def test_keys_switch_tools(dock: SketchDock) -> None:
    layers = dock.workbench.start()
    canvas = dock.viewer.window._qt_viewer.canvas.native
    seen = {}
    for key, tool in TOOL_KEYS.items():
        QTest.keyClick(canvas, getattr(Qt.Key, f"Key_{key}"))
        seen[tool] = (dock.viewer.layers.selection.active.name, dock.state.tool)
        if tool not in (Tool.NEXT_OBJECT, Tool.REGION):
            assert dock.brush_panel.buttons[tool].isChecked()
    assert seen == {
        Tool.BACKGROUND: ("sketch", Tool.BACKGROUND),
        Tool.OBJECT: ("sketch", Tool.OBJECT),
        Tool.ERASER: ("sketch", Tool.ERASER),
        Tool.NEXT_OBJECT: ("sketch", Tool.OBJECT),
        Tool.BOUNDARY: ("boundaries", Tool.BOUNDARY),
        Tool.SPLIT: ("instances", Tool.SPLIT),
        Tool.MERGE: ("instances", Tool.MERGE),
        Tool.REDRAW: ("instances", Tool.REDRAW),
        Tool.REGION: ("instances", Tool.REGION),
    }
    assert layers.sketch.selected_label == 3  # the next cell has the next number


def test_a_key_hides_what_is_painted_and_found(dock: SketchDock) -> None:
    layers = dock.workbench.start()
    canvas = dock.viewer.window._qt_viewer.canvas.native
    QTest.keyClick(canvas, Qt.Key.Key_H)
    assert not any(layer.visible for layer in layers)
    QTest.keyClick(canvas, Qt.Key.Key_H)
    assert all(layer.visible for layer in layers)


def test_every_key_is_named_in_the_panel(dock: SketchDock) -> None:
    for key, tool in TOOL_KEYS.items():
        if tool is not Tool.REGION:
            assert dock.brush_panel.buttons[tool].text().endswith(f"\n{key}")


def test_closing_the_dock_gives_the_keys_back(dock: SketchDock) -> None:
    dock.shut_down()
    assert not {str(key) for key in dock.viewer.keymap} & set(TOOL_KEYS)


def test_strokes_that_are_there_are_taken_over(make_napari_viewer: Any) -> None:
    viewer = make_napari_viewer()
    for data, options, kind in nuclei():
        getattr(viewer, f"add_{kind}")(data, **options)
    dock = SketchDock(viewer)
    layers = dock.workbench.start()
    assert layers.sketch is viewer.layers["sketch"]
    assert (layers.sketch.data == 1).any()
    assert len(viewer.layers) == 4
    dock.shut_down()


def test_a_reopened_dock_finds_the_sketch(make_napari_viewer: Any) -> None:
    viewer = make_napari_viewer()
    viewer.add_image(np.random.default_rng(0).random((40, 50)), name="image")
    first = SketchDock(viewer)
    layers = first.workbench.start()
    first.shut_down()
    second = SketchDock(viewer)
    assert second.state.layers.sketch is layers.sketch
    second.shut_down()


def test_the_sketch_lies_where_the_image_lies(make_napari_viewer: Any) -> None:
    viewer = make_napari_viewer()
    viewer.add_image(np.random.default_rng(0).random((40, 50)), scale=(0.5, 0.5), translate=(3, 4))
    dock = SketchDock(viewer)
    for layer in dock.workbench.start():
        assert tuple(layer.scale) == (0.5, 0.5)
        assert tuple(layer.translate) == (3, 4)
    dock.shut_down()


def test_without_an_image(make_napari_viewer: Any, messages: list[str]) -> None:
    dock = SketchDock(make_napari_viewer())
    assert not dock.image_panel.start.isEnabled()
    dock.learn_panel.switch.click()
    assert "no image yet" in messages[0]
    assert not dock.learn_panel.switch.isChecked()
    dock.shut_down()


def test_channels_and_multiscale(make_napari_viewer: Any) -> None:
    viewer = make_napari_viewer()
    random = np.random.default_rng(0)
    assert planes_of(viewer.add_image(random.random((3, 40, 50)))).shape == (40, 50)
    assert planes_of(viewer.add_image(random.random((40, 50, 3)), rgb=True)).shape == (40, 50)
    pyramid = [random.random((400, 500)), random.random((200, 250))]
    assert planes_of(viewer.add_image(pyramid, multiscale=True)).shape == (400, 500)


@pytest.mark.parametrize(("side", "low", "high"), [(20, 1, 4), (512, 5, 9), (10_000, 20, 30)])
def test_brush_sizes(side: int, low: int, high: int) -> None:
    assert low <= brush_size((side, side)) <= high
