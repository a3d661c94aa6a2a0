"""Take the documentation's screenshots from the running plugin: python scripts/screenshots.py [FOLDER].

Needs a display; without one: xvfb-run -a -s "-screen 0 1600x1000x24" python scripts/screenshots.py
"""

import argparse
import time
from pathlib import Path

import imageio.v3 as iio
import napari
from qtpy.QtWidgets import QApplication

from sketchcell.samples import load_sample
from sketchcell.ui.demo import prepare_demo
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.menu import open_dock


def wait(seconds: float) -> None:
    """Let the window live."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)


def save(viewer: napari.Viewer, path: Path) -> None:
    """Write what the window shows."""
    wait(0.5)
    iio.imwrite(path, viewer.screenshot(canvas_only=False, flash=False)[..., :3])
    print(path)


def save_before_strokes(path: Path) -> None:
    """Show an image that was just opened, and what the prior finds in it."""
    viewer = napari.Viewer(title="sketchcell")
    viewer.window._qt_window.resize(1400, 900)
    viewer.add_image(load_sample().image, name="nuclei")
    dock = open_dock(viewer)
    viewer.reset_view()
    while dock.state.found is None:
        wait(0.1)
    save(viewer, path)
    dock.shut_down()
    viewer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("docs/images"))
    parser.add_argument("--seconds", type=float, default=25, help="of learning before the picture")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    save_before_strokes(arguments.folder / "before-strokes.png")
    viewer = napari.Viewer(title="sketchcell")
    prepare_demo(viewer)
    dock = viewer.window._qt_window.findChild(SketchDock)
    viewer.window._qt_window.resize(1400, 900)
    viewer.reset_view()
    wait(4)
    save(viewer, arguments.folder / "first-cells.png")
    wait(arguments.seconds)
    save(viewer, arguments.folder / "learning.png")
    dock.state.outlines = not dock.state.outlines
    viewer.theme = "light"
    viewer.window._qt_window.resize(1280, 720)
    viewer.reset_view()
    save(viewer, arguments.folder / "light.png")
    viewer.theme = "dark"
    dock.state.layers.instances.visible = False
    dock.state.taught = True
    wait(5)
    save(viewer, arguments.folder / "taught.png")
    dock.shut_down()
    viewer.close()


if __name__ == "__main__":
    main()
