"""A real window with a scripted person in it, for the benchmarks of the interface."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import napari
import numpy as np
from qtpy.QtCore import QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication

from sketchcell.samples import load_sample
from sketchcell.ui.dock import SketchDock

TICK = 0.01  # seconds
NONE, LEFT = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton


def tiled(array, side):
    """Return a plane of that side, filled with copies of a small one."""
    return np.tile(array, [-(-side // n) for n in array.shape])[:side, :side]


def tiled_truth(side):
    """Return the cells of such a plane; those of different copies have different numbers."""
    truth = load_sample().truth
    rows, columns = (np.arange(side) // n for n in truth.shape)
    copy = rows[:, None] * (columns[-1] + 1) + columns
    cells = tiled(truth, side)
    return np.where(cells > 0, cells + copy * int(truth.max()), 0).astype(np.int32)


@dataclass
class Delays:
    """Notes how late a timer is, how long the window's thread was at work meanwhile, and with what."""

    doing: str = ""
    late: dict[str, list[float]] = field(default_factory=dict)
    work: dict[str, list[float]] = field(default_factory=dict)

    def __post_init__(self):
        self._due, self._worked = time.perf_counter() + TICK, time.thread_time()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(round(TICK * 1000))

    def _tick(self):
        now, worked = time.perf_counter(), time.thread_time()
        self.late.setdefault(self.doing, []).append(max(0.0, now - self._due))
        self.work.setdefault(self.doing, []).append(worked - self._worked)
        self._due, self._worked = now + TICK, worked

    def stop(self):
        self._timer.stop()

    def rows(self):
        """Yield a line for everything, and one for each thing that was done."""
        for name in ("all", *self.late):
            late, work = (
                np.concatenate([part for key, part in values.items() if name in ("all", key)]) * 1000
                for values in (self.late, self.work)
            )
            p50, p99 = np.percentile(late, (50, 99))
            w99 = np.percentile(work, 99)
            yield f"{name:<14}{p50:8.1f}{p99:8.1f}{late.max():8.1f}{w99:12.1f}{work.max():8.1f}"


HEADER = f"{'ms':<14}{'median':>8}{'99 %':>8}{'max':>8}{'work 99 %':>12}{'max':>8}"


class Person:
    """Moves the mouse over the canvas, as the window system would."""

    def __init__(self, viewer):
        self.viewer = viewer
        self.canvas = viewer.window._qt_viewer.canvas.native

    def send(self, kind, at, button=NONE, held=NONE):
        event = QMouseEvent(
            kind,
            QPointF(at),
            QPointF(self.canvas.mapToGlobal(at)),
            button,
            held,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(self.canvas, event)

    def at(self, row, column):
        """Return where a place in the image is on the canvas."""
        camera = self.viewer.camera
        y, x = (np.array([row, column]) - camera.center[-2:]) * camera.zoom
        return QPoint(round(self.canvas.width() / 2 + x), round(self.canvas.height() / 2 + y))

    def drag(self, places) -> Iterator[float]:
        """Draw a line, waiting between the movements."""
        self.send(QEvent.Type.MouseMove, places[0])
        self.send(QEvent.Type.MouseButtonPress, places[0], LEFT, LEFT)
        for place in places[1:]:
            yield 0.05
            self.send(QEvent.Type.MouseMove, place, NONE, LEFT)
        self.send(QEvent.Type.MouseButtonRelease, places[-1], LEFT)

    def wander(self, random, steps=10) -> Iterator[float]:
        """Draw a line from anywhere to somewhere near."""
        size = np.array([self.canvas.width(), self.canvas.height()])
        start = random.integers(60, size - 60)
        walk = start + np.cumsum(random.integers(-8, 9, (steps, 2)), axis=0)
        yield from self.drag([QPoint(int(x), int(y)) for x, y in walk])

    def point(self, row, column):
        """Move the mouse to a place in the image."""
        self.send(QEvent.Type.MouseMove, self.at(row, column))


def act(actions: Iterator[float]):
    """Let the window live while a script runs that says how many seconds to wait, and return when it ends."""
    loop, failed = QEventLoop(), []

    def step():
        try:
            seconds = next(actions)
        except StopIteration:
            loop.quit()
            return
        except BaseException as error:
            failed.append(error)
            loop.quit()
            return
        QTimer.singleShot(round(seconds * 1000), step)

    QTimer.singleShot(0, step)
    loop.exec_()
    if failed:
        raise failed[0]


def wait(seconds: float) -> Iterator[float]:
    """Do nothing for a while, in turns."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield 0.05


def open_dock(image=None):
    """Return a viewer and the dock in it, with an image ready to be sketched on.

    Strokes and settings of whoever measures stay as they are.
    """
    folder = Path(tempfile.mkdtemp(prefix="sketchcell-benchmark-"))
    os.environ["SKETCHCELL_DATA"], os.environ["SKETCHCELL_CONFIG"] = (
        str(folder / "data"),
        str(folder / "config"),
    )
    viewer = napari.Viewer()
    viewer.window._qt_window.resize(1600, 1000)
    if image is not None:
        viewer.add_image(image, name="cells")
    dock = SketchDock(viewer)
    viewer.window.add_dock_widget(dock, name="Sketch & Train", area="right")
    if image is not None:
        dock.workbench.start()
        viewer.reset_view()
    QApplication.processEvents()
    return viewer, dock
