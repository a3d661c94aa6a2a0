"""A real window, a real image and a real mouse."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication

from sketchcell.learning import train
from sketchcell.model import Model
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


def settle(viewer: Any) -> None:
    """Wait until the window has its layout, so that the mouse finds the places it is sent to."""
    canvas = viewer.window._qt_viewer.canvas.native
    size = None
    while size != (canvas.width(), canvas.height()):
        size = canvas.width(), canvas.height()
        live(0.1)
    viewer.reset_view()
    live(0.05)


def learner_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "sketchcell"]


class Mouse:
    """Presses, drags and releases on the canvas, at places given in image pixels (row, column)."""

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._canvas = viewer.window._qt_viewer.canvas.native

    keys = Qt.KeyboardModifier.NoModifier
    """Held meanwhile."""

    def drag(self, *places: tuple[float, float], pause: float = 0.0) -> None:
        """Drag along places; with a pause after each, as a fast hand's moves are passed on in part."""
        points = [self._on_canvas(place) for place in places]
        none, left = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton
        self._send(QEvent.Type.MouseMove, points[0], none, none)
        self._send(QEvent.Type.MouseButtonPress, points[0], left, left)
        for point in points[1:]:
            self._send(QEvent.Type.MouseMove, point, none, left)
            live(pause)
        self._send(QEvent.Type.MouseButtonRelease, points[-1], left, none)

    def _send(self, kind: QEvent.Type, at: QPoint, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        # QTest.mouseMove moves the pointer of the screen instead, and nothing says when that arrives
        there = self._canvas.mapToGlobal(at)
        event = QMouseEvent(kind, QPointF(at), QPointF(there), button, held, self.keys)
        QApplication.sendEvent(self._canvas, event)
        QApplication.processEvents()

    def _on_canvas(self, place: tuple[float, float]) -> QPoint:
        camera = self._viewer.scene.camera
        y, x = ((place[i] - camera.center[-2:][i]) * camera.zoom for i in (0, 1))
        return QPoint(round(self._canvas.width() / 2 + x), round(self._canvas.height() / 2 + y))


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep strokes and settings apart from those of whoever runs the tests."""
    monkeypatch.setenv("SKETCHCELL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SKETCHCELL_CONFIG", str(tmp_path / "config"))


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
    dock.state.start = "random"  # nothing is found before it is learned
    viewer.window.add_dock_widget(dock, name="Sketch & Train", area="right")
    settle(viewer)
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


@pytest.fixture(scope="session")
def model(sample: Any) -> Model:
    """A model that has learned enough to find cells."""
    return train([sample.image], [sample.sketch], seconds=None, steps=30)


@pytest.fixture
def taught(sketched: SketchDock, model: Model) -> SketchDock:
    """The dock with that model and the cells that it finds, at rest."""
    sketched.state.model = model
    sketched.results.segment_whole()
    wait_until(lambda: sketched.state.found is not None)
    wait_until(lambda: not learner_threads())
    return sketched


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What people are told."""
    told: list[str] = []
    monkeypatch.setattr("sketchcell.ui.notify.show_warning", told.append)
    monkeypatch.setattr("sketchcell.ui.notify.show_info", told.append)
    return told
