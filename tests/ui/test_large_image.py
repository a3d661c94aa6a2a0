"""A large image: its cells grow in a layer, and stay in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from qtpy.QtWidgets import QFileDialog

from sketchcell.errors import SketchcellError
from sketchcell.images import open_image
from sketchcell.pretrained import prior_model
from sketchcell.ui import large_image
from sketchcell.ui.dock import SketchDock

from .conftest import wait_until


@pytest.fixture
def slide(dock: SketchDock, monkeypatch: pytest.MonkeyPatch) -> SketchDock:
    """The sample counts as large, and is looked at in blocks of 96 pixels."""
    monkeypatch.setattr(large_image, "LARGE", 1000)
    monkeypatch.setattr("sketchcell.large.plan.BLOCK", 96)
    layer = dock.viewer.layers["nuclei"]
    layer.scale, layer.units = (0.5, 0.5), ("um", "um")
    dock.state.model = prior_model("flow", 1)
    return dock


def levels(data: object) -> list[np.ndarray]:
    return [np.asarray(level) for level in (data if isinstance(data, list | tuple) else [data])]


@pytest.mark.parametrize("ending", [".zarr", ".tif"])
def test_cells_grow_and_are_written(
    slide: SketchDock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    path = tmp_path / f"cells{ending}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    grown: list[int] = []
    grow = slide.large_image._grow

    def count(*arguments: object) -> None:
        grow(*arguments)
        grown.append(int((slide.viewer.layers[-1].data[1] > 0).sum()))

    monkeypatch.setattr(slide.large_image, "_grow", count)
    slide.result_panel.whole.click()
    assert slide.state.progress is not None
    wait_until(lambda: slide.state.progress is None and "cells of nuclei" in slide.viewer.layers, 60)
    assert len(grown) > 0
    assert grown == sorted(grown)
    layer = slide.viewer.layers["cells of nuclei"]
    image = slide.viewer.layers["nuclei"]
    expected = slide.state.model.segment(image.data)
    found = levels(layer.data)[0]
    assert found.max() == expected.max()
    np.testing.assert_array_equal(found > 0, expected > 0)
    np.testing.assert_array_equal(layer.extent.world, image.extent.world)
    opened = open_image(path)
    np.testing.assert_array_equal(levels(opened.data)[0], found)
    assert opened.pixel_size == pytest.approx({"y": 0.5, "x": 0.5})
    assert [entry.name for entry in tmp_path.glob(".cells*")] == []


def test_stopped_it_goes_on_later(slide: SketchDock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sketchcell.large.plan.BLOCK", 48)
    path = tmp_path / "cells.zarr"
    slide.large_image.start(path)
    wait_until(lambda: "cells of nuclei" in slide.viewer.layers, 60)
    slide.result_panel.cancel.click()
    assert slide.state.progress is None
    assert not path.exists()
    records = tmp_path / ".cells.zarr.part" / "work" / "records"
    done = len(list(records.iterdir()))
    assert done > 0
    slide.large_image.start(path)
    wait_until(path.exists, 120)
    wait_until(lambda: slide.state.progress is None)
    expected = slide.state.model.segment(slide.viewer.layers["nuclei"].data)
    assert levels(open_image(path).data)[0].max() == expected.max()


def test_what_cannot_be_is_said(slide: SketchDock, tmp_path: Path) -> None:
    (tmp_path / "there.tif").write_bytes(b"mine")
    with pytest.raises(SketchcellError, match="there already"):
        slide.large_image.start(tmp_path / "there.tif")
    with pytest.raises(SketchcellError, match="does not exist"):
        slide.large_image.start(tmp_path / "nowhere" / "cells.tif")
    with pytest.raises(SketchcellError, match=r"end it in \.zarr or \.tif"):
        slide.large_image.start(tmp_path / "cells.png")
    slide.viewer.layers["nuclei"].data = np.zeros((6, 120, 130), np.uint8)
    with pytest.raises(SketchcellError, match="Batch segmentation"):
        slide.large_image.start(tmp_path / "cells.tif")
    assert slide.state.progress is None
    assert (tmp_path / "there.tif").read_bytes() == b"mine"
