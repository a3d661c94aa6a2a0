"""Labels, annotation and models as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import roifile
import shapely
import zarr
from pycocotools.coco import COCO
from qtpy.QtWidgets import QFileDialog, QMessageBox

from sketchcell.errors import SketchcellError
from sketchcell.export import Author
from sketchcell.images import open_image, read_label_stack, read_labels
from sketchcell.model import is_model_folder
from sketchcell.ui import commands
from sketchcell.ui.about_form import AboutForm
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.export_dialog import ExportDialog

from .conftest import wait_until


def save_as(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))


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


def test_all_planes_as_tiff(stack: SketchDock, tmp_path: Path, messages: list[str]) -> None:
    layers = stack.state.layers
    layers.sketch.data[1, 5:9] = 2
    layers.boundaries.data[1, 7] = 1
    stack.exports.cells(tmp_path / "cells.tif", "tiff")
    stack.exporter.annotation(tmp_path / "strokes.tif")
    wait_until(lambda: len(messages) == 2)
    for name, layer in (
        ("cells", layers.instances),
        ("strokes", layers.sketch),
        ("strokes_boundaries", layers.boundaries),
    ):
        stored, axes = read_label_stack(tmp_path / f"{name}.tif")
        assert axes == "ZYX"
        assert open_image(tmp_path / f"{name}.tif").pixel_size == {"z": 2, "y": 0.5, "x": 0.5}
        assert (stored == layer.data).all()


def shapes(path: Path) -> list[tuple[dict[str, Any], Any]]:
    features = json.loads(path.read_text())["features"]
    return [(feature["properties"], shapely.geometry.shape(feature["geometry"])) for feature in features]


def test_outlines_with_measurements(taught: SketchDock, tmp_path: Path, messages: list[str]) -> None:
    dialog = ExportDialog(taught, taught.state, taught.exporter, taught.exports, taught.settings)
    dialog.choose("cells", "geojson")
    assert not dialog.cell_options.object_type.isHidden()
    assert dialog.cell_options.version.isHidden()
    dialog.cell_options.object_type.setCurrentIndex(1)
    dialog.export_to(tmp_path / "nuclei 2.5")
    assert not dialog.start.isEnabled()
    wait_until(lambda: taught.exports.written is not None)
    labels = taught.state.layers.instances.data
    found = shapes(tmp_path / "nuclei 2.5.geojson")
    assert [about["label"] for about, _ in found] == np.unique(labels[labels > 0]).tolist()
    for about, shape in found:
        assert about["objectType"] == "cell"
        assert about["measurements"]["area"] == shape.area == (labels == about["label"]).sum()
    assert dialog.start.isEnabled()
    assert dialog.show_folder.isEnabled()
    assert f"{len(found)} cells" in dialog.note.text()
    assert taught.state.exporting is None
    dialog.close()


def test_planes_with_their_units(stack: SketchDock, tmp_path: Path, messages: list[str]) -> None:
    dialog = ExportDialog(stack, stack.state, stack.exporter, stack.exports, stack.settings)
    dialog.choose("cells", "ome-zarr")
    dialog.export_to(tmp_path / "cells")
    wait_until(lambda: stack.exports.written is not None)
    group = zarr.open_group(tmp_path / "cells.ome.zarr", mode="r")
    about: Any = group.attrs["ome"]
    levels = about["multiscales"][0]
    assert [axis["name"] for axis in levels["axes"]] == ["z", "y", "x"]
    assert levels["datasets"][0]["coordinateTransformations"][0]["scale"] == [2.0, 0.5, 0.5]
    assert (group[levels["datasets"][0]["path"]][:] == stack.state.layers.instances.data).all()
    dialog.choose("cells", "imagej")
    dialog.export_to(tmp_path / "cells.zip")
    wait_until(lambda: stack.exports.written is not None and stack.exports.written.path.suffix == ".zip")
    assert [(roi.name, roi.position) for roi in roifile.roiread(tmp_path / "cells.zip")] == [
        ("z1-3", 1),
        ("z3-4", 3),
    ]
    dialog.close()


def test_a_model_for_others(taught: SketchDock, tmp_path: Path, messages: list[str]) -> None:
    dialog = ExportDialog(taught, taught.state, taught.exporter, taught.exports, taught.settings)
    dialog.choose("model", "torchscript")
    form = dialog.about_form
    wait_until(lambda: form.licence.count() > 300)
    assert form.licence.currentText() == "CC-BY-4.0"
    form.title.setText("Nuclei in fluorescence")
    form.authors.setPlainText("Ada Lovelace; Analytical Engines; 0000-0002-1825-0097\n\nGrace Hopper")
    form.description.setPlainText("Finds nuclei.")
    dialog.decoder.setChecked(True)
    dialog.export_to(tmp_path / "nuclei")
    wait_until(lambda: taught.exports.written is not None or messages, 120)
    text = dialog.note.text()
    assert text.startswith(f"{tmp_path / 'nuclei.pt'}: torchscript")
    assert "maps differ by at most" in text
    assert (tmp_path / "nuclei.pt").exists()
    dialog.close()

    again = AboutForm(taught.settings).about()
    assert (again.title, again.licence, again.description) == (
        "Nuclei in fluorescence",
        "CC-BY-4.0",
        "Finds nuclei.",
    )
    assert again.authors == (
        Author("Ada Lovelace", "Analytical Engines", "0000-0002-1825-0097"),
        Author("Grace Hopper"),
    )


def test_a_package_needs_authors(taught: SketchDock, tmp_path: Path, messages: list[str]) -> None:
    dialog = ExportDialog(taught, taught.state, taught.exporter, taught.exports, taught.settings)
    dialog.choose("model", "bioimageio")
    dialog.export_to(tmp_path / "nuclei")
    wait_until(lambda: messages)
    assert "needs to know: title, authors" in messages[0]
    assert dialog.start.isEnabled()
    assert list(tmp_path.glob("nuclei*")) == []
    dialog.close()


def test_cancelling_leaves_nothing(taught: SketchDock, tmp_path: Path, messages: list[str]) -> None:
    taught.exports.cells(tmp_path / "cells.json", "coco", measured=True)
    with pytest.raises(SketchcellError, match="already"):
        taught.exports.cells(tmp_path / "cells.tif", "tiff")
    assert taught.state.exporting == 0
    taught.exports.cancel()
    taught.exports.close()
    assert taught.state.exporting is None
    assert messages == ["The export was cancelled; nothing was written."]
    assert list(tmp_path.glob("cells*")) == []


def test_what_others_wrote_is_asked_for(
    taught: SketchDock, tmp_path: Path, messages: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = ExportDialog(taught, taught.state, taught.exporter, taught.exports, taught.settings)
    dialog.choose("cells", "coco")
    path = tmp_path / "cells.json"
    path.write_text("mine")
    dialog.export_to(path)
    assert ["was not written by sketchcell" in text for text in messages] == [True]
    answer = QMessageBox.StandardButton.No
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answer)
    save_as(monkeypatch, tmp_path / "cells")
    dialog.start.click()
    assert path.read_text() == "mine"
    answer = QMessageBox.StandardButton.Yes
    dialog.start.click()
    wait_until(lambda: taught.exports.written is not None)
    assert COCO(path).loadAnns(1)[0]["label"] == 1
    dialog.close()


def test_folders_and_boundaries_are_asked_for(
    taught: SketchDock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = ExportDialog(taught, taught.state, taught.exporter, taught.exports, taught.settings)
    asked = []
    monkeypatch.setattr(
        QMessageBox, "question", lambda *words: (asked.append(words[2]), QMessageBox.StandardButton.No)[1]
    )
    dialog.export_to(tmp_path / "mine")
    written = (tmp_path / "mine" / "config.json").stat().st_mtime_ns
    save_as(monkeypatch, tmp_path / "mine")
    dialog.start.click()
    assert (tmp_path / "mine" / "config.json").stat().st_mtime_ns == written
    dialog.choose("annotation", "tiff")
    for name in ("a.tif", "a_boundaries.tif"):
        (tmp_path / name).write_text("mine")
    save_as(monkeypatch, tmp_path / "a.tif")
    dialog.start.click()
    assert asked == ["'mine' exists. Replace it?", "'a_boundaries.tif' exists. Replace it?"]
    assert (tmp_path / "a.tif").read_text() == (tmp_path / "a_boundaries.tif").read_text() == "mine"
    dialog.close()


def test_the_window(taught: SketchDock, tmp_path: Path, messages: list[str]) -> None:
    commands.export(taught.viewer)
    dialog = taught.window().findChild(ExportDialog)
    assert dialog.kind == "model"
    dialog.export_to(tmp_path / "mine")
    assert is_model_folder(tmp_path / "mine")
    dialog.choose("cells", "tiff")
    dialog.export_to(tmp_path / "cells")
    wait_until(lambda: any("cells.tif" in text for text in messages))
    assert (read_labels(tmp_path / "cells.tif") == taught.state.layers.instances.data).all()
    commands.export(taught.viewer)
    assert taught.window().findChildren(ExportDialog) == [dialog]
    dialog.close()


def test_without_anything_to_export(dock: SketchDock, tmp_path: Path, messages: list[str]) -> None:
    dialog = ExportDialog(dock, dock.state, dock.exporter, dock.exports, dock.settings)
    for kind, words in (("cells", "There are no cells yet"), ("model", "There is no model yet")):
        dialog.choose(kind, dialog.format.itemData(0))
        assert not dialog.start.isEnabled()
        assert dialog.note.text().startswith(words)
        dialog.export_to(tmp_path / "out")
    dialog.choose("annotation", "tiff")
    dialog.export_to(tmp_path / "strokes.tif")
    assert [text.split(":")[0] for text in messages] == [
        "There are no cells yet",
        "There is no model yet",
        "Nothing is painted yet",
    ]
    assert list(tmp_path.glob("*.tif")) == []
    dock.workbench.start()
    with pytest.raises(SketchcellError, match="no cells"):
        dock.exports.cells(tmp_path / "cells.tif", "tiff")
    dialog.close()
