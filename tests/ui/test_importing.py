"""Labels from elsewhere, taken for annotation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtWidgets import QMessageBox

from sketchcell.errors import SketchcellError
from sketchcell.images import write_label_stack, write_labels
from sketchcell.ui.dock import SketchDock

from .conftest import wait_until


def cells(shape: tuple[int, int]) -> np.ndarray:
    labels = np.zeros(shape, np.int32)
    labels[10:30, 10:30], labels[30:50, 10:30], labels[60:80, 70:90] = 5, 9, 7
    return labels


def done(dock: SketchDock) -> bool:
    return dock.state.importing is None


def test_a_layer_becomes_annotation_in_one_step(dock: SketchDock, messages: list[str]) -> None:
    layers = dock.workbench.start()
    layers.sketch.data_setitem((np.array([100]), np.array([100])), 2)
    dock.scribe.flush()
    truth = dock.viewer.add_labels(cells(layers.frame.shape), name="truth")
    dock.brush_panel.import_labels.fill()
    names = [action.text() for action in dock.brush_panel.import_labels.menu().actions()]
    assert names == ["Layer 'truth'", "From a file…"]
    before = layers.sketch.data.copy()
    dock.importer.from_layer(truth, complete=True)
    wait_until(lambda: done(dock))
    assert ((layers.sketch.data == 1) == (truth.data == 0)).all()
    assert np.unique(layers.sketch.data[truth.data > 0]).size == 3
    assert "Ctrl+Z" in messages[-1]
    dock.scribe.undo()
    assert (layers.sketch.data == before).all()
    dock.scribe.redo()
    assert ((layers.sketch.data == 1) == (truth.data == 0)).all()


def test_incomplete_labels_leave_the_rest_as_it_is(dock: SketchDock) -> None:
    layers = dock.workbench.start()
    layers.sketch.data[8:12, 100:104] = 2
    layers.boundaries.data[20, :] = 1
    truth = dock.viewer.add_labels(cells(layers.frame.shape), name="truth")
    dock.importer.from_layer(truth, complete=False)
    wait_until(lambda: done(dock))
    sketch, lines = layers.sketch.data, layers.boundaries.data
    assert (sketch[8:12, 100:104] == 2).all()
    assert not (sketch[truth.data > 0] <= 2).any()  # numbers of their own
    assert (sketch[9, 10:30] == 1).all()  # a ring around the cells
    assert sketch[120, 120] == 0
    assert not lines[20, 10:30].any()
    assert lines[20, 50:].all()


@pytest.fixture
def stack(make_napari_viewer: Any) -> Any:
    viewer = make_napari_viewer()
    image = np.random.default_rng(0).random((4, 90, 100))
    viewer.add_image(image, name="stack", axis_labels=("z", "y", "x"))
    dock = SketchDock(viewer)
    dock.state.start = "random"
    dock.workbench.start()
    yield dock
    dock.shut_down()


def test_a_file_with_all_planes_of_a_stack(stack: SketchDock, tmp_path: Path) -> None:
    planes = [np.roll(cells((90, 100)), step, axis=1) for step in range(4)]
    write_label_stack(tmp_path / "truth.tif", planes, (4,), ("z",))
    stack.importer.from_file(tmp_path / "truth.tif", complete=False)
    wait_until(lambda: done(stack))
    sketch = stack.state.layers.sketch
    for step, plane in enumerate(planes):
        assert ((sketch.data[step] > 1) == (plane > 0)).all()
    stack.scribe.undo()
    assert not sketch.data.any()


def test_a_single_plane_goes_where_one_looks(stack: SketchDock, tmp_path: Path) -> None:
    write_labels(tmp_path / "plane.png", cells((90, 100)))
    stack.viewer.dims.set_current_step(0, 2)
    stack.importer.from_file(tmp_path / "plane.png", complete=True)
    wait_until(lambda: done(stack))
    painted = stack.state.layers.sketch.data.any(axis=(1, 2))
    assert painted.tolist() == [False, False, True, False]


def test_what_does_not_fit_is_told(stack: SketchDock, tmp_path: Path, messages: list[str]) -> None:
    other = stack.viewer.add_labels(np.zeros((40, 50), np.int32), name="small")
    assert stack.importer.sources == []
    stack.importer.from_layer(other, complete=True)
    wait_until(lambda: messages)
    assert messages[0].startswith("The layer 'small' has 40 × 50 pixels and the image 4 × 90 × 100")
    assert done(stack)
    stack.importer.from_file(tmp_path / "nothing.tif", complete=True)
    wait_until(lambda: len(messages) > 1)
    assert done(stack)
    stack.scribe.undo()  # nothing is held any more


def test_only_one_at_a_time_and_no_undo_meanwhile(stack: SketchDock, messages: list[str]) -> None:
    truth = stack.viewer.add_labels(np.ones((4, 90, 100), np.int32), name="truth")
    stack.importer.from_layer(truth, complete=True)
    with pytest.raises(SketchcellError, match="already"):
        stack.importer.from_layer(truth, complete=True)
    stack.scribe.undo()
    assert "being imported" in messages[-1]
    stack.importer.cancel()
    assert done(stack)
    assert "cancelled" in messages[-1]
    stack.importer.from_layer(truth, complete=True)
    stack.workbench.choose(None)
    assert done(stack)


@pytest.mark.parametrize(
    ("button", "answer"),
    [
        (QMessageBox.StandardButton.Yes, True),
        (QMessageBox.StandardButton.No, False),
        (QMessageBox.StandardButton.Cancel, None),
    ],
)
def test_it_is_asked_what_unlabelled_pixels_are(
    stack: SketchDock, monkeypatch: pytest.MonkeyPatch, button: Any, answer: bool | None
) -> None:
    monkeypatch.setattr(QMessageBox, "question", lambda *_: button)
    asked: list[bool] = []
    monkeypatch.setattr(stack.importer, "from_layer", lambda _layer, *, complete: asked.append(complete))
    stack.viewer.add_labels(np.ones((4, 90, 100), np.int32), name="truth")
    stack.brush_panel.import_labels.fill()
    stack.brush_panel.import_labels.menu().actions()[0].trigger()
    assert asked == ([] if answer is None else [answer])
