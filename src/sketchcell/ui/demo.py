"""The main job in a window: sample image, sample strokes, the dock open and learning."""

from __future__ import annotations

import napari

from sketchcell.ui.dock import SketchDock
from sketchcell.ui.menu import open_dock
from sketchcell.ui.sample_data import nuclei


def prepare_demo(viewer: napari.Viewer) -> SketchDock:
    """Open the sample and the dock in a viewer, and start learning."""
    for data, options, kind in nuclei():
        getattr(viewer, f"add_{kind}")(data, **options)
    dock = open_dock(viewer)
    dock.workbench.start()
    dock.state.learn = True
    return dock


def open_demo() -> None:
    """Open napari and stay until its window is closed."""
    viewer = napari.Viewer(title="sketchcell")
    prepare_demo(viewer)
    napari.run()
