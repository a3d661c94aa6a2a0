"""Menu actions: the dock, opened with a family of models chosen."""

from __future__ import annotations

from collections.abc import Callable

import napari
from qtpy.QtWidgets import QDockWidget, QWidget

from sketchcell.errors import SketchcellError
from sketchcell.families import get_family
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.notify import tell

DOCK_NAME = "Sketch & Train (sketchcell)"
"""As napari itself names it when it is opened from the menu *Plugins*."""


def open_dock(viewer: napari.Viewer, family: str | None = None) -> SketchDock:
    """Bring up the dock of a window, and choose a family in it.

    Raises
    ------
    SketchcellError
        When there is no such family.
    """
    if family is not None:
        get_family(family)
    viewer = getattr(viewer, "__wrapped__", viewer)
    dock = _find(viewer)
    if dock is None:
        dock = SketchDock(viewer)
        viewer.window.add_dock_widget(dock, name=DOCK_NAME, area="right")
    raise_dock(dock)
    if family is not None:
        dock.state.family = family
    return dock


def raise_dock(widget: QWidget) -> None:
    """Bring up the dock that a widget is in."""
    frame: QWidget | None = widget
    while frame is not None and not isinstance(frame, QDockWidget):
        frame = frame.parentWidget()
    if frame is not None:
        frame.setVisible(True)
        frame.raise_()


def _find(viewer: napari.Viewer) -> SketchDock | None:
    found = [widget for widget in viewer.window.dock_widgets.values() if isinstance(widget, SketchDock)]
    return found[0] if found else None


def _opener(family: str) -> Callable[[napari.Viewer], None]:
    def choose(viewer: napari.Viewer) -> None:
        try:
            open_dock(viewer, family)
        except SketchcellError as error:
            tell(error)

    choose.__doc__ = f"Open the dock with the family '{family}'."
    return choose


# One name for each entry of the manifest, which can only point at names.
flow, sdf, distance, multiclass = (_opener(name) for name in ("flow", "sdf", "distance", "multiclass"))
