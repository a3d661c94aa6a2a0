"""What is dropped on napari and is ours: model folders and projects, which open in the dock."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import napari
from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QWidget

from sketchcell.errors import SketchcellError
from sketchcell.model import is_model_folder
from sketchcell.project import SUFFIX
from sketchcell.ui.notify import tell

_NO_LAYERS: list[tuple[None]] = [(None,)]  # npe2's word for: read, and there is nothing to add

Paths = str | os.PathLike[str] | list[str]
Opener = Callable[[napari.Viewer, Path], object]


def get_reader(path: Paths) -> Callable[[Paths], list[Any]] | None:
    """Return what opens a path if it is one of ours; None, quickly, for everything else."""
    path = path[0] if isinstance(path, list) and len(path) == 1 else path
    if isinstance(path, list) or opener(path) is None:
        return None
    return _read


def opener(path: str | os.PathLike[str]) -> Opener | None:
    """Return what opens a folder or one of its files; None if it is not ours."""
    if Path(path).suffix == SUFFIX:
        return open_project
    return open_model if _model_folder(path) is not None else None


def open_model(viewer: napari.Viewer, path: Path) -> None:
    """Open the dock of a window and take up a model in it; what is wrong is told."""
    from sketchcell.ui.menu import open_dock  # the dock imports this module

    folder = _model_folder(path)
    if folder is not None:
        open_dock(viewer).model_panel.load_from(folder)


def open_project(viewer: napari.Viewer, path: Path) -> None:
    """Open the dock of a window and a project in it; what is wrong is told."""
    from sketchcell.ui.menu import open_dock  # the dock imports this module

    try:
        open_dock(viewer).projects.open(path)
    except SketchcellError as error:
        tell(error)


class Drops(QObject):
    """Lets a widget accept our folders when they are dropped on it; all else goes where it always went.

    napari asks which reader to use for every folder that more than one plugin could read. What is dropped on
    the dock needs no such question.

    Parameters
    ----------
    widget
        Which the folders are dropped on; this object belongs to it.
    viewer
        The window that they are opened in.
    """

    def __init__(self, widget: QWidget, viewer: napari.Viewer) -> None:
        super().__init__(widget)
        self._viewer = viewer
        widget.setAcceptDrops(True)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Take what is ours."""
        if not isinstance(event, QDropEvent):  # dragging over the widget is one, too
            return False
        urls = event.mimeData().urls()
        path = Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
        open_it = None if path is None else opener(path)
        if path is None or open_it is None:
            return False
        event.acceptProposedAction()
        if event.type() == QEvent.Type.Drop:
            open_it(self._viewer, path)
        return True


def _read(path: Paths) -> list[Any]:
    viewer = napari.current_viewer()
    path = path[0] if isinstance(path, list) else path
    open_it = opener(path)
    if viewer is not None and open_it is not None:
        open_it(viewer, Path(path))
    return _NO_LAYERS


def _model_folder(path: str | os.PathLike[str]) -> Path | None:
    """Return the model's folder for the folder itself, and for its description."""
    place = Path(path)
    folder = place.parent if place.name == "config.json" else place
    return folder if is_model_folder(folder) else None
