"""Saving and loading models; the manifest, the sample, the demo."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from npe2 import PluginManifest
from qtpy.QtWidgets import QFileDialog

from sketchcell.model import load_model
from sketchcell.ui.demo import prepare_demo
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.losses import Losses
from sketchcell.ui.sample_data import nuclei

from .conftest import learner_threads, wait_until


def test_save_load_and_segment(sketched: SketchDock, tmp_path: Path, messages: list[str]) -> None:
    panel, state = sketched.model_panel, sketched.state
    assert not panel.save.isEnabled()
    state.learn = True
    wait_until(lambda: state.model is not None)
    assert panel.save.isEnabled()
    assert not panel.load.isEnabled()
    sketched.result_panel.form.editors["minimum_size"].setValue(77)
    panel.save_to(tmp_path / "model")  # while it learns
    state.learn = False
    assert load_model(tmp_path / "model").config.params.minimum_size == 77
    assert "saved" in messages[-1]

    panel.forget.click()
    assert state.model is None
    sketched.result_panel.form.editors["minimum_size"].setValue(1)
    panel.load_from(tmp_path / "model")
    assert state.params.minimum_size == 77
    assert sketched.result_panel.form.editors["minimum_size"].value() == 77
    sketched.results.segment_whole()
    wait_until(lambda: state.found is not None and state.found.whole)
    wait_until(lambda: not learner_threads())
    expected = load_model(tmp_path / "model").segment(state.image.data)
    assert ((state.layers.instances.data > 0) == (expected > 0)).all()


def test_load_takes_a_folder_or_a_package(
    taught: SketchDock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel, state = taught.model_panel, taught.state
    panel.save_to(tmp_path / "model")
    package = tmp_path / "model.zip"
    with zipfile.ZipFile(package, "w") as archive:
        for file in (tmp_path / "model").iterdir():
            archive.write(file, file.name)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "model"))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(package), ""))
    folder_action, package_action = panel.load.menu().actions()
    for action, name in ((folder_action, "'model'"), (package_action, "'model.zip'")):
        panel.forget.click()
        action.trigger()
        assert state.model is not None
        assert name in state.message


def test_what_is_wrong_with_a_folder_is_told(dock: SketchDock, tmp_path: Path, messages: list[str]) -> None:
    dock.model_panel.load_from(tmp_path)
    assert len(messages) == 1
    assert "is not a model" in messages[0]
    (tmp_path / "notes.txt").write_text("mine")
    dock.model_panel.save_to(tmp_path)
    assert "no model yet" in messages[1]
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_the_manifest_leads_to_what_is_there() -> None:
    import sketchcell

    path = Path(sketchcell.__file__).with_name("napari.yaml")
    manifest = PluginManifest.from_file(path)
    found = {command.id: command.python_name for command in manifest.contributions.commands}
    for name in found.values():
        module, attribute = str(name).split(":")
        assert hasattr(__import__(module, fromlist=[attribute]), attribute)
    assert [widget.display_name for widget in manifest.contributions.widgets] == ["Sketch & Train"]


def test_the_plugin_menu_opens_the_dock(make_napari_viewer: Any) -> None:
    viewer = make_napari_viewer()
    viewer.add_image(np.random.default_rng(0).random((40, 50)))
    _, widget = viewer.window.add_plugin_dock_widget("napari-sketchcell", "Sketch & Train")
    assert isinstance(widget, SketchDock)
    assert widget.state.image is viewer.layers[0]
    widget.shut_down()


def test_the_sample_opens_in_napari(make_napari_viewer: Any) -> None:
    viewer = make_napari_viewer()
    viewer.open_sample("napari-sketchcell", "nuclei")
    assert [layer.name for layer in viewer.layers] == ["nuclei", "sketch", "boundaries"]
    assert nuclei()[1][0].any()


def test_the_demo_learns(make_napari_viewer: Any) -> None:
    dock = prepare_demo(make_napari_viewer())
    wait_until(lambda: dock.state.found is not None)
    dock.shut_down()
    assert learner_threads() == []


def test_losses_stay_few() -> None:
    losses = Losses()
    losses.extend(float(number) for number in range(10_000))
    assert 100 < len(losses.points) <= 256
    assert list(losses.points) == sorted(losses.points)
    losses.clear()
    assert losses.points == ()
