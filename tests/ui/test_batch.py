"""Segmenting many files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QMessageBox

from sketchcell.batch import BESIDE, Options, Order, find_images
from sketchcell.errors import SketchcellError
from sketchcell.images import read_label_stack, read_labels
from sketchcell.model import Model
from sketchcell.ui import commands
from sketchcell.ui.batch import Batch
from sketchcell.ui.batch_dialog import BatchDialog
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.state import State

from .conftest import learner_threads, wait_until


@pytest.fixture
def images(sample: Any, tmp_path: Path) -> Path:
    """A folder with a plane, a stack and a broken file."""
    folder = tmp_path / "images"
    folder.mkdir()
    small = sample.image[:96, :96]
    tifffile.imwrite(folder / "a.tif", small)
    tifffile.imwrite(folder / "b.ome.tif", np.stack([small, small[::-1]]), metadata={"axes": "ZYX"})
    (folder / "c.tif").write_bytes(b"II*\x00 no more")
    return folder


@pytest.fixture
def batch(qapp: Any) -> Any:
    batch = Batch(State())
    yield batch
    batch.close()
    assert learner_threads() == []


def run(batch: Batch, model: Any, words: Any, out: Path, **more: Any) -> dict[str, Any]:
    order = Order(find_images(words), out, more.pop("options", Options()), BESIDE, **more)
    batch.start(model, order)
    wait_until(lambda: not batch.runs)
    return {one.image.name: one for one in batch.outcomes}


def test_a_broken_image_does_not_stop_the_rest(
    batch: Batch, model: Model, images: Path, tmp_path: Path, messages: list[str]
) -> None:
    done = run(batch, model, [images], tmp_path)
    assert done["a.tif"].cells > 0
    assert done["b.ome.tif"].cells > done["a.tif"].cells
    assert "c.tif" in done["c.tif"].reason
    labels = read_labels(tmp_path / "a_labels.tif")
    assert (labels == model.segment(tifffile.imread(images / "a.tif"))).all()
    stack, axes = read_label_stack(tmp_path / "b_labels.tif")
    assert stack.shape == (2, 96, 96)
    assert axes == "ZYX"
    assert not (tmp_path / "c_labels.tif").exists()
    assert messages[-1].startswith("Images: 2 segmented")
    assert "1 failed" in messages[-1]
    assert batch._state.batch is None


def test_a_model_from_a_folder_and_one_that_is_none(
    batch: Batch, model: Model, images: Path, tmp_path: Path, messages: list[str]
) -> None:
    model.save(tmp_path / "mine")
    assert run(batch, tmp_path / "mine", [images / "a.tif"], tmp_path)["a.tif"].cells > 0
    assert run(batch, tmp_path / "mine", [images / "a.tif"], tmp_path)["a.tif"].state == "skipped"
    assert run(batch, tmp_path / "other", [images / "a.tif"], tmp_path) == {}
    assert "other" in messages[-1]


def test_orders_that_cannot_be_carried_out(batch: Batch, model: Model, images: Path, tmp_path: Path) -> None:
    with pytest.raises(SketchcellError, match="no images"):
        batch.start(model, Order((), tmp_path))
    sources = find_images([images / "a.tif"])
    with pytest.raises(SketchcellError, match="does not exist"):
        batch.start(model, Order(sources, tmp_path / "nowhere"))
    batch.start(model, Order(sources, tmp_path))
    with pytest.raises(SketchcellError, match="already"):
        batch.start(model, Order(sources, tmp_path))
    wait_until(lambda: not batch.runs)


def test_cancel_keeps_what_is_done(
    batch: Batch, model: Model, images: Path, tmp_path: Path, messages: list[str]
) -> None:
    batch.start(model, Order(find_images([images]), tmp_path))
    batch.cancel()
    assert not batch.runs
    assert batch._state.batch is None
    assert messages[-1].startswith("Cancelled")


@pytest.fixture
def dialog(taught: SketchDock) -> BatchDialog:
    commands.batch(taught.viewer)
    return taught.window().findChild(BatchDialog)


def add(dialog: BatchDialog, *words: Any) -> None:
    dialog.add(words)
    wait_until(lambda: not any(job.is_alive for job in dialog._jobs))
    wait_until(lambda: not learner_threads())


def states(dialog: BatchDialog) -> list[str]:
    table = dialog.table
    return [table.index(row, 1).data() for row in range(table.rowCount())]


def test_the_window(
    taught: SketchDock, dialog: BatchDialog, images: Path, tmp_path: Path, messages: list[str]
) -> None:
    form = dialog.form
    assert not form.start.isEnabled()
    add(dialog, tmp_path / "*.xyz")
    wait_until(lambda: "No image" in "".join(messages))
    add(dialog, images)
    add(dialog, images / "a.tif")
    wait_until(lambda: len(dialog.images) == 3)
    assert form.output.text() == str(images)
    assert states(dialog) == ["waiting"] * 3
    form.output.setText(str(tmp_path))
    form.start.click()
    assert not form.start.isEnabled()
    wait_until(lambda: not taught.batch.runs)
    assert "2 segmented" in form.note.text()
    assert states(dialog)[:2] == ["done"] * 2
    assert states(dialog)[2].startswith("failed: ")
    assert int(dialog.table.index(0, 2).data()) > 0
    table = (tmp_path / "cells.csv").read_text()
    assert table.startswith("file,")
    form.start.click()
    wait_until(lambda: not taught.batch.runs)
    assert states(dialog)[:2] == ["done before"] * 2
    assert (tmp_path / "cells.csv").read_text() == table
    dialog.clear()
    assert not form.start.isEnabled()
    form.model.setCurrentIndex(form.model.count() - 1)
    add(dialog, images / "a.tif")
    wait_until(form.start.isEnabled)
    form.model_folder.clear()
    form.start.click()
    assert "folder of a model" in messages[-1]
    dialog.set_model_folder(str(tmp_path))
    dialog.close()
    taught.batch.changed.emit()  # nobody listens any more


def test_the_window_asks_before_it_replaces(
    taught: SketchDock, dialog: BatchDialog, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(dialog, images / "a.tif")
    wait_until(dialog.form.start.isEnabled)
    dialog.form.start.click()
    wait_until(lambda: not taught.batch.runs)
    dialog.form.link.setCurrentIndex(dialog.form.link.findData("none"))
    asked: list[str] = []
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    monkeypatch.setattr(QMessageBox, "question", lambda *words: (asked.append(words[2]), answers.pop(0))[1])
    dialog.form.start.click()
    wait_until(lambda: len(asked) == 1 and not taught.batch.runs)
    assert "Replace" in asked[0]
    assert states(dialog) == ["waiting"]
    dialog.form.start.click()
    wait_until(lambda: states(dialog) == ["done"])
    wait_until(lambda: not taught.batch.runs)


def test_files_are_dropped_and_results_opened(
    taught: SketchDock, dialog: BatchDialog, images: Path, tmp_path: Path
) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(images / "b.ome.tif"))])
    none = Qt.KeyboardModifier.NoModifier
    dialog.dropEvent(
        QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, none)
    )
    wait_until(dialog.form.start.isEnabled)
    dialog.form.images.selectRow(0)
    assert not dialog.form.open_result.isEnabled()
    dialog.form.start.click()
    wait_until(lambda: not taught.batch.runs)
    assert dialog.form.open_result.isEnabled()
    dialog.form.open_result.click()
    wait_until(lambda: "b_labels.tif" in taught.viewer.layers)
    assert "b.ome.tif" in taught.viewer.layers
    assert taught.viewer.layers["b_labels.tif"].data.shape == (2, 96, 96)


def test_choices_are_remembered(taught: SketchDock, dialog: BatchDialog, images: Path) -> None:
    add(dialog, images / "a.tif")
    wait_until(dialog.form.start.isEnabled)
    dialog.form.link.setCurrentIndex(dialog.form.link.findData("t"))
    dialog.form.measured.setCurrentIndex(dialog.form.measured.findData(""))
    dialog.form.recursive.setChecked(True)
    dialog.form.start.click()
    wait_until(lambda: not taught.batch.runs)
    dialog.close()
    again = BatchDialog(taught.window(), taught.state, taught.batch, taught.viewer)
    assert again.form.values() == ("tiff", "t", "")
    assert again.form.recursive.isChecked()
    again.close()
