"""Corrections with keys and lines over cells, in a real window."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QEvent, Qt
from qtpy.QtTest import QTest

from sketchcell.sketch import Sketch
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.state import Tool

from .conftest import Mouse, live, settle, wait_until


@pytest.fixture
def shown(dock: SketchDock, sample: Any) -> SketchDock:
    """The dock with the cells of the ground truth shown, and nothing painted."""
    dock.workbench.start()
    spot = dock.state.spot
    assert spot is not None
    height, width = sample.truth.shape
    dock.results.corrected(spot, sample.truth.astype(np.int32), (slice(0, height), slice(0, width)))
    settle(dock.viewer)
    return dock


def middle(sample: Any, cell: int) -> tuple[int, int]:
    rows, columns = np.nonzero(sample.truth == cell)
    at = len(rows) // 2
    return int(rows[at]), int(columns[at])


def press(dock: SketchDock, key: Any, modifier: Any = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(dock.viewer.window._qt_viewer.canvas.native, key, modifier)
    live(0.01)


def point(dock: SketchDock, place: tuple[int, int]) -> None:
    mouse = Mouse(dock.viewer)
    none = Qt.MouseButton.NoButton
    mouse._send(QEvent.Type.MouseMove, mouse._on_canvas(place), none, none)


def annotation(dock: SketchDock) -> Sketch:
    layers = dock.state.layers
    return Sketch(layers.sketch.data, layers.boundaries.data)


def test_accepting_a_cell_makes_its_outline_exact(shown: SketchDock, sample: Any) -> None:
    point(shown, middle(sample, 5))
    press(shown, Qt.Key.Key_A)
    sketch, cell = annotation(shown), sample.truth == 5
    assert (sketch.labels[cell] >= 2).all()
    assert sketch.distances.valid[cell].all()
    assert not (sketch.labels[~cell] >= 2).any()
    press(shown, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not annotation(shown).labels.any()


def test_rejecting_a_cell_makes_it_background_and_undo_brings_it_back(shown: SketchDock, sample: Any) -> None:
    cell, instances = sample.truth == 5, shown.state.layers.instances
    point(shown, middle(sample, 5))
    press(shown, Qt.Key.Key_X)
    assert (annotation(shown).labels[cell] == 1).all()
    assert not instances.data[cell].any()
    press(shown, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    np.testing.assert_array_equal(instances.data, sample.truth)
    press(shown, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert not instances.data[cell].any()


def test_accepting_all_in_view(shown: SketchDock, sample: Any) -> None:
    press(shown, Qt.Key.Key_A, Qt.KeyboardModifier.ShiftModifier)
    labels = annotation(shown).labels
    assert (labels[sample.truth > 0] >= 2).mean() > 0.75  # those that the view cuts are left
    shown.brush_panel.undo.click()
    assert not annotation(shown).labels.any()


def test_a_line_splits_a_cell(shown: SketchDock, sample: Any) -> None:
    rows, columns = np.nonzero(sample.truth == 5)
    column = int(columns.mean())
    press(shown, Qt.Key.Key_S)
    assert shown.state.tool is Tool.SPLIT
    Mouse(shown.viewer).drag((rows.min() - 3, column), (rows.mean(), column), (rows.max() + 3, column))
    instances = shown.state.layers.instances.data
    assert len(np.unique(instances[sample.truth == 5])) == 2
    assert annotation(shown).boundaries.any()
    assert shown.state.tool is Tool.SPLIT  # for the next one
    shown.scribe.undo()
    np.testing.assert_array_equal(instances, sample.truth)


def test_a_line_reaches_to_where_the_button_is_let_go(shown: SketchDock, sample: Any) -> None:
    rows, columns = np.nonzero(sample.truth == 5)
    start, halfway, end = ((row, columns.mean()) for row in (rows.min() - 3, rows.mean(), rows.max() + 3))
    shown.workbench.use(Tool.SPLIT)
    mouse = Mouse(shown.viewer)
    none, left = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton
    mouse._send(QEvent.Type.MouseMove, mouse._on_canvas(start), none, none)
    mouse._send(QEvent.Type.MouseButtonPress, mouse._on_canvas(start), left, left)
    mouse._send(QEvent.Type.MouseMove, mouse._on_canvas(halfway), none, left)
    mouse._send(QEvent.Type.MouseButtonRelease, mouse._on_canvas(end), left, none)
    assert len(np.unique(shown.state.layers.instances.data[sample.truth == 5])) == 2


def test_a_line_merges_what_was_split(shown: SketchDock, sample: Any) -> None:
    rows, columns = np.nonzero(sample.truth == 5)
    shown.workbench.use(Tool.SPLIT)
    Mouse(shown.viewer).drag((rows.min() - 3, columns.mean()), (rows.max() + 3, columns.mean()))
    shown.workbench.use(Tool.MERGE)
    Mouse(shown.viewer).drag((rows.mean(), columns.min() + 2), (rows.mean(), columns.max() - 2))
    assert len(np.unique(shown.state.layers.instances.data[sample.truth == 5])) == 1


def test_an_outline_draws_a_cell_anew(shown: SketchDock, sample: Any) -> None:
    row, column = middle(sample, 5)
    circle = [(row + 9 * np.sin(angle), column + 9 * np.cos(angle)) for angle in np.linspace(0, 6.2, 24)]
    shown.workbench.use(Tool.REDRAW)
    Mouse(shown.viewer).drag(*circle, pause=0.05)
    label = shown.state.layers.instances.data[row, column]
    assert label > 0
    drawn = shown.state.layers.instances.data == label
    assert abs(int(drawn.sum()) - np.pi * 81) < 60
    assert annotation(shown).distances.valid[drawn].all()


def test_a_gesture_with_nothing_under_it_says_so(
    shown: SketchDock, sample: Any, messages: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sketchcell.ui.corrections.inform", messages.append)
    room = np.argwhere(sample.truth == 0)
    point(shown, tuple(room[len(room) // 2]))
    press(shown, Qt.Key.Key_A)
    assert "no cell under the mouse" in messages[-1]
    shown.workbench.use(Tool.MERGE)
    Mouse(shown.viewer).drag((1, 1), (2, 2))
    assert "fewer than two cells" in messages[-1]
    assert not annotation(shown).labels.any()


def test_a_correction_line_does_not_move_the_image(shown: SketchDock) -> None:
    before = shown.viewer.scene.camera.center
    shown.workbench.use(Tool.SPLIT)
    Mouse(shown.viewer).drag((20, 20), (60, 60))
    assert shown.viewer.scene.camera.center == before
    shown.workbench.put_away()
    assert shown.state.layers.instances.mouse_pan


def test_a_box_confines_learning(shown: SketchDock) -> None:
    shown.learn_panel.region.click()
    assert shown.state.tool is Tool.REGION
    Mouse(shown.viewer).drag((20, 30), (80, 90))
    rows, columns = shown.state.region
    assert (abs(rows.start - 20), abs(rows.stop - 81)) <= (2, 2)
    assert (abs(columns.start - 30), abs(columns.stop - 91)) <= (2, 2)
    assert "box" in [layer.name for layer in shown.viewer.layers]
    shown.learn_panel.region.click()
    assert shown.state.region is None
    assert "box" not in [layer.name for layer in shown.viewer.layers]


def test_double_click_on_a_stroke_closes_its_outline(shown: SketchDock, sample: Any) -> None:
    row, column = middle(sample, 5)
    shown.workbench.use(Tool.OBJECT)
    mouse = Mouse(shown.viewer)
    mouse.drag((row, column - 3), (row, column + 3))
    at = mouse._on_canvas((row, column))
    left = Qt.MouseButton.LeftButton
    mouse._send(QEvent.Type.MouseButtonDblClick, at, left, left)
    mouse._send(QEvent.Type.MouseButtonRelease, at, left, Qt.MouseButton.NoButton)
    sketch = annotation(shown)
    assert sketch.boundaries.any()
    assert sketch.distances.valid[sketch.labels >= 2].all()


def test_corrections_reach_the_running_training(shown: SketchDock, sample: Any) -> None:
    point(shown, middle(sample, 5))
    press(shown, Qt.Key.Key_A)
    shown.state.learn = True
    wait_until(lambda: shown.state.step is not None and shown.state.step.number > 1, 60)
    glance = shown.teacher._glance
    point(shown, middle(sample, 9))
    press(shown, Qt.Key.Key_X)
    step = shown.state.step.number
    wait_until(lambda: not glance.paint and shown.state.step.number > step + 1, 60)
    shown.state.learn = False


def test_what_strokes_teach_is_shown(shown: SketchDock, sample: Any) -> None:
    point(shown, middle(sample, 5))
    press(shown, Qt.Key.Key_A)
    shown.result_panel.known.click()
    wait_until(lambda: "what strokes teach" in shown.viewer.layers)
    overlay = shown.viewer.layers["what strokes teach"]
    wait_until(lambda: (overlay.data[sample.truth == 5] == 1).all())
    shown.workbench.use(Tool.OBJECT)
    row, column = middle(sample, 9)
    Mouse(shown.viewer).drag((row, column - 2), (row, column + 2))
    wait_until(lambda: (overlay.data == 2).any())  # a stroke inside only bounds the distance
    shown.result_panel.known.click()
    assert not overlay.visible
