"""A real window, a real image and a real mouse."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from sketchcell.samples import load_sample
from sketchcell.ui.dock import SketchDock


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/ui" in item.path.as_posix():
            item.add_marker(pytest.mark.gui)


def wait_until(condition: Callable[[], Any], seconds: float = 30) -> None:
    """Let the window live until something is true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited for {seconds} s in vain"
        QApplication.processEvents()
        time.sleep(0.005)


def live(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        QApplication.processEvents()
        time.sleep(0.005)


def learner_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "sketchcell"]


class Mouse:
    """Presses, drags and releases on the canvas, at places given in image pixels (row, column)."""

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._canvas = viewer.window._qt_viewer.canvas.native

    def drag(self, *places: tuple[float, float]) -> None:
        points = [self._on_canvas(place) for place in places]
        QTest.mouseMove(self._canvas, points[0])
        QTest.mousePress(self._canvas, Qt.MouseButton.LeftButton, pos=points[0])
        for point in points[1:]:
            QTest.mouseMove(self._canvas, point)
            QApplication.processEvents()
        QTest.mouseRelease(self._canvas, Qt.MouseButton.LeftButton, pos=points[-1])
        QApplication.processEvents()

    def _on_canvas(self, place: tuple[float, float]) -> QPoint:
        camera = self._viewer.scene.camera
        y, x = ((place[i] - camera.center[-2:][i]) * camera.zoom for i in (0, 1))
        return QPoint(round(self._canvas.width() / 2 + x), round(self._canvas.height() / 2 + y))


@pytest.fixture(scope="session")
def sample() -> Any:
    return load_sample()


@pytest.fixture
def dock(make_napari_viewer: Any, sample: Any) -> Iterator[SketchDock]:
    """The dock in a window with the sample image, nothing painted."""
    viewer = make_napari_viewer(show=True, strict_qt="raise")
    viewer.window._qt_window.resize(1280, 720)
    viewer.add_image(sample.image, name="nuclei")
    dock = SketchDock(viewer)
    viewer.window.add_dock_widget(dock, name="Sketch & Train", area="right")
    viewer.reset_view()
    live(0.05)
    yield dock
    dock.shut_down()
    assert learner_threads() == []


@pytest.fixture
def mouse(dock: SketchDock) -> Mouse:
    return Mouse(dock.viewer)


@pytest.fixture
def sketched(dock: SketchDock, sample: Any) -> SketchDock:
    """The dock with the sample's strokes painted."""
    layers = dock.workbench.start()
    layers.sketch.data = sample.sketch.labels.astype(np.uint16)
    layers.boundaries.data = sample.sketch.boundaries.astype(np.uint8)
    return dock


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What people are told."""
    told: list[str] = []
    monkeypatch.setattr("sketchcell.ui.notify.show_warning", told.append)
    monkeypatch.setattr("sketchcell.ui.models.show_info", told.append)
    return told
