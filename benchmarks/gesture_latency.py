"""From a key to the cell on the screen, on 2048² px with 2,000 instances; undo and redo too.

In a real window: the key goes to the canvas, and the time ends with the next drawing of it; the journal is
written in between. As a control the canvas is drawn with nothing done. Beside the time stands how long the
window's own thread computed, which does not depend on what else the machine does.

Needs a display; without one: xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/gesture_latency.py
"""

import argparse
import time

import numpy as np
from gestures import crowded_plane
from qtpy.QtCore import QEventLoop, Qt, QTimer
from qtpy.QtTest import QTest
from window import Person, act, open_dock, tiled, wait

from sketchcell.samples import load_sample


def until_drawn(viewer, do):
    """Return seconds, and seconds of the thread, until the canvas is drawn after something is done."""
    loop, canvas = QEventLoop(), viewer.window._qt_viewer.canvas
    drawn = []

    def on_draw(_event=None):
        drawn.append((time.perf_counter(), time.thread_time()))
        loop.quit()

    scene = canvas._scene_canvas
    begin = time.perf_counter(), time.thread_time()
    do()
    scene.events.draw.connect(on_draw, position="last")
    QTimer.singleShot(2000, loop.quit)
    loop.exec_()
    scene.events.draw.disconnect(on_draw)
    if not drawn:
        raise SystemExit("nothing was drawn")
    return np.subtract(drawn[0], begin)


def report(title, seconds):
    (late, late_max), (work, work_max) = ((np.median(s), max(s)) for s in np.array(seconds).T * 1000)
    print(f"{title:<28}{late:8.1f}{late_max:8.1f}{work:16.1f}{work_max:8.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--learn", action="store_true", help="while it learns")
    arguments = parser.parse_args()
    plane, points = crowded_plane(np.random.default_rng(0))
    side = plane.instances.shape[0]
    viewer, dock = open_dock(tiled(load_sample().image, side))
    rows, columns = slice(0, side), slice(0, side)
    dock.scribe.edit([((), (rows, columns), plane.labels, plane.boundaries)])
    dock.results.bring_back(dock.state.spot, plane.instances)
    dock.workbench.put_away()
    act(wait(1))
    person, canvas = Person(viewer), viewer.window._qt_viewer.canvas
    strokes = len(np.unique(plane.instances)) - 1
    print(f"{strokes:,} instances; ms{'median':>9}{'max':>8}{'work median':>16}{'max':>8}")
    dock.state.learn = arguments.learn
    keys = {"accept": Qt.Key.Key_A, "reject": Qt.Key.Key_X}
    seconds = {name: [] for name in ("a drawing of the canvas", *keys, "undo", "redo")}

    def press(key, modifier=Qt.KeyboardModifier.NoModifier):
        return until_drawn(viewer, lambda: QTest.keyClick(canvas.native, key, modifier))

    control = Qt.KeyboardModifier.ControlModifier
    both = control | Qt.KeyboardModifier.ShiftModifier
    for place in points[: arguments.repeats]:
        person.point(*place)
        act(wait(0.2))
        seconds["a drawing of the canvas"].append(until_drawn(viewer, canvas.native.update))
        for name, key in keys.items():
            seconds[name].append(press(key))
            act(wait(0.2))
            seconds["undo"].append(press(Qt.Key.Key_Z, control))
            act(wait(0.2))
            seconds["redo"].append(press(Qt.Key.Key_Z, both))
            act(wait(0.2))
            press(Qt.Key.Key_Z, control)
            act(wait(0.2))
    for name, those in seconds.items():
        report(name, those)
    dock.shut_down()
    viewer.close()


if __name__ == "__main__":
    main()
