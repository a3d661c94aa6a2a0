"""The table of a stack, and the colours of its cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from sketchcell.ui.cell_colors import MOST_COLORS
from sketchcell.ui.commands import open_table
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.table.dock import TableDock
from sketchcell.ui.table.gates import Gate, Span

from ..conftest import live, wait_until


@pytest.fixture
def table(make_napari_viewer: Any) -> Iterator[TableDock]:
    viewer = make_napari_viewer(show=True)
    image = np.random.default_rng(0).random((3, 40, 50))
    viewer.add_image(
        image, name="stack", scale=(2, 0.5, 0.5), units=("um", "um", "um"), axis_labels=("z", "y", "x")
    )
    dock = SketchDock(viewer)
    dock.state.start = "random"
    viewer.window.add_dock_widget(dock, name="Sketch & Train", area="right")
    layers = dock.workbench.start()
    layers.instances.data[0, 5:15, 5:15] = 3
    layers.instances.data[2, 20:30, 30:35] = 4
    layers.instances.data[2, 0:10, 0:10] = 3
    viewer.dims.set_current_step(0, 0)
    table = open_table(dock)
    wait_until(lambda: table.table.measured is not None)
    yield table
    dock.shut_down()


def planes_and_labels(table: TableDock) -> list[tuple[int, int]]:
    measured = table.table.measured.table
    return list(zip(measured["plane"].tolist(), measured["label"].tolist(), strict=True))


def test_planes(table: TableDock) -> None:
    panel, viewer = table.list_panel, table.viewer
    assert planes_and_labels(table) == [(0, 3)]
    assert table.table.measured.table["area_um2"].tolist() == [25]
    viewer.dims.set_current_step(0, 2)
    wait_until(lambda: planes_and_labels(table) == [(2, 3), (2, 4)])
    assert not panel.planes.isHidden()
    assert panel.figures.text() == (
        "2 cells · 7.5% covered · mean area 18.75 µm² · 4,000 cells/mm² · 0 neighbours each"
    )
    panel.planes.setCurrentIndex(1)
    wait_until(lambda: planes_and_labels(table) == [(0, 3), (2, 3), (2, 4)])
    panel.view.selectRow(0)
    assert viewer.dims.current_step[0] == 0
    assert tuple(viewer.scene.camera.center[-2:]) == pytest.approx((4.75, 4.75))
    outlines = viewer.layers["selected cells"].data
    assert np.argwhere(outlines == 1).min(axis=0).tolist() == [5, 5]
    viewer.dims.set_current_step(0, 2)
    assert not outlines.any()
    panel.view.selectRow(2)
    assert outlines.any()
    viewer.dims.set_current_step(0, 0)
    assert not outlines.any()
    assert table.table.picked.tolist() == [2]
    live(0.8)
    assert len(planes_and_labels(table)) == 3


def test_colours_follow_the_plane(table: TableDock) -> None:
    state, instances = table._dock.state, table._dock.state.layers.instances
    table.list_panel.planes.setCurrentIndex(1)
    wait_until(lambda: len(planes_and_labels(table)) == 3)
    usual = instances.get_color(3)
    table.table.gate = Gate(Span("area", 60, 200))
    assert instances.get_color(3) == pytest.approx(usual)
    table.viewer.dims.set_current_step(0, 2)
    assert instances.get_color(3) == pytest.approx(usual)
    assert instances.get_color(4)[3] < 0.2
    table.table.color_by = "area"
    first, last = state.tint.low, state.tint.high
    assert first < last
    assert instances.get_color(3)[:3] == pytest.approx((0.993, 0.906, 0.144), abs=0.02)
    assert instances.features["area"].tolist()[1:] == [100, 50]
    table.table.color_by = ""
    table.table.gate = None
    assert instances.get_color(4)[3] == 1


def test_very_many_cells_can_be_coloured(table: TableDock) -> None:
    instances = table._dock.state.layers.instances
    instances.data[0, 30, 30] = MOST_COLORS + 10
    table.list_panel.measure.click()
    wait_until(lambda: len(planes_and_labels(table)) == 2)
    table.table.color_by = "area"
    live(0.2)
    assert len(instances.colormap.colors) == MOST_COLORS
    assert not table.plot_panel.shared.isHidden()
