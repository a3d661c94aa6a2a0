"""Segmenting many files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from sketchcell.errors import SketchcellError
from sketchcell.images import is_ours, read_label_stack, read_labels
from sketchcell.model import Model
from sketchcell.ui import commands
from sketchcell.ui.batch import Batch, Order, find_images, output_of
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


def run(batch: Batch, *arguments: Any, **more: Any) -> dict[str, Any]:
    batch.start(Order(*arguments, **more))
    wait_until(lambda: not batch.runs)
    return {one.image.name: one for one in batch.outcomes}


def test_a_broken_image_does_not_stop_the_rest(
    batch: Batch, model: Model, images: Path, tmp_path: Path, messages: list[str]
) -> None:
    files = tuple(find_images(images, "*.tif"))
    done = run(batch, model, files, tmp_path)
    assert done["a.tif"].cells > 0
    assert done["b.ome.tif"].cells > done["a.tif"].cells
    assert "c.tif" in done["c.tif"].error
    labels = read_labels(tmp_path / "a_labels.tif")
    assert (labels == model.segment(tifffile.imread(images / "a.tif"))).all()
    stack, axes = read_label_stack(tmp_path / "b_labels.tif")
    assert stack.shape == (2, 96, 96)
    assert axes == "ZYX"
    assert not (tmp_path / "c_labels.tif").exists()
    assert messages[-1].startswith("Images: 2 segmented")
    assert "1 could not be segmented" in messages[-1]
    assert batch._state.batch is None


def test_what_is_there_is_skipped_unless_asked(batch: Batch, model: Model, images: Path) -> None:
    file = images / "a.tif"
    output = output_of(file, images)
    output.write_bytes(b"somebody's work")
    assert run(batch, model, (file,), images)["a.tif"].cells is None
    assert "not written by sketchcell" in run(batch, model, (file,), images, again=True)["a.tif"].error
    assert output.read_bytes() == b"somebody's work"
    output.unlink()
    run(batch, model, (file,), images)
    assert is_ours(output)
    assert run(batch, model, (file,), images, again=True)["a.tif"].cells > 0
    assert find_images(images, "a*") == [file]  # no labels of an earlier time


def test_a_model_from_a_folder_and_one_that_is_none(
    batch: Batch, model: Model, images: Path, tmp_path: Path, messages: list[str]
) -> None:
    model.save(tmp_path / "mine")
    assert run(batch, tmp_path / "mine", (images / "a.tif",), tmp_path)["a.tif"].cells > 0
    assert run(batch, tmp_path / "other", (images / "a.tif",), tmp_path, again=True) == {}
    assert "other" in messages[-1]


def test_orders_that_cannot_be_carried_out(batch: Batch, model: Model, images: Path, tmp_path: Path) -> None:
    with pytest.raises(SketchcellError, match="no images"):
        batch.start(Order(model, (), tmp_path))
    with pytest.raises(SketchcellError, match="does not exist"):
        batch.start(Order(model, (images / "a.tif",), tmp_path / "nowhere"))
    twins = (images / "a.tif", images / "deeper" / "a.tif")
    batch.start(Order(model, twins, tmp_path))
    with pytest.raises(SketchcellError, match="already"):
        batch.start(Order(model, twins, tmp_path))
    wait_until(lambda: not batch.runs)
    assert "same name" in batch.outcomes[1].error
    with pytest.raises(SketchcellError, match="pattern"):
        find_images(images, "/absolute/*.tif")


def test_cancel_keeps_what_is_done(
    batch: Batch, model: Model, images: Path, tmp_path: Path, messages: list[str]
) -> None:
    batch.start(Order(model, (images / "a.tif",), tmp_path))
    batch.cancel()
    assert not batch.runs
    assert batch._state.batch is None
    assert messages[-1].startswith("Cancelled")


def test_the_window(taught: SketchDock, images: Path, tmp_path: Path, messages: list[str]) -> None:
    commands.batch(taught.viewer)
    dialog = taught.window().findChild(BatchDialog)
    assert not dialog.start.isEnabled()
    dialog.pattern.setText("*.xyz")
    dialog.add_folder(images)
    assert "fits '*.xyz'" in messages[-1]
    dialog.pattern.setText("a*.tif c*.tif")
    dialog.add_folder(images)
    dialog.add_files([images / "a.tif"])
    assert len(dialog.images) == 2
    assert dialog.output.text() == str(images)
    dialog.output.setText(str(tmp_path))
    dialog.start.click()
    assert not dialog.start.isEnabled()
    wait_until(lambda: not taught.batch.runs)
    assert "1 segmented" in dialog.note.text()
    assert "c.tif" in dialog.note.text()
    assert (tmp_path / "a_labels.tif").exists()
    dialog.clear()
    assert not dialog.start.isEnabled()
    dialog.model.setCurrentIndex(dialog.model.count() - 1)
    dialog.add_files([images / "a.tif"])
    dialog.start.click()
    assert "folder of a model" in messages[-1]
    dialog.set_model_folder(str(tmp_path))
    dialog.close()
    taught.batch.changed.emit()  # nobody listens any more
