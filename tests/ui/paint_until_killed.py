"""A window in which a hand paints without end while a network learns, until somebody kills it.

After each stroke a line is printed: what is painted on the image, as a checksum, and
what learning is doing.
"""

import sys
import zlib
from pathlib import Path

import napari
from conftest import Mouse, live

from sketchcell.ui.menu import open_dock
from sketchcell.ui.state import Tool

TOOLS = (Tool.BACKGROUND, Tool.OBJECT, Tool.BOUNDARY)


def stroke(dock, mouse, number):
    """Paint a stroke; every fifth is taken back and done again."""
    dock.workbench.use(TOOLS[number % 3])
    row, column = 4 + number * 7 % 84, 4 + number * 31 % 84
    mouse.drag((row, column), (row, column + 8), (row + 3, column + 12))
    live(0.02)
    if number % 5 == 4:
        dock.scribe.undo()
        dock.scribe.redo()


def main(folder, number):
    viewer = napari.Viewer(show=True)
    viewer.window._qt_window.resize(1000, 700)
    dock = open_dock(viewer)
    dock.state.start = "random"
    dock.projects.open(folder)
    while dock.state.layers is None:
        live(0.02)
    viewer.reset_view()
    live(0.2)
    mouse = Mouse(viewer)
    dock.state.learn = True
    while True:
        stroke(dock, mouse, number)
        layers = dock.state.layers
        crc = zlib.crc32((layers.boundaries.data != 0).tobytes(), zlib.crc32(layers.sketch.data.tobytes()))
        sys.stdout.write(f"{crc} {dock.state.phase.name}\n")
        sys.stdout.flush()
        number += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
