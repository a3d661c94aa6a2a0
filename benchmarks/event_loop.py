"""How long the window makes you wait while it learns and you work.

A timer asks for a turn every 10 ms; what it gets later than that is the event loop's delay. Beside it stands
how long the window's own thread computed meanwhile: unlike the delay, that does not depend on what else the
machine does. A scripted person paints, corrects, moves thresholds, and changes planes or images, first
without learning, then with it.

Needs a display; without one: xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/event_loop.py
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import tifffile
from window import HEADER, Delays, Person, act, open_dock, tiled, tiled_truth, wait

from sketchcell.samples import load_sample
from sketchcell.ui.state import Tool

IMAGES = 6


class Work:
    """What a person does, in random order.

    Each thing is a generator of seconds to wait.
    """

    def __init__(self, dock, random):
        self.dock, self.random = dock, random
        self.person = Person(dock.viewer)

    def anything(self, seconds, delays, kind):
        doings = [self.paint, self.gesture, self.correct, self.threshold, self.undo]
        weights = [4, 3, 2, 2, 1]
        if kind == "stack":
            doings, weights = [*doings, self.plane], [*weights, 3]
        if kind == "project":
            doings, weights = [*doings, self.image], [*weights, 2]
        end = wait(seconds)
        for _ in end:
            if self.dock.state.layers is None:
                delays.doing = "waiting"
                yield 0.05
                continue
            doing = self.random.choice(doings, p=np.array(weights) / sum(weights))
            delays.doing = doing.__name__
            yield from doing()
        delays.stop()

    def paint(self):
        self.dock.workbench.use(Tool.BACKGROUND if self.random.random() < 0.5 else Tool.OBJECT)
        yield from self.person.wander(self.random)
        yield 0.2

    def gesture(self):
        """Accept or reject a cell with a key."""
        state = self.dock.state
        cells = self.dock.results.plane(state.layers, state.spot)[::16, ::16]
        places = np.argwhere(cells > 0)
        if len(places):
            row, column = 16 * places[self.random.integers(len(places))]
            self.person.point(row, column)
            yield 0.05
            correct = (
                self.dock.corrections.accept if self.random.random() < 0.7 else self.dock.corrections.reject
            )
            correct()
        yield 0.2

    def correct(self):
        """Split or merge with a line."""
        self.dock.workbench.use(Tool.SPLIT if self.random.random() < 0.5 else Tool.MERGE)
        yield from self.person.wander(self.random)
        yield 0.2

    def threshold(self):
        sliders = [s for s in self.dock.result_panel.form.editors.values() if hasattr(s, "maximum")]
        slider = sliders[self.random.integers(len(sliders))]
        before, step = slider.value(), slider.singleStep()
        for by in (1, 2, 3, 2, 1, 0):
            slider.setValue(before + by * step)
            yield 0.08

    def undo(self):
        self.dock.scribe.undo()
        yield 0.2
        self.dock.scribe.redo()
        yield 0.2

    def plane(self):
        dims = self.dock.viewer.dims
        start = self.random.integers(0, dims.nsteps[0] - 5)
        for at in range(start, start + 5):
            dims.set_current_step(0, int(at))
            yield 0.1

    def image(self):
        ids = [entry.id for entry in self.dock.projects.entries]
        self.dock.projects.opening.go(ids[self.random.integers(len(ids))])
        yield from wait(0.7)


def sketch_on(dock, plane=()):
    """Put the sample's strokes into a corner."""
    layers, sketch = dock.state.layers, load_sample().sketch
    rows, columns = (slice(0, n) for n in sketch.shape)
    dock.scribe.edit([(plane, (rows, columns), sketch.labels, sketch.boundaries)])
    assert layers.sketch.data.any()


def show_cells(dock, side):
    state = dock.state
    dock.results.bring_back(state.spot, tiled_truth(side))


def prepared(kind, side, planes, folder):
    """Return a dock with what is to be worked on."""
    image = tiled(load_sample().image, side)
    if kind == "stack":
        image = np.repeat(image[None], planes, axis=0)
    if kind != "project":
        viewer, dock = open_dock(image)
    else:
        viewer, dock = open_dock()
        paths = [folder / f"image {number}.tif" for number in range(IMAGES)]
        for number, path in enumerate(paths):
            tifffile.imwrite(path, np.roll(image, 10 * number, axis=1))
        dock.projects.add_files(paths)
        act(until(lambda: len(dock.projects.entries) == IMAGES and dock.state.layers is not None))
    sketch_on(dock, () if kind != "stack" else dock.state.spot.plane)
    show_cells(dock, side)
    return viewer, dock


def until(condition):
    while not condition():
        yield 0.05


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=("plane", "stack", "project"), default="plane")
    parser.add_argument("--seconds", type=float, default=60, help="with learning, and as long without")
    parser.add_argument("--side", type=int, default=2048, help="of the image, in pixels")
    parser.add_argument("--planes", type=int, default=50, help="of the stack")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        viewer, dock = prepared(arguments.kind, arguments.side, arguments.planes, Path(folder))
        print(f"{arguments.kind}, {arguments.side} × {arguments.side} px")
        for learn in (False, True):
            dock.state.learn = learn
            if learn:
                act(until(lambda: dock.state.step is not None))
            random, delays = np.random.default_rng(0), Delays()
            act(Work(dock, random).anything(arguments.seconds, delays, arguments.kind))
            print(f"\n{'while it learns' if learn else 'without learning'}\n{HEADER}")
            print("\n".join(delays.rows()))
        print(f"\nsteps learned meanwhile: {dock.state.step.number if dock.state.step else 0}")
        dock.shut_down()
        viewer.close()


if __name__ == "__main__":
    main()
