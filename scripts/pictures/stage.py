"""A real window to take pictures of: opened, painted in with a mouse, looked at, closed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import napari
import numpy as np
from napari._qt.dialogs.qt_notification import NapariQtNotification
from numpy.typing import NDArray
from PIL import Image
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QImage, QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QScrollArea, QWidget

from sketchcell.learning import train
from sketchcell.model import Model
from sketchcell.samples import load_sample
from sketchcell.ui.menu import open_dock

Picture = NDArray[np.uint8]
_MOST_BYTES = 150_000
_STEPS = 200  # of learning: enough to find most of the sample's nuclei


class Stage:
    """A window with the dock.

    Parameters
    ----------
    width, height
        Of the window, in pixels.
    """

    def __init__(self, width: int = 1280, height: int = 760) -> None:
        self.viewer = napari.Viewer(title="sketchcell")
        self.window = self.viewer.window._qt_window
        self.window.resize(width, height)
        self.dock = open_dock(self.viewer)
        self.state = self.dock.state
        live(0.2)

    def close(self) -> None:
        """Close the window and wait for all threads."""
        self.dock.shut_down()
        self.viewer.close()
        live(0.1)

    @property
    def view(self) -> QWidget:
        """The canvas with the sliders below it."""
        return self.window.centralWidget()

    @property
    def canvas(self) -> QWidget:
        """What the image is drawn on."""
        return self.viewer.window._qt_viewer.canvas.native

    def open_sample(self, strokes: bool = True) -> None:
        """Open the sample image, paint its strokes, and wait for what is found at first sight."""
        sample = load_sample()
        self.viewer.add_image(sample.image, name="nuclei")
        wait_until(lambda: self.state.found is not None)
        if strokes:
            layers = self.dock.workbench.start()
            layers.sketch.data = sample.sketch.labels.astype(np.uint16)
            layers.boundaries.data = sample.sketch.boundaries.astype(np.uint8)
            self.dock.workbench.put_away()
        self.look_at()

    def use_taught(self) -> None:
        """Take up the model that has learned from the sample, and find cells with it."""
        self.state.model = taught_model()
        self.state.message = ""
        self.segment()

    def segment(self) -> None:
        """Segment the whole image."""
        self.dock.results.segment_whole()
        wait_until(lambda: self.state.progress is None)
        live(0.3)

    def look_at(self, middle: tuple[float, float] | None = None, zoom: float | None = None) -> None:
        """Bring a part of the image into view; all of it if no part is named."""
        self.viewer.reset_view()
        camera = self.viewer.scene.camera
        if middle is not None:
            camera.center = (*camera.center[:-2], *middle)
        if zoom is not None:
            camera.zoom = zoom
        live(0.3)

    def fold(self, *numbers: int) -> None:
        """Fold up steps of the dock, so that the others are seen."""
        for number in numbers:
            self.dock.steps[number - 1].set_collapsed(True)

    def press(self, key: Qt.Key) -> None:
        """Press a key over the canvas."""
        QTest.keyClick(self.canvas, key)
        live(0.1)

    def drag(self, *places: tuple[float, float], release: bool = True) -> None:
        """Draw with the left button through places given as row and column."""
        points = [self._on_canvas(place) for place in places]
        none, left = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton
        self._send(QEvent.Type.MouseMove, points[0], none, none)
        self._send(QEvent.Type.MouseButtonPress, points[0], left, left)
        for point in points[1:]:
            self._send(QEvent.Type.MouseMove, point, none, left)
        if release:
            self.release(places[-1])
        live(0.1)

    def release(self, place: tuple[float, float]) -> None:
        """Let go of the left button."""
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        self._send(QEvent.Type.MouseButtonRelease, self._on_canvas(place), left, none)
        live(0.1)

    def point(self, place: tuple[float, float]) -> None:
        """Point with the mouse."""
        none = Qt.MouseButton.NoButton
        self._send(QEvent.Type.MouseMove, self._on_canvas(place), none, none)

    def picture(self, *parts: QWidget) -> Picture:
        """Return what the window shows, cut to the parts of it that matter."""
        for message in self.window.findChildren(NapariQtNotification):
            message.close()
        live(0.5)
        whole = self.viewer.screenshot(canvas_only=False, flash=False)[..., :3]
        if not parts:
            return whole
        corners = [(part.mapTo(self.window, QPoint(0, 0)), part.size()) for part in parts]
        left, top = (min(getattr(at, axis)() for at, _ in corners) for axis in "xy")
        right = max(at.x() + size.width() for at, size in corners)
        bottom = max(at.y() + size.height() for at, size in corners)
        return whole[max(top, 0) : bottom, max(left, 0) : right]

    def whole_dock(self) -> Picture:
        """Return all of the dock, also what one would have to scroll to."""
        live(0.3)
        return grab(self.dock.findChild(QScrollArea).widget())

    def step(self, number: int) -> Picture:
        """Return one of the dock's four steps."""
        live(0.3)
        return grab(self.dock.steps[number - 1])

    def _send(self, kind: QEvent.Type, at: QPoint, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        there = QPointF(self.canvas.mapToGlobal(at))
        event = QMouseEvent(kind, QPointF(at), there, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self.canvas, event)
        QApplication.processEvents()

    def _on_canvas(self, place: tuple[float, float]) -> QPoint:
        camera = self.viewer.scene.camera
        y, x = ((place[i] - camera.center[-2:][i]) * camera.zoom for i in (0, 1))
        return QPoint(round(self.canvas.width() / 2 + x), round(self.canvas.height() / 2 + y))


@contextmanager
def stage(*size: int) -> Iterator[Stage]:
    """Open a window for a while."""
    opened = Stage(*size)
    try:
        yield opened
    finally:
        opened.close()


@cache
def taught_model() -> Model:
    """Return a model that has learned from the sample's strokes."""
    sample = load_sample()
    return train([sample.image], [sample.sketch], seconds=None, steps=_STEPS)


def live(seconds: float) -> None:
    """Let the window live."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)


def wait_until(condition: Callable[[], Any], seconds: float = 300) -> None:
    """Let the window live until something is true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited for {seconds:.0f} s in vain")
        live(0.05)


def grab(widget: QWidget) -> Picture:
    """Return a picture of a widget, also of what of it is not in sight."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(bytes(image.constBits()), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


def beside(*pictures: Picture, gap: int = 12) -> Picture:
    """Put pictures in a row, on white."""
    height = max(picture.shape[0] for picture in pictures)
    width = sum(picture.shape[1] for picture in pictures) + gap * (len(pictures) - 1)
    sheet = np.full((height, width, 3), 255, np.uint8)
    left = 0
    for picture in pictures:
        sheet[: picture.shape[0], left : left + picture.shape[1]] = picture
        left += picture.shape[1] + gap
    return sheet


def below(*pictures: Picture, gap: int = 12) -> Picture:
    """Put pictures under each other, on white."""
    turned = [picture.transpose(1, 0, 2) for picture in pictures]
    return beside(*turned, gap=gap).transpose(1, 0, 2)


def save(picture: Picture, path: Path) -> None:
    """Write a picture, with a palette if it would be too large without."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    image.save(path, optimize=True)
    if path.stat().st_size > _MOST_BYTES:
        few = image.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
    print(f"{path}  {picture.shape[1]} x {picture.shape[0]}  {path.stat().st_size / 1000:.0f} kB", flush=True)
