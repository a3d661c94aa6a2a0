"""How memory grows over 1,000 strokes and some minutes of learning.

The first tenth of the strokes warms up: buffers, caches and the pages of the project are made then. What is
held in the second is compared with what is held later, each time the least: a step or a prediction that is
under way holds some hundred MB more. The person paints with the mouse in a real window.

Needs a display; without one: xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/memory.py
"""

import argparse
import time

import numpy as np
import psutil
from event_loop import sketch_on, until
from window import Person, act, open_dock, tiled

from sketchcell.samples import load_sample
from sketchcell.ui.state import Tool

PARTS = 10


def held():
    """Return the process's memory in MB."""
    return psutil.Process().memory_info().rss / 2**20


def paint(dock, strokes, seconds, random, memory):
    """Paint strokes, note what is held after each, and let the rest of the time pass."""
    person = Person(dock.viewer)
    end = time.monotonic() + seconds
    for number in range(strokes):
        dock.workbench.use(Tool.BACKGROUND if number % 2 else Tool.OBJECT)
        yield from person.wander(random, steps=4)
        yield 0.02
        memory.append(held())
    while time.monotonic() < end:
        memory.append(held())
        yield 0.05


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300, help="at least")
    parser.add_argument("--strokes", type=int, default=1000)
    parser.add_argument("--side", type=int, default=2048)
    parser.add_argument("--idle", action="store_true", help="as a control: without learning")
    arguments = parser.parse_args()
    viewer, dock = open_dock(tiled(load_sample().image, arguments.side))
    sketch_on(dock)
    dock.state.learn = not arguments.idle
    if dock.state.learn:
        act(until(lambda: dock.state.step is not None))
    random = np.random.default_rng(0)
    lowest, part = [], arguments.strokes // PARTS
    for number in range(1, PARTS + 1):
        memory = []
        act(paint(dock, part, arguments.seconds / PARTS, random, memory))
        lowest.append(min(memory))
        steps = dock.state.step.number if dock.state.step else 0
        done = f"{number * part:6,} strokes {steps:6,} steps"
        growth = 100 * (lowest[-1] / lowest[min(1, number - 1)] - 1)
        print(f"{done} {lowest[-1]:8,.0f} MB {growth:+6.1f} %", flush=True)
    dock.shut_down()
    viewer.close()


if __name__ == "__main__":
    main()
