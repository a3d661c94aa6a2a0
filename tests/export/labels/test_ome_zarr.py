"""OME-Zarr labels, read with ome-zarr."""

from __future__ import annotations

import warnings

import numpy as np
import pandas
import pytest
import zarr
from drawings import HARD, packed, stacks

from sketchcell.errors import SketchcellError
from sketchcell.export.labels import LabelPlanes, Options, exporting_labels, open_labels
from sketchcell.images import open_image
from sketchcell.inference import drain

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from ome_zarr.format import format_from_version
    from ome_zarr.io import parse_url
    from ome_zarr.reader import Reader
    from ome_zarr.writer import write_image


def write(path, cells, version=None):
    return drain(exporting_labels(cells, path, "ome-zarr", Options(version=version)))


def nodes(path):
    return {node.zarr.path.rstrip("/").split("/")[-1]: node for node in Reader(parse_url(path))()}


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_folder_of_its_own(tmp_path, version):
    labels = np.kron(packed(90_000), np.ones((4, 5), np.int32))
    table = pandas.DataFrame({"label": [3, 70_000], "area": [20, 20.5]})
    cells = LabelPlanes("a", [labels], pixel_size={"y": 0.5, "x": 0.25}, table=table)
    path = tmp_path / "cells.ome.zarr"
    assert write(path, cells, version) == labels.max()
    (node,) = [node for node in Reader(parse_url(path))() if node.data]
    levels = [np.asarray(level) for level in node.data]
    assert (levels[0] == labels).all()
    assert [level.shape for level in levels] == [(1200, 1500), (600, 750), (300, 375)]
    assert all(np.isin(level, labels).all() for level in levels)
    scales = [one[0]["scale"] for one in node.metadata["coordinateTransformations"]]
    assert scales == [[0.5, 0.25], [1.0, 0.5], [2.0, 1.0]]
    assert [(axis["name"], axis["unit"]) for axis in node.metadata["axes"]] == [
        ("y", "micrometer"),
        ("x", "micrometer"),
    ]
    group = zarr.open_group(path, mode="r")
    assert group.metadata.zarr_format == {"0.4": 2, "0.5": 3}[version]
    about = dict(group.attrs.get("ome", group.attrs))["image-label"]
    assert about["version"] == version
    assert about["properties"] == [{"label-value": 3, "area": 20}, {"label-value": 70_000, "area": 20.5}]


@pytest.mark.parametrize("axes", [("t", "z"), ("z", "t"), ("", "")])
def test_stacks(tmp_path, axes):
    labels = stacks((2, 3, 6, 5))
    path = tmp_path / "a.ome.zarr"
    write(path, LabelPlanes("a", labels.reshape(6, 6, 5), (2, 3), axes, {"z": 2.0, "y": 1.0, "x": 1.0}))
    opened = open_image(path)
    expected = labels.swapaxes(0, 1) if axes == ("z", "t") else labels
    assert opened.axes == ("t", "z", "y", "x")
    assert (opened.data[:] == expected).all()
    again = open_labels(path)
    assert (again.leading, again.axes, again.name) == (expected.shape[:2], ("t", "z"), "a")
    assert all((again.plane(number) == plane).all() for number, plane in enumerate(expected.reshape(6, 6, 5)))


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_inside_an_image(tmp_path, version):
    image = tmp_path / "image.ome.zarr"
    form = format_from_version(version)
    group = zarr.open_group(image, mode="w", zarr_format=form.zarr_format)
    write_image(HARD.astype(np.float32), group, axes="yx", scale_factors=[], fmt=form)
    for name, labels in (("cells", HARD), ("nuclei", HARD // 2), ("cells", HARD * 2)):
        write(image / "labels" / name, LabelPlanes("a", [labels]))
    found = nodes(image)
    assert (np.asarray(found["cells"].data[0]) == HARD * 2).all()
    assert (np.asarray(found["nuclei"].data[0]) == HARD // 2).all()
    inner = zarr.open_group(image / "labels" / "cells", mode="r")
    about = dict(inner.attrs.get("ome", inner.attrs))["image-label"]
    assert about["source"] == {"image": "../../"}
    other = {"0.4": "0.5", "0.5": "0.4"}[version]
    with pytest.raises(SketchcellError, match="so must its labels be"):
        write(image / "labels" / "more", LabelPlanes("a", [HARD]), other)
    with pytest.raises(SketchcellError, match=r"2 names \(cells, nuclei\)"):
        open_labels(image)
    assert (open_labels(image / "labels" / "nuclei").plane(0) == HARD // 2).all()
    assert {path.name for path in (image / "labels").iterdir() if path.is_dir()} == {"cells", "nuclei"}


def test_narrow_and_empty(tmp_path):
    narrow = np.ones((3, 5000), np.uint8)
    assert write(tmp_path / "a.ome.zarr", LabelPlanes("a", [narrow])) == 1
    assert (open_labels(tmp_path / "a.ome.zarr").plane(0) == narrow).all()
    assert write(tmp_path / "b.ome.zarr", LabelPlanes("a", [np.zeros((4, 4), int)])) == 0


def test_refuses(tmp_path):
    with pytest.raises(SketchcellError, match=r"0\.3 cannot be written"):
        write(tmp_path / "a.ome.zarr", LabelPlanes("a", [HARD]), "0.3")
    with pytest.raises(SketchcellError, match="does not exist"):
        write(tmp_path / "none" / "a.ome.zarr", LabelPlanes("a", [HARD]))
    zarr.create_array(tmp_path / "f.zarr", shape=(2, 2), dtype="f4")
    with pytest.raises(SketchcellError, match="no OME-Zarr image"):
        open_labels(tmp_path / "f.zarr")
