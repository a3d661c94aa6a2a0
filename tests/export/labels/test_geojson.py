"""GeoJSON, read with shapely and filled again."""

from __future__ import annotations

import json

import numpy as np
import pandas
import pytest
import shapely
from drawings import HARD, packed, planes, stacks
from hypothesis import HealthCheck, example, given, settings

from sketchcell.errors import SketchcellError
from sketchcell.export.labels import LabelPlanes, Options, exporting_labels
from sketchcell.inference import drain


def written(path, cells, **options):
    count = drain(exporting_labels(cells, path, "geojson", Options(**options)))
    collection = json.loads(path.read_text())
    assert collection["type"] == "FeatureCollection"
    assert len(collection["features"]) == count
    return collection["features"]


def filled(features, size, plane=(0, 0)):
    labels = np.zeros(size, np.int64)
    rows, columns = np.mgrid[: size[0], : size[1]] + 0.5
    for feature in features:
        where = feature["geometry"].get("plane", {"c": -1, "z": 0, "t": 0})
        if (where["t"], where["z"]) == plane:
            shape = shapely.geometry.shape(feature["geometry"])
            assert shape.is_valid
            labels[shapely.contains_xy(shape, columns, rows)] = int(feature["properties"]["name"])
    return labels


@given(labels=planes)
@example(labels=HARD)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_filled_are_the_labels(labels, tmp_path):
    features = written(tmp_path / "a.geojson", LabelPlanes("a", [labels]))
    assert (filled(features, labels.shape) == labels).all()
    for feature in features:
        shape = shapely.geometry.shape(feature["geometry"])
        assert (feature["geometry"]["type"] == "MultiPolygon") == (shapely.get_num_geometries(shape) > 1)
        for polygon in shapely.get_parts(shape):
            assert polygon.exterior.is_ccw
        rings = feature["geometry"]["coordinates"]
        if feature["geometry"]["type"] == "MultiPolygon":
            rings = [ring for polygon in rings for ring in polygon]
        assert all(ring[0] == ring[-1] and len(ring) >= 5 for ring in rings)


def test_what_qupath_reads(tmp_path):
    table = pandas.DataFrame(
        {"label": [4, 1], "area": [3, 18], "mean": [np.nan, 0.5], "file": ["a", "a"], "border": [True, False]}
    )
    features = written(tmp_path / "a.geojson", LabelPlanes("a", [HARD], table=table), object_type="cell")
    assert [feature["properties"]["name"] for feature in features] == ["1", "2", "3", "4"]
    assert all(feature["properties"]["objectType"] == "cell" for feature in features)
    known = [feature["properties"].get("measurements") for feature in features]
    assert known == [{"area": 18, "mean": 0.5, "border": 0}, None, None, {"area": 3, "border": 1}]
    assert all("plane" not in feature["geometry"] for feature in features)


def test_planes_of_stacks(tmp_path):
    labels = stacks((2, 3, 6, 5))
    table = pandas.DataFrame({"plane_0": [0, 1], "plane_1": [2, 2], "label": [1, 1], "area": [7, 8]})
    cells = LabelPlanes("a", labels.reshape(6, 6, 5), (2, 3), ("t", "z"), table=table)
    features = written(tmp_path / "a.geojson", cells)
    for time in range(2):
        for depth in range(3):
            assert (filled(features, (6, 5), (time, depth)) == labels[time, depth]).all()
    known = {
        (feature["geometry"]["plane"]["t"], feature["properties"]["measurements"]["area"])
        for feature in features
        if "measurements" in feature["properties"]
    }
    assert known == {(0, 7), (1, 8)}


@pytest.mark.slow
def test_more_cells_than_16_bits_count(tmp_path):
    labels = packed()
    features = written(tmp_path / "a.geojson", LabelPlanes("a", [labels]))
    corners = np.array([feature["geometry"]["coordinates"][0] for feature in features])
    column, row = corners.min(axis=1).T
    assert (labels[row, column] == [int(feature["properties"]["name"]) for feature in features]).all()
    assert len(features) == labels.max()


def test_refuses(tmp_path):
    cells = LabelPlanes("a", [HARD])
    with pytest.raises(SketchcellError, match="no objects 'tile'"):
        written(tmp_path / "a.geojson", cells, object_type="tile")
    for table, words in (({"area": [1]}, "no column 'label'"), ({"label": [1, 1]}, "several rows")):
        with pytest.raises(SketchcellError, match=words):
            written(tmp_path / "a.geojson", LabelPlanes("a", [HARD], table=pandas.DataFrame(table)))
    assert [*tmp_path.iterdir()] == []
