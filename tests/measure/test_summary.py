"""Figures of whole images, and tables as files."""

import builtins

import numpy as np
import pandas
import pytest

import sketchcell
from sketchcell.errors import SketchcellError
from sketchcell.measure import measure, summarize, write_table


@pytest.fixture
def labels():
    found = np.zeros((2, 50, 40), int)
    found[0, 0:10, 0:10] = 1
    found[0, 10:20, 0:20] = 2
    found[0, 40:50, 0:10] = 3
    return found


def test_figures_of_an_image(labels):
    figures = summarize(measure(labels[0]), labels[0].shape)
    assert figures.to_dict("records") == [
        {
            "cells": 3,
            "confluency": 400 / 2000,
            "mean_area": pytest.approx(400 / 3),
            "density_per_mpx": pytest.approx(1500),
            "mean_neighbours": pytest.approx(2 / 3),
        }
    ]
    known = sketchcell.summarize(measure(labels[0]), labels[0].shape, (2, 0.5)).iloc[0]
    assert known["mean_area_um2"] == pytest.approx(400 / 3)
    assert known["density_per_mm2"] == pytest.approx(3 / (2000 * 1e-6))


def test_figures_of_planes(labels):
    figures = summarize(measure(labels), labels.shape)
    assert figures["plane"].tolist() == [0, 1]
    assert figures["cells"].tolist() == [3, 0]
    assert figures["confluency"].tolist() == [0.2, 0]
    assert np.isnan(figures["mean_area"][1])
    assert np.isnan(figures["mean_neighbours"][1])
    assert summarize(measure(labels[1]), labels[1].shape)["cells"].tolist() == [0]
    deep = summarize(measure(labels[np.newaxis]), labels[np.newaxis].shape)
    assert deep[["plane_0", "plane_1", "cells"]].to_numpy().tolist() == [[0, 0, 3], [0, 1, 0]]


def test_figures_need_the_right_shape(labels):
    for shape, table in (((50,), labels), ((50, 40), labels), ((2, 50, 40), labels[0]), ((0, 40), labels[0])):
        with pytest.raises(SketchcellError, match="shape"):
            summarize(measure(table), shape)


@pytest.mark.parametrize("array", [np.eye(3, dtype=int), np.array([[1, 2], [3, 0]])])
def test_files(tmp_path, array):
    cells = measure(array)
    write_table(tmp_path / "a.csv", cells)
    stored = pandas.read_csv(tmp_path / "a.csv", keep_default_na=False, dtype={"neighbour_ids": str})
    assert stored["neighbour_ids"].tolist() == [" ".join(map(str, ids)) for ids in cells["neighbour_ids"]]
    write_table(tmp_path / "a.parquet", cells)
    stored = pandas.read_parquet(tmp_path / "a.parquet")
    assert [tuple(ids) for ids in stored["neighbour_ids"]] == cells["neighbour_ids"].tolist()
    others = cells.drop(columns="neighbour_ids")
    assert stored.drop(columns="neighbour_ids").equals(others)
    write_table(tmp_path / "empty.parquet", cells.iloc[:0])
    assert pandas.read_parquet(tmp_path / "empty.parquet").columns.tolist() == cells.columns.tolist()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.parquet", "empty.parquet"]


def test_other_names_are_refused(tmp_path, monkeypatch):
    cells = measure(np.eye(3, dtype=int))
    with pytest.raises(SketchcellError, match=r"csv or \.parquet"):
        write_table(tmp_path / "a.xlsx", cells)

    def without(name, *rest):
        if name == "pyarrow":
            raise ImportError(name)
        return real(name, *rest)

    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SketchcellError, match=r"napari-sketchcell\[parquet\]"):
        write_table(tmp_path / "a.parquet", cells)
