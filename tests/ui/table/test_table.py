"""The table beside the image: rows and cells that are selected together, and tables that keep up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDockWidget, QFileDialog, QMessageBox

from sketchcell.ui import commands
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.state import Tool
from sketchcell.ui.table import outlines
from sketchcell.ui.table.dock import TableDock
from sketchcell.ui.table.gates import Gate, Span

from ..conftest import Mouse, live, wait_until
from .conftest import AREAS, CELLS, draw, middle


def click_row(table: TableDock, row: int, keys: Any = Qt.KeyboardModifier.NoModifier) -> None:
    view = table.list_panel.view
    at = view.visualRect(view.cells.index(row, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, keys, at)
    live(0.05)


def selected(table: TableDock) -> list[int]:
    return table.table.measured.labels[table.list_panel.view.selected_rows()].tolist()


def center(table: TableDock) -> tuple[float, ...]:
    return tuple(table.viewer.scene.camera.center[-2:])


def outlined(table: TableDock) -> set[int]:
    layer = table.viewer.layers[outlines.NAME]
    cells = table._dock.state.layers.instances.data
    return set(np.unique(cells[layer.data == 1]).tolist())


def labels_listed(table: TableDock) -> list[int]:
    measured = table.table.measured
    return measured.labels[table.list_panel.view.cells.order].tolist()


def test_all_cells_are_listed(table: TableDock) -> None:
    assert dict(zip(labels_listed(table), table.table.measured.table["area"], strict=True)) == AREAS
    assert "intensity_mean" in table.table.measured.table
    panel = table.list_panel
    assert panel.planes.isHidden()
    assert panel.count.text() == "4 cells"
    share = sum(AREAS.values()) / table._dock.state.layers.instances.data.size
    assert panel.figures.text().startswith(f"4 cells · {share:.1%} covered · mean area 475 px · ")
    assert panel.figures.text().endswith("· 0 neighbours each")


def test_a_row_brings_its_cell_into_view(table: TableDock) -> None:
    click_row(table, 2)
    assert selected(table) == [5]
    assert center(table) == pytest.approx(middle(5))
    assert outlined(table) == {5}
    assert table._dock.state.layers.instances.selected_label == 5
    QTest.keyClick(table.list_panel.view, Qt.Key.Key_Down)
    assert selected(table) == [9]
    assert center(table) == pytest.approx(middle(9))
    click_row(table, 0, Qt.KeyboardModifier.ControlModifier)
    assert selected(table) == [1, 9]
    assert outlined(table) == {1, 9}


def test_a_cell_too_small_to_see_is_shown_larger(table: TableDock) -> None:
    camera = table.viewer.scene.camera
    camera.zoom = 0.5
    click_row(table, 0)
    assert camera.zoom == pytest.approx(2.4)
    camera.zoom = 7
    click_row(table, 3)
    assert camera.zoom == 7


def test_a_cell_in_the_image_selects_its_row(table: TableDock, mouse: Mouse) -> None:
    before = center(table)
    mouse.drag(middle(5))
    assert selected(table) == [5]
    assert outlined(table) == {5}
    assert center(table) == before
    mouse.keys = Qt.KeyboardModifier.ShiftModifier
    mouse.drag(middle(1))
    assert selected(table) == [1, 5]
    mouse.drag(middle(5))
    assert selected(table) == [1]
    mouse.keys = Qt.KeyboardModifier.NoModifier
    mouse.drag((90, 30))
    assert selected(table) == []
    assert not table.viewer.layers[outlines.NAME].data.any()


def test_dragging_moves_the_image_and_selects_nothing(table: TableDock, mouse: Mouse) -> None:
    mouse.drag(middle(5), (110, 110), (100, 100))
    assert selected(table) == []


def test_a_tool_paints_and_selects_nothing(table: TableDock, mouse: Mouse) -> None:
    assert table._dock.state.tool is None
    table._dock.workbench.use(Tool.OBJECT)
    mouse.drag(middle(5))
    assert selected(table) == []
    assert table._dock.state.layers.sketch.data.any()


def test_many_cells_are_outlined_in_the_background(table: TableDock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlines, "_AT_ONCE", 2)
    table.list_panel.view.selectAll()
    assert selected(table) == list(CELLS)
    wait_until(lambda: outlined(table) == set(CELLS))
    click_row(table, 0)
    assert outlined(table) == {1}


def test_sorting_and_filtering_keep_what_is_selected(table: TableDock) -> None:
    click_row(table, 1)
    header = table.list_panel.view.horizontalHeader()
    column = list(table.table.measured.table).index("area")
    at = header.sectionViewportPosition(column) + 5
    for order in ([1, 2, 5, 9], [9, 5, 2, 1]):
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=_at(at))
        assert labels_listed(table) == order
        assert selected(table) == [2]
    QTest.keyClicks(table.list_panel.filter, "area >= 200, label < 9")
    wait_until(lambda: labels_listed(table) == [5, 2])
    assert selected(table) == [2]
    assert table.list_panel.count.text() == "2 of 4 cells, 1 selected"
    QTest.keyClicks(table.list_panel.filter, ", size")
    wait_until(lambda: "no condition" in table.list_panel.note.text())
    assert labels_listed(table) == [9, 5, 2, 1]
    table.list_panel.filter.clear()
    wait_until(lambda: not table.list_panel.note.text())


def test_every_column_can_be_sorted_by(table: TableDock) -> None:
    view = table.list_panel.view
    for column in range(view.cells.columnCount()):
        view.sortByColumn(column, Qt.SortOrder.DescendingOrder)
        assert sorted(labels_listed(table)) == list(CELLS)


def _at(x: int) -> QPoint:
    return QPoint(x, 5)


def test_corrected_cells_are_measured_again(table: TableDock) -> None:
    click_row(table, 3)
    labels = table._dock.state.layers.instances.data.copy()
    labels[labels == 2] = 0
    labels[180:182, 100:110] = 12
    draw(table._dock, labels)
    assert table.table.outdated
    assert "have changed" in table.list_panel.note.text()
    wait_until(lambda: labels_listed(table) == [1, 5, 9, 12])
    assert not table.table.outdated
    assert selected(table) == [9]
    draw(table._dock, np.zeros_like(labels))
    wait_until(lambda: table.table.measured is None)
    assert "no cells yet" in table.list_panel.note.text()


def test_while_the_network_learns_the_table_stands_still(table: TableDock) -> None:
    state = table._dock.state
    with state.events.learn.blocked():
        state.learn = True
    draw(table._dock, (state.layers.instances.data == 5) * np.int32(5))
    live(0.9)
    assert table.table.outdated
    assert "stands still" in table.list_panel.note.text()
    assert labels_listed(table) == list(CELLS)
    table.list_panel.measure.click()
    wait_until(lambda: labels_listed(table) == [5])
    draw(table._dock, (state.layers.instances.data == 5) * np.int32(6))
    state.learn = False
    wait_until(lambda: labels_listed(table) == [6])


def test_a_cell_that_was_not_measured_is_told(table: TableDock, mouse: Mouse, messages: list[str]) -> None:
    table.measurer._took = 100
    labels = table._dock.state.layers.instances.data.copy()
    labels[80:90, 20:30] = 30
    draw(table._dock, labels)
    mouse.drag((85, 25))
    assert "not in the table yet" in messages[-1]
    assert selected(table) == []


def test_measuring_can_be_cancelled(table: TableDock) -> None:
    table.list_panel.measure.click()
    table.measurer.cancel()
    assert table._dock.state.measuring is None
    live(0.3)
    assert table.table.outdated
    assert labels_listed(table) == list(CELLS)


def test_no_cells_are_told(dock: SketchDock, messages: list[str]) -> None:
    table = commands.open_table(dock)
    assert "There are no cells yet" in messages[-1]
    assert table.table.measured is None
    dock.workbench.start()
    draw(dock, np.eye(dock.state.layers.frame.planes.shape[0], dtype=np.int32))
    wait_until(lambda: table.table.measured is not None)


def test_confidence_is_a_column_while_it_is_shown(table: TableDock) -> None:
    state = table._dock.state
    with state.events.by_confidence.blocked():
        state.by_confidence = True
    state.confidence = np.array([0, 0.5, 0.25, 0, 0, 1], np.float32)
    wait_until(lambda: "confidence" in table.table.measured.table)
    column = table.table.measured.table["confidence"]
    assert column[:3].tolist() == [0.5, 0.25, 1]
    assert np.isnan(column[3])


def test_saving(
    table: TableDock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, messages: list[str]
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    table.table.gate = Gate(Span("area", 150, 500))
    table.table.only_inside = True
    table.list_panel.save.click()
    wait_until(lambda: messages)
    saved = pandas.read_csv(tmp_path / "mine.csv")
    assert dict(zip(saved["label"], saved["area"], strict=True)) == AREAS
    assert saved["gate"].tolist() == [False, True, True, False]
    assert "4 cells are in" in messages[-1]
    table.table.gate = None
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.No)
    table.list_panel.save.click()
    assert "gate" in pandas.read_csv(tmp_path / "mine.csv")
    table.list_panel.save_to(tmp_path / "all.csv")
    wait_until(lambda: len(messages) == 2)
    assert "gate" not in pandas.read_csv(tmp_path / "all.csv")


def test_copying(table: TableDock, messages: list[str]) -> None:
    assert not table.list_panel.copy.isEnabled()
    table.list_panel.distance.setValue(150)
    wait_until(lambda: table.table.measured.table["neighbours"].any())
    table.list_panel.view.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    click_row(table, 0)
    click_row(table, 1, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(table.list_panel.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    wait_until(lambda: messages)
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].split("\t") == list(table.table.measured.table)
    assert [line.split("\t")[0] for line in lines[1:]] == ["9", "5"]
    ids = [line.split("\t")[lines[0].split("\t").index("neighbour_ids")] for line in lines[1:]]
    assert ids == ["5", "1 2 9"]
    assert messages == ["2 rows are in the clipboard."]


def test_neighbours_within_a_distance(table: TableDock) -> None:
    assert table.table.measured.table["neighbours"].tolist() == [0, 0, 0, 0]
    assert table.list_panel.distance.suffix() == " px"
    table.list_panel.distance.setValue(33)
    wait_until(lambda: table.table.measured.table["neighbours"].any())
    assert table.table.measured.table["neighbour_ids"].tolist() == [(2,), (1,), (), ()]
    table.list_panel.distance.setValue(0)
    wait_until(lambda: not table.table.measured.table["neighbours"].any())


def test_the_button_in_the_dock(dock: SketchDock) -> None:
    assert not dock.result_panel.measure.isEnabled()
    dock.workbench.start()
    labels = np.zeros(dock.state.layers.frame.planes.shape, np.int32)
    labels[10:20, 10:20] = 1
    draw(dock, labels)
    dock.result_panel.measure.click()
    assert dock.measurer.table.measured is None
    wait_until(lambda: dock.measurer.table.measured is not None)
    found = [widget for widget in dock.viewer.window.dock_widgets.values() if isinstance(widget, TableDock)]
    commands.measure(dock.viewer)
    assert [w for w in dock.viewer.window.dock_widgets.values() if isinstance(w, TableDock)] == found


def test_a_table_that_is_closed_leaves_nothing_behind(table: TableDock) -> None:
    dock = table._dock
    click_row(table, 0)
    table.table.gate = Gate(Span("area", 0, 150))
    assert dock.state.tint is not None
    frame = table.parentWidget()
    assert isinstance(frame, QDockWidget)
    table.viewer.window.remove_dock_widget(table)
    live(0.1)
    assert outlines.NAME not in table.viewer.layers
    assert dock.state.tint is None
    assert dock.measurer.table.measured is None
    again = commands.open_table(dock)
    wait_until(lambda: again.table.measured is not None)
    assert again is not table
