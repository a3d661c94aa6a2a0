"""Tables, labels, annotation and models as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from qtpy.QtWidgets import QFileDialog

from sketchcell.errors import SketchcellError
from sketchcell.images import read_label_stack, read_labels
from sketchcell.model import is_model_folder
from sketchcell.ui import commands, export_dialog
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.export_dialog import ExportDialog

from .conftest import wait_until


def save_as(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))


def test_a_table_of_the_cells(
    taught: SketchDock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, messages: list[str]
) -> None:
    save_as(monkeypatch, tmp_path / "cells")
    commands.measure(taught.viewer)
    wait_until(lambda: (tmp_path / "cells.csv").exists() and messages)
    table = pandas.read_csv(tmp_path / "cells.csv")
    shown = taught.state.layers.instances.data
    assert table["label"].tolist() == np.unique(shown[shown > 0]).tolist()
    assert table["area"].sum() == np.count_nonzero(shown)
    assert "intensity_mean" in table
    assert not [name for name in table if name.endswith(("_um", "_um2")) or "plane" in name]


@pytest.fixture
def stack(make_napari_viewer: Any) -> Any:
    viewer = make_napari_viewer()
    image = np.random.default_rng(0).random((3, 40, 50))
    viewer.add_image(
        image, name="stack", scale=(2, 0.5, 0.5), units=("um", "um", "um"), axis_labels=("z", "y", "x")
    )
    dock = SketchDock(viewer)
    dock.state.start = "random"
    layers = dock.workbench.start()
    layers.instances.data[0, 5:15, 5:15] = 3
    layers.instances.data[2, 20:30, 30:35] = 4
    viewer.dims.set_current_step(0, 0)
    yield dock
    dock.shut_down()


def test_planes_and_units(stack: SketchDock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for every, planes in ((True, [0, 2]), (False, [0])):
        path = tmp_path / f"{every}.csv"
        save_as(monkeypatch, path)
        monkeypatch.setattr(export_dialog, "asks_for_planes", lambda _, every=every: every)
        commands.measure(stack.viewer)
        wait_until(path.exists)
        table = pandas.read_csv(path)
        assert table["plane"].tolist() == planes
        assert table["area"][0] == 100
        assert table["area_um2"][0] == 25
        assert table["centroid_y_um"][0] == pytest.approx(9.5 * 0.5)
        assert table["feret_max_um"][0] == pytest.approx(table["feret_max"][0] / 2)
    monkeypatch.setattr(export_dialog, "asks_for_planes", lambda _: None)
    save_as(monkeypatch, tmp_path / "none.csv")
    commands.measure(stack.viewer)
    assert not (tmp_path / "none.csv").exists()


def test_all_planes_as_tiff(stack: SketchDock, tmp_path: Path, messages: list[str]) -> None:
    layers = stack.state.layers
    layers.sketch.data[1, 5:9] = 2
    layers.boundaries.data[1, 7] = 1
    stack.exporter.labels(tmp_path / "cells.tif")
    stack.exporter.annotation(tmp_path / "strokes.tif")
    wait_until(lambda: len(messages) == 2)
    for name, layer in (
        ("cells", layers.instances),
        ("strokes", layers.sketch),
        ("strokes_boundaries", layers.boundaries),
    ):
        stored, axes = read_label_stack(tmp_path / f"{name}.tif")
        assert axes == "ZYX"
        assert (stored == layer.data).all()


def test_the_window(taught: SketchDock, tmp_path: Path, messages: list[str]) -> None:
    dialog = ExportDialog(taught, taught.state, taught.exporter)
    assert dialog.kind == "model"
    dialog.export_to(tmp_path / "mine")
    assert is_model_folder(tmp_path / "mine")
    dialog.kinds["labels"].setChecked(True)
    dialog.export_to(tmp_path / "cells")
    wait_until(lambda: any("cells.tif" in text for text in messages))
    assert (read_labels(tmp_path / "cells.tif") == taught.state.layers.instances.data).all()


def test_without_anything_to_export(dock: SketchDock, tmp_path: Path, messages: list[str]) -> None:
    dialog = ExportDialog(dock, dock.state, dock.exporter)
    assert not dialog.kinds["model"].isEnabled()
    dialog.export_to(tmp_path / "cells.tif")
    dialog.kinds["annotation"].setChecked(True)
    dialog.export_to(tmp_path / "strokes.tif")
    commands.measure(dock.viewer)
    assert [text.split(":")[0] for text in messages] == [
        "There are no cells yet",
        "Nothing is painted yet",
        "There are no cells yet",
    ]
    assert list(tmp_path.glob("*.tif")) == []
    dock.workbench.start()
    with pytest.raises(SketchcellError, match="no cells"):
        dock.exporter.labels(tmp_path / "cells.tif")
