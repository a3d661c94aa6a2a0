"""Cells before the first stroke, and networks that others have trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from qtpy.QtWidgets import QMessageBox

from sketchcell import evaluate
from sketchcell.model import Model
from sketchcell.pretrained import CATALOGUE, untouched
from sketchcell.ui.dock import SketchDock

from .conftest import learner_threads, live, wait_until


@pytest.fixture
def looked(dock: SketchDock) -> SketchDock:
    dock.state.start = "prior"
    wait_until(lambda: dock.state.found is not None)
    return dock


def test_cells_are_there_before_any_stroke(looked: SketchDock, sample) -> None:
    state = looked.state
    assert untouched(state.model)
    assert evaluate(sample.truth, state.layers.instances.data).ap50 > 0.5
    assert "before your first stroke" in state.message
    assert "no strokes learned yet" in looked.model_panel.about.text()
    assert state.layers.sketch.mode == "pan_zoom"  # nobody has asked to paint yet


def test_learning_goes_on_from_it(looked: SketchDock, sample) -> None:
    state = looked.state
    state.layers.sketch.data = sample.sketch.labels.astype(np.uint16)
    state.learn = True
    wait_until(lambda: state.model is not None and not untouched(state.model))
    assert state.model.config.provenance["start"] == "prior"
    state.learn = False


def test_each_family_looks(looked: SketchDock) -> None:
    looked.state.family = "sdf"
    wait_until(lambda: looked.state.model is not None and looked.state.model.config.family == "sdf")
    wait_until(lambda: looked.state.found is not None and looked.state.found.count > 20)


def test_another_image_is_looked_at(looked: SketchDock, sample) -> None:
    state = looked.state
    other = looked.viewer.add_image(np.kron(sample.image, np.ones((2, 2), np.uint8)), name="twice")
    first = state.model
    looked.workbench.choose(other)
    wait_until(lambda: state.model is not None and state.model is not first)
    assert state.model.config.scale < first.config.scale
    assert state.layers.instances.data.shape == other.data.shape


def test_what_was_learned_is_kept_on_another_image(taught: SketchDock, sample) -> None:
    model = taught.state.model
    taught.state.start = "prior"
    taught.workbench.choose(taught.viewer.add_image(sample.image[:128], name="half"))
    live(0.3)
    assert taught.state.model is model


def test_from_nothing(looked: SketchDock) -> None:
    looked.state.start = "random"
    assert looked.state.model is None
    live(0.2)
    assert looked.state.model is None
    assert not learner_threads()


def test_an_image_with_nothing_in_it_is_no_complaint(dock: SketchDock, messages: list[str]) -> None:
    dock.state.start = "prior"
    dock.workbench.choose(dock.viewer.add_image(np.zeros((30, 30)), name="dark"))
    wait_until(lambda: not learner_threads())
    assert dock.state.model is None
    assert messages == []


def test_a_model_from_a_path(dock: SketchDock, model: Model, tmp_path: Path, messages: list[str]) -> None:
    model.save(tmp_path / "mine")
    dock.model_panel.fetch(str(tmp_path / "mine"))
    wait_until(lambda: dock.state.model is not None)
    assert dock.state.model.config == model.config
    assert dock.state.fetching is None
    assert "is loaded" in dock.state.message
    (tmp_path / "notes.pth").write_text("no weights")
    dock.model_panel.fetch(str(tmp_path / "notes.pth"))
    wait_until(lambda: messages)
    assert "notes.pth" in messages[-1]
    assert dock.state.model.config == model.config
    assert dock.model_panel.pretrained.isEnabled()


def test_the_menu_says_what_may_not_be_sold(dock: SketchDock, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = dock.model_panel
    tips = {action.text().split(":")[0]: action.toolTip() for action in panel.pretrained.menu().actions()}
    assert set(CATALOGUE) - {"prior"} <= set(tips)
    assert "not for commercial use" in tips["cyto3"]
    asked = []
    monkeypatch.setattr(
        QMessageBox, "question", lambda *words: asked.append(words[-1]) or QMessageBox.StandardButton.No
    )
    fetched: list[str] = []
    monkeypatch.setattr(dock.fetcher, "fetch", fetched.append)
    next(a for a in panel.pretrained.menu().actions() if a.text().startswith("cyto3:")).trigger()
    assert len(asked) == 1
    assert fetched == []
    next(a for a in panel.pretrained.menu().actions() if a.text().startswith("sam_vit_b")).trigger()
    assert fetched == ["sam_vit_b"]
