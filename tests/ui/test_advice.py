"""What is missing of a sketch."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.draw import disk

from sketchcell.sketch import Sketch
from sketchcell.ui import advice
from sketchcell.ui.advice import advise
from sketchcell.ui.dock import SketchDock

from .conftest import live, wait_until

SHAPE = (120, 160)


def painted(*cells: tuple[int, int, int], ring: bool = True, one_id: bool = True) -> np.ndarray:
    """Return disks (row, column, radius), each with a ring of background if wanted."""
    labels = np.zeros(SHAPE, np.int32)
    for row, column, radius in cells if ring else ():
        labels[disk((row, column), radius + 4, shape=SHAPE)] = 1
    for number, (row, column, radius) in enumerate(cells):
        labels[disk((row, column), radius, shape=SHAPE)] = 2 if one_id else 2 + number
    return labels


FAR = (30, 30, 12), (30, 120, 12), (90, 60, 12)
TWO = (60, 60, 15), (60, 88, 15)


def test_nothing_painted_is_no_fault() -> None:
    assert advise(Sketch(np.zeros(SHAPE, np.int32))) == ""


def test_only_background() -> None:
    labels = np.zeros(SHAPE, np.int32)
    labels[:10] = 1
    assert advise(Sketch(labels)) == advice.NO_CELLS


def test_no_background() -> None:
    assert advise(Sketch(painted(*FAR, ring=False))) == advice.NO_BACKGROUND


def test_no_background_near_a_cell() -> None:
    labels = painted(*FAR, ring=False)
    labels[-4:] = 1
    assert advise(Sketch(labels)) == advice.NO_EDGE
    labels[30, 43:50] = 1  # beside the first cell
    labels[28:33, 42:50] = 1
    assert advise(Sketch(labels)) == ""


def test_two_that_touch_in_one_colour() -> None:
    labels = painted(*TWO, FAR[1])
    assert advise(Sketch(labels)) == advice.TOUCHING
    lines = np.zeros(SHAPE, np.bool_)
    lines[40:80, 74] = True
    assert advise(Sketch(labels, lines)) == ""
    assert advise(Sketch(painted(*TWO, FAR[1], one_id=False))) == ""


@pytest.mark.parametrize("width", [3, 5, 9])
def test_rods_and_crooked_strokes_are_single_cells(width: int) -> None:
    labels = np.zeros(SHAPE, np.int32)
    for start in range(2):
        rows = 30 + 60 * start + np.round(14 * np.sin(np.arange(100) / 30)).astype(int)
        for column, row in enumerate(rows, start=20):
            labels[row - width - 4 : row + width + 4, column - 4 : column + 4] = np.maximum(
                labels[row - width - 4 : row + width + 4, column - 4 : column + 4], 1
            )
        for column, row in enumerate(rows, start=20):
            labels[row - width : row + width, column] = 2
    assert advise(Sketch(labels)) == ""


def test_a_single_cell() -> None:
    assert advise(Sketch(painted(FAR[0]))) == advice.ONE_CELL
    assert advise(Sketch(painted(FAR[0])), elsewhere=True) == ""


def test_it_is_said_in_the_sketch_step(dock: SketchDock) -> None:
    layers = dock.workbench.start()
    usual = dock.brush_panel.help.text()
    live(0.1)
    layers.sketch.data_setitem(np.nonzero(np.ones((20, 20))), 2)
    wait_until(lambda: dock.state.advice == advice.NO_BACKGROUND)
    assert dock.brush_panel.help.text() == advice.NO_BACKGROUND
    dock.scribe.undo()
    wait_until(lambda: dock.state.advice == "")
    assert dock.brush_panel.help.text() == usual


def test_nothing_is_said_while_the_pen_is_down(dock: SketchDock, monkeypatch: pytest.MonkeyPatch) -> None:
    from qtpy.QtCore import Qt
    from qtpy.QtWidgets import QApplication

    layers = dock.workbench.start()
    held = [Qt.MouseButton.LeftButton]
    monkeypatch.setattr(QApplication, "mouseButtons", lambda: held[0])
    layers.sketch.data_setitem(np.nonzero(np.ones((20, 20))), 2)
    live(1)
    assert dock.state.advice == ""
    held[0] = Qt.MouseButton.NoButton
    wait_until(lambda: dock.state.advice)
