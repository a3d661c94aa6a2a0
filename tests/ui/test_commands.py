"""Menu actions for projects, and where they are found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtWidgets import QFileDialog

from sketchcell.project import Project
from sketchcell.ui import commands
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.export_dialog import ExportDialog
from sketchcell.ui.plugins_menu import MENU, show_under_plugins

from .conftest import wait_until


def names(menu: Any) -> list[str]:
    menu.aboutToShow.emit()
    return [action.text() for action in menu.actions()]


def test_everything_is_under_plugins(dock: SketchDock) -> None:
    show_under_plugins()
    plugins = dock.viewer.window.plugins_menu
    assert names(plugins).count("Sketch && Train") == 1
    (mine,) = [action.menu() for action in plugins.actions() if action.text() == "Sketch && Train"]
    found = " ".join(names(mine))
    for word in ("flow", "fine-tune", "New project…", "Open project…", "Batch", "Measure", "Export", "tour"):
        assert word in found
    assert MENU.startswith("napari-sketchcell/")


def painted(folder: Path) -> int:
    with Project.open(folder) as project:
        return sum(
            int(np.count_nonzero(project.page(entry.id, plane).labels))
            for entry in project.entries
            for plane in project.painted_planes(entry.id)
        )


def test_a_new_project_is_empty_and_the_old_one_safe(
    dock: SketchDock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = dock.workbench.start()
    dock.projects.save_as(tmp_path / "first")
    image = dock.state.image
    layers.sketch.data_setitem(np.nonzero(np.ones((10, 10))), 2)
    dock.results.corrected(dock.state.spot, np.ones((5, 5), np.int32), (slice(0, 5), slice(0, 5)))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "second"), ""))
    commands.new_project(dock.viewer)
    assert dock.state.project.folder == tmp_path / "second.sketchcell"
    assert dock.state.image is image
    assert [entry.name for entry in dock.projects.entries] == ["nuclei"]
    assert not dock.state.layers.sketch.data.any()
    assert not dock.state.layers.instances.data.any()
    assert len(dock.viewer.layers) == 4
    assert painted(tmp_path / "first.sketchcell") == 100
    with Project.open(tmp_path / "first.sketchcell") as first:
        assert first.instances(first.entries[0].id)[:5, :5].all()
    dock.state.layers.sketch.data_setitem(np.nonzero(np.ones((3, 3))), 2)
    dock.shut_down()
    assert painted(tmp_path / "second.sketchcell") == 9


def test_a_name_that_is_taken_changes_nothing(
    dock: SketchDock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, messages: list[str]
) -> None:
    layers = dock.workbench.start()
    project = dock.state.project
    taken = tmp_path / "mine.sketchcell"
    taken.mkdir()
    (taken / "thesis.txt").write_text("all of it")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(taken), ""))
    commands.new_project(dock.viewer)
    assert "is there already" in messages[-1]
    assert dock.state.project is project
    assert dock.state.layers is layers


def test_opening_another_project_takes_nothing_along(
    dock: SketchDock, tmp_path: Path, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Project.create(tmp_path / "other") as other:
        other.keep_array(
            other.add_array(sample.image[:64, :80], "other", planes=()).id, sample.image[:64, :80]
        )
    layers = dock.workbench.start()
    layers.sketch.data_setitem(np.nonzero(np.ones((10, 10))), 2)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(other.folder))
    commands.open_project(dock.viewer)
    wait_until(lambda: dock.state.layers is not None)
    assert dock.state.layers.frame.planes.shape == (64, 80)
    assert not dock.state.layers.sketch.data.any()
    assert [entry.name for entry in dock.projects.entries] == ["other"]
    assert layers.sketch not in dock.viewer.layers


def test_the_export_window_opens(dock: SketchDock) -> None:
    commands.export(dock.viewer)
    (dialog,) = dock.window().findChildren(ExportDialog)
    assert dialog.isVisible()
    dialog.reject()
