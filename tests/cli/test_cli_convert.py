"""Labels → the formats of other programs, from the shell."""

from __future__ import annotations

import json

import numpy as np
import pandas
import pytest
import roifile
import zarr

from sketchcell.cli import main
from sketchcell.export.labels import open_labels
from sketchcell.images import read_labels


def convert(*words):
    return main(["convert", *words])


def test_every_format(desk, capsys):
    truth = read_labels(desk.path("truth.tif"))
    for name, suffix in (("geojson", "geojson"), ("imagej", "zip"), ("coco", "json"), ("tiff", "tif")):
        out = desk.path(f"new/cells.{suffix}")
        assert convert(desk.path("truth.tif"), "--to", name, "--out", out) == 0
        assert capsys.readouterr().out == f"{out}: {truth.max()} cells\n"
    assert len(json.loads((desk.folder / "new/cells.geojson").read_text())["features"]) == truth.max()
    assert len(roifile.roiread(desk.path("new/cells.zip"))) == truth.max()
    assert len(json.loads((desk.folder / "new/cells.json").read_text())["annotations"]) == truth.max()
    assert (read_labels(desk.path("new/cells.tif")) == truth).all()


def test_through_ome_zarr_and_back(desk):
    stack = np.stack([read_labels(desk.path("truth.tif"))] * 3)
    desk.save("stack.tif", stack.astype(np.uint16), metadata={"axes": "ZYX"}, photometric="minisblack")
    sizes = ("--pixel-size", "2,0.5,0.25", "--ome-zarr-version", "0.4")
    assert convert("stack.tif", "--to", "ome-zarr", "--out", "a.ome.zarr", *sizes) == 0
    group = zarr.open_group("a.ome.zarr", mode="r")
    assert group.metadata.zarr_format == 2
    level = group.attrs["multiscales"][0]["datasets"][0]
    assert level["coordinateTransformations"][0]["scale"] == [2, 0.5, 0.25]
    assert convert("a.ome.zarr", "--to", "tiff", "--out", "again.tif") == 0
    again = open_labels(desk.folder / "again.tif")
    assert again.roles == ("z",)
    assert again.pixel_size == pytest.approx({"z": 2, "y": 0.5, "x": 0.25})
    assert all((again.plane(at) == plane).all() for at, plane in enumerate(stack))


def test_several(desk, cells, capsys):
    for seed in (1, 2):
        desk.save(f"{seed}_labels.tif", cells(seed)[1])
    both = ("1_labels.tif", "2_labels.tif")
    assert convert(*both, "--to", "geojson", "--out", "outlines") == 0
    assert {path.name for path in (desk.folder / "outlines").iterdir()} == {
        "1_labels.geojson",
        "2_labels.geojson",
    }
    assert convert(*both, "--to", "coco", "--out", "all.json", "--polygons") == 0
    images = json.loads((desk.folder / "all.json").read_text())["images"]
    assert [image["file_name"] for image in images] == ["1.tif", "2.tif"]


def test_measurements(desk, cells):
    for seed in (1, 2):
        desk.save(f"{seed}.tif", cells(seed)[1])
    assert main(["measure", "1.tif", "2.tif", "--out", "cells.csv"]) == 0
    assert convert("1.tif", "2.tif", "--to", "geojson", "--out", "o", "--table", "cells.csv") == 0
    table = pandas.read_csv("cells.csv")
    table.to_parquet("cells.parquet")
    words = ("1.tif", "--to", "geojson", "--out", "same.geojson", "--table", "cells.parquet")
    assert convert(*words) == 0
    assert (desk.folder / "same.geojson").read_text() == (desk.folder / "o/1.geojson").read_text()
    for seed in (1, 2):
        features = json.loads((desk.folder / f"o/{seed}.geojson").read_text())["features"]
        areas = {one["properties"]["label"]: one["properties"]["measurements"]["area"] for one in features}
        rows = table[table["file"] == f"{seed}.tif"]
        assert areas == dict(zip(rows["label"], rows["area"], strict=True))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "svg", "--out", "a.svg"), "cannot be written as 'svg'"),
        (("--to", "tiff", "--out", "truth.tif"), "one of the inputs"),
        (("--to", "geojson", "--out", "image.tif"), "was not written by sketchcell"),
        (("--to", "geojson", "--out", "a.geojson", "--object-type", "tile"), "no objects 'tile'"),
        (("--to", "ome-zarr", "--out", "a.zarr", "--ome-zarr-version", "0.1"), "0.1 cannot be written"),
        (("--to", "geojson", "--out", "a.geojson", "--table", "none.csv"), "does not exist"),
        (("--to", "geojson", "--out", "a.geojson", "--table", "other.csv"), "no rows about"),
        (("--to", "tiff", "--out", "a.tif", "--pixel-size", "1,2,3,4"), "more numbers"),
        (("--to", "tiff", "--out", "a.tif", "--pixel-size", "wide"), "not a number above 0"),
    ],
)
def test_refuses(desk, refused, words, said):
    (desk.folder / "other.csv").write_text("file,label,area\nelse.tif,1,2\n")
    assert said in refused("convert", "truth.tif", *words)


def test_parquet_without_its_library(desk, refused, monkeypatch):
    def without(*_):
        raise ImportError("pyarrow")

    monkeypatch.setattr(pandas, "read_parquet", without)
    words = ("--to", "geojson", "--out", "a.geojson", "--table", "cells.parquet")
    assert "napari-sketchcell[parquet]" in refused("convert", "truth.tif", *words)


def test_refuses_rows_of_files_of_the_same_name(desk, refused):
    (desk.folder / "two.csv").write_text("file,label,area\na/truth.tif,1,2\nb/truth.tif,1,3\n")
    said = refused("convert", "truth.tif", "--to", "geojson", "--out", "a.geojson", "--table", "two.csv")
    assert "several files named truth.tif" in said


def test_refuses_what_holds_no_labels(desk, refused):
    out = ("--to", "geojson", "--out", "a.geojson")
    assert "does not exist" in refused("convert", "none.tif", *out)
    assert "not whole numbers" in refused("convert", desk.save("f.tif", np.full((4, 4), 0.5)), *out)
    (desk.folder / "empty").mkdir()
    assert "no OME-Zarr" in refused("convert", "empty", *out)
    zarr.create_group(desk.path("f.zarr"))
    assert "no OME-Zarr" in refused("convert", "f.zarr", *out)
    (desk.folder / "b").mkdir()
    desk.save("b/truth.tif", np.eye(3, dtype=np.uint8))
    assert "Two of the labels" in refused("convert", "truth.tif", "b/truth.tif", "--to", "tiff", "--out", "o")
