"""A window with cells drawn by hand, and the table of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication

from sketchcell.ui.commands import open_table
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.frame import whole
from sketchcell.ui.table.dock import TableDock

from ..conftest import live, settle, wait_until

#: Top, left, height and width of each cell, by its label.
CELLS = {1: (20, 20, 10, 10), 2: (40, 60, 20, 10), 5: (120, 120, 20, 20), 9: (200, 180, 30, 40)}
AREAS = {label: height * width for label, (_, _, height, width) in CELLS.items()}


def drawn(shape: tuple[int, int]) -> NDArray[np.int32]:
    labels = np.zeros(shape, np.int32)
    for label, (top, left, height, width) in CELLS.items():
        labels[top : top + height, left : left + width] = label
    return labels


def middle(label: int) -> tuple[float, float]:
    top, left, height, width = CELLS[label]
    return top + (height - 1) / 2, left + (width - 1) / 2


def draw(dock: SketchDock, labels: NDArray[np.int32]) -> None:
    dock.results.corrected(dock.state.spot, labels, whole(labels.shape))


def drag_on(plot: Any, *places: tuple[float, float]) -> None:
    """Drag over a plot, along places from 0 to 1 on its axes; a single one is a click."""
    viewport, box = plot.view.viewport(), plot.item.getViewBox()
    points = [box.mapViewToDevice(plot._pg.Point(*place)) for place in places]
    none, left = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton
    press, move, release = (
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.MouseButtonRelease,
    )
    steps = [(press, points[0], left, left)]
    steps += [(move, point, none, left) for point in points[1:]]
    for kind, at, button, held in [*steps, (release, points[-1], left, none)]:
        there = QPointF(viewport.mapToGlobal(QPoint(round(at.x()), round(at.y()))))
        event = QMouseEvent(kind, QPointF(at), there, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(viewport, event)
        QApplication.processEvents()
    live(0.3)


@pytest.fixture
def table(dock: SketchDock) -> TableDock:
    """The table of the cells above, at rest."""
    dock.workbench.start()
    draw(dock, drawn(dock.state.layers.frame.planes.shape))
    table = open_table(dock)
    wait_until(lambda: table.table.measured is not None)
    settle(dock.viewer)
    return table
