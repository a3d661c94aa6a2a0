"""What no mishap may leave behind: errors, threads, widgets, or strokes that are on the disk only half."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import format_exception
from typing import Any

import numpy as np
from napari.utils.notifications import NotificationSeverity, notification_manager
from qtpy.QtWidgets import QApplication, QWidget

from sketchcell.project import Project
from sketchcell.ui.dock import SketchDock


@contextmanager
def no_errors() -> Iterator[None]:
    """Fail if anything is raised in an event, a thread or a notification."""
    raised: list[Any] = []
    hooks = sys.excepthook, threading.excepthook
    sys.excepthook = lambda kind, error, trace: raised.append(error)
    threading.excepthook = lambda about: raised.append(about.exc_value)
    notification_manager.records.clear()
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = hooks
    errors = [note for note in notification_manager.records if note.severity >= NotificationSeverity.ERROR]
    assert not raised, "".join(line for error in raised for line in format_exception(error))
    assert not errors, errors


def top_widgets() -> set[QWidget]:
    return {widget for widget in QApplication.topLevelWidgets() if widget.parent() is None}


def assert_written(dock: SketchDock) -> None:
    """Assert that the layers show what the project holds of the image."""
    dock.scribe.flush()
    layers, project = dock.state.layers, dock.state.project
    assert layers is not None
    assert project is not None
    for plane in layers.frame.all_planes():
        page = project.page(dock.state.entry, plane)
        index = layers.frame.index(plane)
        np.testing.assert_array_equal(layers.sketch.data[index], page.labels)
        np.testing.assert_array_equal(layers.boundaries.data[index] != 0, page.boundaries)


def all_pages(project: Project) -> dict[tuple[str, tuple[int, ...]], tuple[bytes, bytes]]:
    """Return what is painted on all planes of all images."""
    return {
        (entry.id, plane): (page.labels.tobytes(), page.boundaries.tobytes())
        for entry in project.entries
        for plane in project.painted_planes(entry.id)
        for page in [project.page(entry.id, plane)]
    }
