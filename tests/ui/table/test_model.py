"""The table as Qt sees it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas
import pytest
from qtpy.QtCore import Qt

from sketchcell.ui.table.model import CellsModel

UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
TABLE = pandas.DataFrame(
    {
        "label": [3, 5, 9, 12],
        "size": [2.0, np.nan, 1.0, 2.0],
        "ids": ["5 9", "", "3", "12"],
        "rim": [True, False] * 2,
        "touching": [(10, 5), (), (9,), (10,)],
    }
)


@pytest.fixture
def model(qapp: Any) -> CellsModel:
    model = CellsModel()
    model.set_table(TABLE)
    return model


def shown(model: CellsModel, column: int = 0) -> list[str]:
    return [model.data(model.index(row, column)) for row in range(model.rowCount())]


def test_what_is_shown(model: CellsModel) -> None:
    assert (model.rowCount(), model.columnCount()) == (4, 5)
    assert [model.headerData(i, Qt.Orientation.Horizontal) for i in range(5)] == list(TABLE)
    assert shown(model, 1) == ["2", "", "1", "2"]
    assert shown(model, 2) == ["5 9", "", "3", "12"]
    assert shown(model, 3) == ["yes", "no", "yes", "no"]
    assert shown(model, 4) == ["10, 5", "", "9", "10"]
    tip = model.headerData(1, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    assert "from 1 to 2, median 2" in tip


def test_sorting_is_stable_and_puts_missing_values_last(model: CellsModel) -> None:
    model.sort(1, UP)
    assert shown(model) == ["9", "3", "12", "5"]
    model.sort(1, DOWN)
    assert shown(model) == ["3", "12", "9", "5"]
    model.sort(2, UP)
    assert shown(model, 2) == ["", "12", "3", "5 9"]
    model.sort(4, UP)
    assert shown(model, 4) == ["", "9", "10", "10, 5"]
    model.sort(-1, UP)
    assert shown(model) == ["3", "5", "9", "12"]


def test_a_filter_keeps_the_order(model: CellsModel) -> None:
    model.sort(0, DOWN)
    model.set_filter(np.array([True, False, True, True]))
    assert shown(model) == ["12", "9", "3"]
    assert model.places(np.array([0, 1, 3])).tolist() == [0, 2]
    model.set_filter(None)
    assert model.places(np.array([0, 1, 3])).tolist() == [0, 2, 3]


def test_another_table_is_sorted_by_the_same_column(model: CellsModel) -> None:
    model.sort(0, DOWN)
    model.set_table(pandas.DataFrame({"new": [1, 2, 3], "label": [7, 9, 8]}))
    assert shown(model, 1) == ["9", "8", "7"]
    model.set_table(pandas.DataFrame({"other": [1, 2]}))
    assert shown(model) == ["1", "2"]
    model.set_table(None)
    assert (model.rowCount(), model.columnCount()) == (0, 0)


def test_qt_finds_no_fault_with_it(model: CellsModel, qtmodeltester: Any) -> None:
    qtmodeltester.check(model)
