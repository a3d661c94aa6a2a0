"""The tour: it goes on by itself, blocks nothing and ends when one likes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from napari.utils.theme import get_theme
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QMainWindow, QPushButton, QVBoxLayout, QWidget

from sketchcell.ui.commands import start_tour
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.settings import Settings
from sketchcell.ui.state import Tool
from sketchcell.ui.tour import Tour, TourStep

from .conftest import Mouse, live, wait_until


class Stage:
    """A window with two buttons and a tour from one to the other."""

    def __init__(self) -> None:
        self.window = QMainWindow()
        middle = QWidget()
        box = QVBoxLayout(middle)
        self.first, self.second = QPushButton("first"), QPushButton("second")
        box.addWidget(self.first)
        box.addStretch(1)
        box.addWidget(self.second)
        self.window.setCentralWidget(middle)
        self.window.resize(800, 600)
        self.done = 0
        self.count = 3.0
        steps = (
            TourStep("One", "Words.", "Do it.", lambda: self.first, lambda: self.count),
            TourStep("Two", "Words.", "Look.", lambda: self.second),
            TourStep("Three", "Words."),
        )
        self.tour = Tour(self.window, steps, self.finish, get_theme("dark"))

    def finish(self) -> None:
        self.done += 1


@pytest.fixture
def stage(qtbot: Any) -> Stage:
    stage = Stage()
    qtbot.addWidget(stage.window)
    stage.window.show()
    stage.tour.start()
    return stage


def test_a_step_that_is_done_goes_on_by_itself(stage: Stage) -> None:
    live(0.3)
    assert stage.tour.number == 0  # that something was done before does not count
    stage.count += 1
    wait_until(lambda: stage.tour.callout.task.text() == "✓ Do it.")
    assert stage.tour.number == 0  # so that one sees it
    wait_until(lambda: stage.tour.number == 1)
    live(0.3)
    assert stage.tour.number == 1  # this one waits for Next


def test_next_back_and_the_end(stage: Stage) -> None:
    callout = stage.tour.callout
    assert not callout.back.isVisible()
    callout.next.click()
    callout.back.click()
    assert stage.tour.number == 0
    callout.next.click()
    callout.next.click()
    assert callout.title.text() == "Three"
    assert callout.count.text() == "3 of 3"
    assert not callout.skip.isVisible()
    assert callout.next.text() == "Done"
    callout.next.click()
    assert (stage.done, stage.tour.number) == (1, -1)
    assert not callout.isVisible()
    stage.tour.end()
    assert stage.done == 1


def test_escape_ends_it(stage: Stage) -> None:
    wait_until(lambda: stage.window.isActiveWindow() or stage.window.windowHandle().isExposed())
    stage.window.activateWindow()
    live(0.1)
    QTest.keyClick(stage.window, Qt.Key.Key_Escape)
    assert stage.done == 1


def test_the_box_lies_beside_the_widget_and_covers_nothing_else(stage: Stage) -> None:
    for widget in (stage.first, stage.second):
        callout = stage.tour.callout
        place = widget.geometry().translated(widget.parentWidget().mapTo(stage.window, widget.pos() * 0))
        assert not callout.geometry().intersects(place)
        assert callout.frame.geometry().contains(place & callout.frame.geometry())
        assert stage.window.rect().contains(callout.geometry())
        assert stage.window.childAt(place.center()) is widget  # the frame lets the mouse through
        stage.tour.go_on()
    assert not stage.tour.callout.frame.isVisible()  # the last step points at nothing


def test_it_follows_the_window(stage: Stage) -> None:
    stage.tour.go_on()
    before = stage.tour.callout.pos()
    stage.window.resize(700, 450)
    wait_until(lambda: stage.tour.callout.pos() != before)
    assert stage.window.rect().contains(stage.tour.callout.geometry())
    stage.second.hide()  # what cannot be seen is not pointed at
    wait_until(lambda: not stage.tour.callout.frame.isVisible())


def test_it_goes_with_its_window(qtbot: Any) -> None:
    stage = Stage()
    stage.window.show()
    stage.tour.start()
    stage.window.close()
    stage.window.deleteLater()
    live(0.5)


@pytest.fixture
def tour(dock: SketchDock, tmp_path: Path) -> Iterator[Tour]:
    tour = start_tour(dock, Settings(tmp_path / "settings.json"))
    yield tour
    if not tour._ended:
        tour.end()


def test_painting_leads_through_the_docks_tour(
    dock: SketchDock, mouse: Mouse, tour: Tour, tmp_path: Path
) -> None:
    assert tour.number == 0
    tour.go_on()
    dock.workbench.start()
    mouse.drag((60, 60), (60, 70))
    wait_until(lambda: tour.number == 2)
    dock.workbench.use(Tool.ERASER)
    mouse.drag((60, 60), (60, 62))
    live(0.3)
    assert not tour._completed
    dock.workbench.use(Tool.BACKGROUND)
    mouse.drag((90, 60), (90, 70))
    wait_until(lambda: tour.number == 3)
    while tour.number >= 0:
        assert tour._steps[tour.number].target() is not None
        tour.go_on()
    assert Settings(tmp_path / "settings.json").choices.tour_seen


def test_a_second_tour_ends_the_first(dock: SketchDock, tour: Tour, tmp_path: Path) -> None:
    other = start_tour(dock, Settings(tmp_path / "settings.json"))
    assert tour._ended
    assert other.number == 0
    other.end()
