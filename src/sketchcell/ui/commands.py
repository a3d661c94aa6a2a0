"""Menu actions beside those of the families: projects, files, pretrained networks, keys, the tour."""

from __future__ import annotations

from pathlib import Path

import napari
from napari.layers import Image
from napari.utils.theme import get_theme
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QFileDialog, QMainWindow, QWidget

from sketchcell.errors import SketchcellError
from sketchcell.project import SUFFIX
from sketchcell.ui.batch_dialog import BatchDialog
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.export_dialog import ExportDialog
from sketchcell.ui.first_tour import Where, tour_steps
from sketchcell.ui.menu import open_dock, raise_dock
from sketchcell.ui.notify import tell
from sketchcell.ui.sample_data import nuclei
from sketchcell.ui.settings import Settings
from sketchcell.ui.shortcuts_page import ShortcutsPage
from sketchcell.ui.stroke_count import StrokeCount
from sketchcell.ui.table.dock import NAME, TableDock
from sketchcell.ui.tour import Tour


def fine_tune(viewer: napari.Viewer) -> None:
    """Open the dock and its list of networks that others have trained."""
    button = open_dock(viewer).model_panel.pretrained
    menu = button.menu()
    if menu is not None and button.isEnabled():
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))


def new_project(viewer: napari.Viewer) -> None:
    """Ask for a folder, and begin an empty project in it."""
    dock = open_dock(viewer)
    name, _ = QFileDialog.getSaveFileName(dock, "New project: a folder", f"cells{SUFFIX}")
    if not name:
        return
    try:
        dock.projects.new(Path(name))
    except SketchcellError as error:
        tell(error)


def open_project(viewer: napari.Viewer) -> None:
    """Ask for a project, and open it."""
    dock = open_dock(viewer)
    name = QFileDialog.getExistingDirectory(dock, f"Choose a project (a folder {SUFFIX})")
    if name:
        dock.project_panel.open_from(Path(name))


def batch(viewer: napari.Viewer) -> None:
    """Show the window in which many images are segmented."""
    dock = open_dock(viewer)
    window = dock.window()
    dialog = window.findChild(BatchDialog)
    if dialog is None:
        dialog = BatchDialog(window, dock.state, dock.batch, dock.viewer)
        dock.destroyed.connect(dialog.close)
    dialog.show()
    dialog.raise_()


def measure(viewer: napari.Viewer) -> None:
    """Show the table of cells, and measure them."""
    open_table(open_dock(viewer))


def open_table(dock: SketchDock) -> TableDock:
    """Show the table of the cells that a dock finds, and measure them anew."""
    window = dock.viewer.window
    found = [widget for widget in window.dock_widgets.values() if isinstance(widget, TableDock)]
    table = found[0] if found else TableDock(dock)
    if not found:
        window.add_dock_widget(table, name=NAME, area="bottom")
    raise_dock(table)
    table.measure()
    return table


def export(viewer: napari.Viewer) -> None:
    """Ask what to export, and where to."""
    dock = open_dock(viewer)
    window = dock.window()
    dialog = window.findChild(ExportDialog)
    if dialog is None:
        dialog = ExportDialog(window, dock.state, dock.exporter, dock.exports, dock.settings)
        dock.destroyed.connect(dialog.close)
    dialog.show()
    dialog.raise_()


def shortcuts(viewer: napari.Viewer) -> None:
    """Show all keys and gestures."""
    window = open_dock(viewer).window()
    page = window.findChild(ShortcutsPage) or ShortcutsPage(window, get_theme(viewer.theme))
    page.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    page.show()
    page.raise_()


def tour(viewer: napari.Viewer) -> None:
    """Lead through the dock, on a sample if no image is open."""
    if not any(isinstance(layer, Image) for layer in viewer.layers):
        data, options, _ = nuclei()[0]
        viewer.add_image(data, **options)
    start_tour(open_dock(viewer), Settings())


def start_tour(dock: SketchDock, settings: Settings) -> Tour:
    """Begin the tour of a dock; that it was seen is remembered when it ends."""
    window = dock.window()
    running = window.findChild(Tour)
    if running is not None:
        running.end()
    strokes = StrokeCount(dock.state)

    def on_done() -> None:
        strokes.close()
        settings.remember(tour_seen=True)
        settings.write()

    steps = tour_steps(dock.state, strokes, _places(dock))
    started = Tour(window, steps, on_done, get_theme(dock.viewer.theme))
    dock.destroyed.connect(started.end)
    started.start()
    return started


def _places(dock: SketchDock) -> dict[str, Where]:
    """Return where in the window the tour's words are."""

    def canvas() -> QWidget | None:
        window = dock.window()
        return window.centralWidget() if isinstance(window, QMainWindow) else None

    return {
        "image": lambda: dock.image_panel,
        "cell": lambda: dock.brush_panel,
        "background": lambda: dock.brush_panel,
        "learn": lambda: dock.learn_panel.switch,
        "canvas": canvas,
        "whole": lambda: dock.result_panel.whole,
    }
