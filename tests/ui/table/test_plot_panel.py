"""Histogram, scatter plot, gates drawn with the mouse, and colours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from sketchcell.ui.reading import Reading
from sketchcell.ui.spot import Spot
from sketchcell.ui.state import State
from sketchcell.ui.table.gate_plot import Axis
from sketchcell.ui.table.gates import Gate, Polygon, Span
from sketchcell.ui.table.measured import Measured
from sketchcell.ui.table.measurer import Measurer
from sketchcell.ui.table.plot_panel import PlotPanel
from sketchcell.ui.table.scatter import MOST_POINTS
from sketchcell.ui.table.state import TableState
from sketchcell.ui.table.tinting import Tinting, usual_limits

from ..conftest import live, wait_until
from .conftest import drag_on


class _NoResults:
    """Cells that never change."""

    class changed:  # noqa: N801
        @staticmethod
        def connect(_: Any) -> None:
            pass


def measured(count: int = 100) -> Measured:
    """Cells of the areas 0, 1, 2, …; their shapes run the other way."""
    table = pandas.DataFrame(
        {
            "label": np.arange(1, count + 1),
            "area": np.arange(count, dtype=float),
            "shape": 1 - np.arange(count) / count,
            "name": ["cell"] * count,
        }
    )
    return Measured(table, ((),), np.zeros(count, np.int32), np.zeros((count, 4), np.int32), (10, 100), None)


@pytest.fixture
def state(qapp: Any) -> State:
    state = State()
    state.spot = Spot("image", ())
    return state


@pytest.fixture
def table(state: State) -> Any:
    measurer = Measurer(state, Reading(lambda _: None), _NoResults())
    yield measurer.table
    measurer.close()


@pytest.fixture
def panel(state: State, table: TableState, qtbot: Any) -> PlotPanel:
    panel = PlotPanel(state, table)
    qtbot.addWidget(panel)
    panel.resize(420, 380)
    panel.show()
    table.measured = measured()
    wait_until(lambda: not panel.histogram._stale)
    return panel


def places(axis: Axis, *values: float) -> list[tuple[float, float]]:
    return [(axis.share(value), 0.5) for value in values]


def test_dragging_over_the_histogram_draws_a_gate(panel: PlotPanel, table: TableState) -> None:
    assert panel.across.currentText() == "area"
    assert not panel.invert.isEnabled()
    drag_on(panel.histogram, *places(panel.histogram._axis, 19.5, 30, 39.5))
    region = table.gate.region
    assert isinstance(region, Span)
    assert (region.low, region.high) == pytest.approx((19.5, 39.5), abs=0.45)
    assert np.flatnonzero(table.inside).tolist() == list(range(20, 40))
    assert panel.count.text() == "20 of 100 cells"
    _, heights = panel.histogram._bars.getData()
    assert heights.sum() > 0
    QTest.mouseClick(panel.invert, Qt.MouseButton.LeftButton)
    assert panel.count.text() == "80 of 100 cells"
    QTest.mouseClick(panel.clear, Qt.MouseButton.LeftButton)
    assert table.gate is None
    assert table.inside is None


def test_an_end_of_the_gate_can_be_taken_hold_of(panel: PlotPanel, table: TableState) -> None:
    table.gate = Gate(Span("area", 20.5, 39.5))
    live(0.3)
    drag_on(panel.histogram, *places(panel.histogram._axis, 39.5, 45, 50.5))
    assert table.gate.region.low == 20.5
    assert table.gate.region.high == pytest.approx(50.5, abs=0.45)


def test_a_click_on_the_histogram_leaves_the_gate(panel: PlotPanel, table: TableState) -> None:
    gate = table.gate = Gate(Span("area", 20, 40))
    live(0.3)
    drag_on(panel.histogram, *places(panel.histogram._axis, 70))
    assert table.gate is gate


def test_a_box_in_the_scatter_plot(panel: PlotPanel, table: TableState) -> None:
    panel.up.setCurrentText("shape")
    live(0.3)
    scatter = panel.scatter
    assert scatter.isVisible()
    across, up = scatter._across.share, scatter._up.share
    drag_on(scatter, (across(-1), up(1.01)), (across(10), up(0.9)), (across(30.5), up(0.795)))
    assert isinstance(table.gate.region, Polygon)
    assert np.flatnonzero(table.inside).tolist() == list(range(21))
    x, _ = scatter._chosen.getData()
    assert len(x) == 21
    panel.up.setCurrentIndex(0)
    live(0.3)
    assert not panel.histogram._region.isVisible()
    assert table.gate is not None


def test_a_lasso_in_the_scatter_plot(panel: PlotPanel, table: TableState) -> None:
    panel.up.setCurrentText("shape")
    live(0.3)
    QTest.mouseClick(panel.lasso, Qt.MouseButton.LeftButton)
    across, up = panel.scatter._across.share, panel.scatter._up.share
    triangle = [(-1, 1.01), (45, 1.01), (-1, 0.55)]
    drag_on(panel.scatter, *((across(x), up(y)) for x, y in triangle))
    # cells lie on a line from (0, 1) to (99, 0.01), which leaves the triangle at 22
    inside = np.flatnonzero(table.inside)
    assert inside.tolist() == list(range(inside.size))
    assert inside.size in (21, 22, 23)
    assert len(table.gate.region.corners) >= 3


def test_a_click_on_a_point_selects_its_cell(panel: PlotPanel, table: TableState) -> None:
    panel.up.setCurrentText("shape")
    live(0.3)
    scatter = panel.scatter
    at = scatter._across.share(60), scatter._up.share(0.4)
    drag_on(scatter, at)
    assert table.picked.tolist() == [60]
    x, _ = scatter._rings.getData()
    assert x == pytest.approx([at[0]])
    drag_on(scatter, (0.1, 0.1))
    assert table.picked.tolist() == [60]


def test_many_cells_are_drawn_as_a_picture(panel: PlotPanel, table: TableState) -> None:
    panel.up.setCurrentText("shape")
    table.measured = measured(MOST_POINTS + 1)
    live(0.4)
    assert panel.scatter._others.getData()[0].size == 0
    picture = panel.scatter._picture.image
    assert (picture[..., 3] > 0).any()
    table.measured = measured(50)
    live(0.4)
    assert panel.scatter._picture.image is None


def test_a_gate_on_a_column_that_is_gone_goes(panel: PlotPanel, table: TableState) -> None:
    table.gate = Gate(Span("shape", 0, 0.5))
    other = measured(10)
    table.measured = Measured(
        other.table.drop(columns="shape"), other.planes, other.where, other.boxes, other.shape, None
    )
    assert table.gate is None
    assert [panel.across.itemText(i) for i in range(panel.across.count())] == ["area"]


def test_without_cells(panel: PlotPanel, table: TableState) -> None:
    table.measured = measured(0)
    live(0.3)
    assert panel.histogram.note.text() == "no cells yet"
    drag_on(panel.histogram, (0.2, 0.5), (0.6, 0.5))
    assert table.gate is None


@pytest.mark.parametrize("low", [-3.0, 0.0, 1e6])
@pytest.mark.parametrize("width", [0.0, 1e-3, 1.0, 7e8])
def test_ticks_are_round_and_on_the_axis(low: float, width: float) -> None:
    axis = Axis.of(np.array([low, low + width]))
    ticks = axis.ticks()
    assert 2 <= len(ticks) <= 6
    assert all(0 <= place <= 1 for place, _ in ticks)
    assert axis.value(axis.share(low)) == pytest.approx(low)


def test_colours_by_a_column(panel: PlotPanel, table: TableState, state: State) -> None:
    tinting = Tinting(state, table)
    assert state.tint is None
    panel.color_by.setCurrentText("area")
    assert state.tint.values[1:].tolist() == list(range(100))
    assert np.isnan(state.tint.values[0])
    assert (state.tint.low, state.tint.high) == pytest.approx(usual_limits(np.arange(100.0)))
    assert not state.tint.pale.any()
    panel.bar.low.setText("10")
    panel.bar.high.setText("20")
    QTest.keyClick(panel.bar.high, Qt.Key.Key_Return)
    assert (state.tint.low, state.tint.high) == (10, 20)
    panel.bar.low.setText("30")
    QTest.keyClick(panel.bar.low, Qt.Key.Key_Return)
    assert (panel.bar.low.text(), table.limits) == ("10", (10, 20))
    QTest.mouseClick(panel.bar.fit, Qt.MouseButton.LeftButton)
    assert table.limits is None
    state.by_confidence = True
    assert state.tint is None
    assert panel.color_by.currentText() == "its number"
    panel.color_by.setCurrentText("shape")
    assert not state.by_confidence
    tinting.close()
    assert state.tint is None


def test_cells_outside_the_gate_are_pale(panel: PlotPanel, table: TableState, state: State) -> None:
    tinting = Tinting(state, table)
    table.gate = Gate(Span("area", 0, 49))
    assert np.flatnonzero(state.tint.pale).tolist() == list(range(51, 101))
    QTest.mouseClick(panel.dim, Qt.MouseButton.LeftButton, pos=_edge(panel))
    assert state.tint is None
    tinting.close()


def _edge(panel: PlotPanel) -> QPoint:
    return QPoint(8, panel.dim.height() // 2)
