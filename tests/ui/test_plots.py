"""The small plots of the dock."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from sketchcell.ui.panels.progress_plot import ProgressPlot
from sketchcell.ui.panels.size_plot import SizePlot

from .conftest import live, wait_until

MOMENTS = [(100, 0.6, False), (200, 0.9, True), (300, None, False), (400, 0.8, False)]


@pytest.fixture
def chosen() -> list[int]:
    return []


@pytest.fixture
def plot(qtbot: Any, chosen: list[int]) -> ProgressPlot:
    plot = ProgressPlot(chosen.append)
    qtbot.addWidget(plot)
    plot.resize(330, 90)
    plot.show()
    plot.set_losses([1.0, 0.5, 0.2, 0.1], 400)
    plot.set_moments(MOMENTS)
    wait_until(lambda: not plot._stale)
    return plot


def place_of(plot: ProgressPlot, step: int) -> QPoint:
    box = plot.item.getViewBox()
    return box.mapViewToDevice(plot._pg.Point(step / 400, 0.5)).toPoint()


def test_losses_descend_from_the_top_to_the_bottom(plot: ProgressPlot) -> None:
    x, y = plot._loss_line.getData()
    assert list(x) == [0.25, 0.5, 0.75, 1]
    assert (y[0], y[-1]) == (1, 0)
    assert (np.diff(y) < 0).all()


def test_what_hardly_changes_is_not_shown_as_a_descent(plot: ProgressPlot) -> None:
    plot.set_losses([0.5, 0.5, 0.49, 0.49], 400)
    plot._draw()
    assert np.ptp(plot._loss_line.getData()[1]) < 0.1


def test_accuracy_is_drawn_where_it_is_known(plot: ProgressPlot) -> None:
    x, y = plot._dots.getData()
    assert list(x) == [0.25, 0.5, 1]
    assert list(y) == [0.6, 0.9, 0.8]
    assert list(plot._star.getData()[0]) == [0.5]
    assert plot.note.text() == "now 80%"
    assert plot.accessibleDescription() == "loss 0.1, accuracy 80%"


def test_however_many_there_are_few_are_drawn(plot: ProgressPlot) -> None:
    plot.set_losses(np.linspace(1, 0.1, 10_000).tolist(), 1_000)
    plot.set_moments([(step, 0.5, False) for step in range(1, 1000)])
    plot._draw()
    assert len(plot._loss_line.getData()[0]) <= 256
    assert len(plot._dots.getData()[0]) <= 256


def test_values_that_are_no_numbers_are_left_out(plot: ProgressPlot) -> None:
    plot.set_losses([float("nan"), 0.5, float("inf"), 0.1], 400)
    plot._draw()
    assert list(plot._loss_line.getData()[0]) == [0.5, 1]
    for nothing in ([], [float("nan")]):
        plot.set_losses(nothing)
        plot.set_moments([])
        plot._draw()
        assert not plot._loss_line.getData()[0].size


def test_a_click_on_a_moment_names_it(plot: ProgressPlot, chosen: list[int]) -> None:
    viewport = plot.view.viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place_of(plot, 200))
    assert chosen == [200]
    between = (place_of(plot, 200) + place_of(plot, 300)) / 2
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=between)
    assert chosen == [200]


def test_arrow_keys_go_from_moment_to_moment(plot: ProgressPlot, chosen: list[int]) -> None:
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Return):
        QTest.keyClick(plot, key)
    assert chosen == [300]
    assert plot._hair.isVisible()
    assert plot._hair.value() == 0.75
    plot.set_moments(MOMENTS[:1])  # the one that was pointed at is gone
    QTest.keyClick(plot, Qt.Key.Key_Return)
    assert chosen == [300]


def test_many_changes_are_drawn_once(plot: ProgressPlot, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[None] = []
    monkeypatch.setattr(plot, "_draw", lambda: drawn.append(None))
    for number in range(1000):
        plot.set_losses([0.1], number)
    wait_until(lambda: not plot._stale)
    live(0.2)
    assert len(drawn) == 1


def test_nothing_is_drawn_while_nobody_looks(plot: ProgressPlot, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[None] = []
    monkeypatch.setattr(plot, "_draw", lambda: drawn.append(None))
    plot.hide()
    plot.set_losses([0.1], 10)
    live(0.25)
    assert not drawn
    plot.show()
    wait_until(lambda: drawn)


def test_sizes_are_diameters_of_disks(qtbot: Any) -> None:
    plot = SizePlot()
    qtbot.addWidget(plot)
    diameters = np.array([8.0, 10, 10, 10, 12, 500])
    plot.set_areas(np.append(np.pi * (diameters / 2) ** 2, [0, np.nan, -3]), "micrometer")
    plot._draw()
    assert plot.note.text() == "median 10 µm · 6 cells"
    edges, heights = plot._bars.getData()
    assert len(edges) == len(heights) + 1
    assert heights.max() == 1
    assert heights[-1] > 0  # the giant is in the last bar, and squeezes nothing
    assert plot._median.value() > 0.25


@pytest.mark.parametrize("areas", [[], [0.0], [5.0], [7.0, 7.0], np.arange(10_000)])
def test_any_sizes_can_be_shown(qtbot: Any, areas: Any) -> None:
    plot = SizePlot()
    qtbot.addWidget(plot)
    plot.set_areas(areas)
    plot._draw()
    assert plot.accessibleDescription()
