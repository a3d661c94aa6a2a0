"""How long the window makes you wait while it learns and you paint.

A timer asks for a turn every 10 ms; what it gets later than that is the event loop's delay. Strokes are drawn
with simulated mouse events on an image of the given size, without learning and with it, in one run.

Needs a display; without one: xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/event_loop.py
"""

import argparse
import os
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import napari
import numpy as np
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication, QWidget

from sketchcell.samples import load_sample
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.state import Tool

TICK = 0.01  # seconds
BETWEEN = 0.05  # seconds between movements of the mouse
NONE, LEFT = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton


class Delays:
    """Notes how late a timer is."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._due = time.perf_counter() + TICK
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(round(TICK * 1000))

    def _tick(self) -> None:
        now = time.perf_counter()
        self.seconds.append(max(0.0, now - self._due))
        self._due = now + TICK

    def stop(self) -> None:
        self._timer.stop()

    def __str__(self) -> str:
        p50, p99 = np.percentile(self.seconds, (50, 99)) * 1000
        return f"{p50:6.1f} {p99:6.1f} {max(self.seconds) * 1000:7.1f}"


def send(
    canvas: QWidget, kind: QEvent.Type, at: QPoint, button: Qt.MouseButton, held: Qt.MouseButton
) -> None:
    """Send a mouse event to the canvas, as the window system would."""
    there = QPointF(canvas.mapToGlobal(at))
    modifier = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(canvas, QMouseEvent(kind, QPointF(at), there, button, held, modifier))


def paint(viewer: napari.Viewer, dock: SketchDock, seconds: float, random: np.random.Generator) -> None:
    """Draw strokes all over the canvas, alternately of cells and of background."""
    canvas = viewer.window._qt_viewer.canvas.native
    end = time.monotonic() + seconds
    place = QPoint(canvas.width() // 2, canvas.height() // 2)
    while time.monotonic() < end:
        dock.workbench.use(Tool.BACKGROUND if random.random() < 0.5 else Tool.OBJECT)
        place = QPoint(
            int(random.integers(50, canvas.width() - 50)), int(random.integers(50, canvas.height() - 50))
        )
        send(canvas, QEvent.Type.MouseMove, place, NONE, NONE)
        send(canvas, QEvent.Type.MouseButtonPress, place, LEFT, LEFT)
        for _ in range(10):
            place += QPoint(*(int(v) for v in random.integers(-8, 9, 2)))
            send(canvas, QEvent.Type.MouseMove, place, NONE, LEFT)
            move_on = time.monotonic() + BETWEEN
            while time.monotonic() < move_on:
                QApplication.processEvents()
                time.sleep(0.001)
        send(canvas, QEvent.Type.MouseButtonRelease, place, LEFT, NONE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--side", type=int, default=2048, help="of the image, in pixels")
    arguments = parser.parse_args()

    sample = load_sample()
    repeats = -(-arguments.side // min(sample.image.shape[:2]))
    image = np.tile(sample.image, (repeats, repeats))[: arguments.side, : arguments.side]
    viewer = napari.Viewer()
    viewer.add_image(image, name="nuclei")
    dock = SketchDock(viewer)
    viewer.window.add_dock_widget(dock, name="Sketch & Train", area="right")
    layers = dock.workbench.start()
    height, width = sample.sketch.shape
    sketch = layers.sketch.data.copy()
    sketch[:height, :width] = sample.sketch.labels[: sketch.shape[0], : sketch.shape[1]]
    layers.sketch.data = sketch

    print(f"event-loop delay on {arguments.side} × {arguments.side} px, ms    median    99 %     max")
    random = np.random.default_rng(0)
    for learn in (False, True):
        dock.state.learn = learn
        delays = Delays()
        paint(viewer, dock, arguments.seconds, random)
        delays.stop()
        print(f"{'painting while it learns' if learn else 'painting':<44}  {delays}")
    print(f"steps learned meanwhile: {dock.state.step.number if dock.state.step else 0}")
    dock.shut_down()
    viewer.close()


if __name__ == "__main__":
    main()
