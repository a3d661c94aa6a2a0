"""Dropping models and projects; the menu actions beside the families'."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from npe2 import PluginManager, PluginManifest
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QApplication, QWidget

import sketchcell
from sketchcell.families import get_family
from sketchcell.model import Model, ModelConfig
from sketchcell.networks import build_network
from sketchcell.project import Project
from sketchcell.ui import commands
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.menu import open_dock
from sketchcell.ui.model_reader import Drops, get_reader
from sketchcell.ui.shortcuts_page import ShortcutsPage
from sketchcell.ui.tour import Tour

from .conftest import live


@pytest.fixture(scope="module")
def model() -> Model:
    """A model that has learned nothing."""
    params = get_family("flow").Params()
    channels = get_family("flow").channels(params)
    return Model(ModelConfig("flow", params, "compact", 1), build_network("compact", 1, len(channels)))


@pytest.fixture
def folder(model: Model, tmp_path: Path) -> Path:
    model.save(tmp_path / "my_model")
    return tmp_path / "my_model"


def test_only_what_is_ours_is_read(folder: Path, tmp_path: Path) -> None:
    assert get_reader(str(folder)) is not None
    assert get_reader([str(folder)]) is not None
    assert get_reader(str(folder / "config.json")) is not None
    assert get_reader(str(tmp_path / "mine.sketchcell")) is not None
    assert get_reader([str(folder), str(folder)]) is None
    assert get_reader(str(tmp_path)) is None
    assert get_reader(str(tmp_path / "nothing")) is None
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text("{}")
    assert get_reader(str(other)) is None
    assert get_reader(str(other / "config.json")) is None


def test_the_manifest_offers_it_for_folders(folder: Path) -> None:
    manager = PluginManager()
    manager.register(PluginManifest.from_file(Path(sketchcell.__file__).with_name("napari.yaml")))
    for path, readable in (
        (folder, True),
        (folder / "config.json", True),
        (Path("some.sketchcell"), True),
        (Path("a.tif"), False),
        (Path("package.json"), False),
    ):
        assert bool(list(manager.iter_compatible_readers(str(path)))) == readable


def test_opening_a_model_opens_the_dock_with_it(make_napari_viewer: Any, folder: Path, model: Model) -> None:
    viewer = make_napari_viewer()
    viewer.add_image(np.random.default_rng(0).random((40, 50)))
    assert viewer.open(str(folder), plugin="napari-sketchcell") == []
    dock = open_dock(viewer)
    assert dock.state.model is not None
    assert dock.state.model.config.family == model.config.family
    assert len(viewer.layers) == 1
    dock.shut_down()


def drop(widget: QWidget, path: Path) -> bool:
    """Drag a path over a widget and, if that is welcome, let it go there."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    mouse = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), *mouse)
    enter.ignore()
    QApplication.sendEvent(widget, enter)
    if enter.isAccepted():
        QApplication.sendEvent(widget, QDropEvent(QPointF(5, 5), *mouse))
    return enter.isAccepted()


def test_a_model_may_be_dropped_on_the_dock(dock: SketchDock, folder: Path, tmp_path: Path) -> None:
    Drops(dock, dock.viewer)
    assert not drop(dock, tmp_path)
    assert dock.state.model is None
    assert drop(dock, folder)
    assert dock.state.model is not None


def test_a_project_that_is_dropped_opens_in_the_dock(make_napari_viewer: Any, tmp_path: Path) -> None:
    with Project.create(tmp_path / "mine.sketchcell") as project:
        folder = project.folder
    viewer = make_napari_viewer()
    viewer.open(str(folder), plugin="napari-sketchcell")
    dock = open_dock(viewer)
    assert dock.projects.folder == folder
    dock.shut_down()


def test_the_menu_shows_keys_networks_and_the_tour(
    make_napari_viewer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKETCHCELL_CONFIG", str(tmp_path))
    viewer = make_napari_viewer(show=True)
    commands.tour(viewer)
    dock = open_dock(viewer)
    assert viewer.layers[0].name == "nuclei"
    window = dock.window()
    commands.shortcuts(viewer)
    commands.shortcuts(viewer)
    (page,) = window.findChildren(ShortcutsPage)
    page.close()
    commands.fine_tune(viewer)
    menu = dock.model_panel.pretrained.menu()
    assert menu.isVisible()
    menu.close()
    window.findChild(Tour).end()
    live(0.1)
    dock.shut_down()
