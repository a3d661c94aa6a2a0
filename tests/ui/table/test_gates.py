"""Which cells are within a gate, and which meet a filter."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sketchcell.errors import SketchcellError
from sketchcell.ui.table.filters import matching
from sketchcell.ui.table.gates import Gate, Polygon, Span, numbers, numeric_columns

TABLE = pandas.DataFrame(
    {
        "plane": [0, 0, 1, 1],
        "label": [1, 2, 1, 7],
        "area": [10, 20, 30, 40],
        "solidity": [0.5, np.nan, 0.9, 1.0],
        "touches_border": [True, False, False, True],
        "neighbours": ["2 3", "", "7", "1"],
    }
)


def test_a_span_holds_both_ends_and_no_missing_value() -> None:
    assert Span("area", 20, 30).holds(TABLE).tolist() == [False, True, True, False]
    assert Span("solidity", 0, 1).holds(TABLE).tolist() == [True, False, True, True]


def test_an_inverted_gate_holds_all_others() -> None:
    gate = Gate(Span("area", 20, 30), inverted=True)
    assert gate.holds(TABLE).tolist() == [True, False, False, True]


def crossings(x: float, y: float, corners: list[tuple[float, float]]) -> int:
    """How many sides of a polygon lie to the right of a point."""
    found = 0
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (y0 > y) != (y1 > y):
            found += x < x0 + (y - y0) * (x1 - x0) / (y1 - y0)
    return found


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=8, unique=True),
    st.integers(0, 2**16),
)
def test_a_polygon_holds_what_is_within_an_odd_number_of_sides(
    corners: list[tuple[float, float]], seed: int
) -> None:
    points = np.random.default_rng(seed).uniform(-1, 10, (40, 2))
    table = pandas.DataFrame(points, columns=["a", "b"])
    held = Polygon("a", "b", tuple(corners)).holds(table)
    assert held.tolist() == [crossings(x, y, corners) % 2 == 1 for x, y in points]


def test_a_gate_fits_only_tables_with_its_columns() -> None:
    assert Gate(Polygon("area", "solidity", ((0, 0), (1, 0), (0, 1)))).fits(TABLE)
    assert not Gate(Span("volume", 0, 1)).fits(TABLE)


def test_columns_that_can_be_plotted() -> None:
    assert numeric_columns(TABLE) == ["area", "solidity"]
    assert np.isnan(numbers(TABLE, "solidity")[1])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", [1, 1, 1, 1]),
        ("area > 10", [0, 1, 1, 1]),
        ("area>=20, area<40", [0, 1, 1, 0]),
        ("area >= 20 and solidity > 0.8", [0, 0, 1, 1]),
        ("area > 1e1 & solidity<=.9", [0, 0, 1, 0]),
        ("1", [1, 0, 1, 0]),
        ("1, plane = 1", [0, 0, 1, 0]),
        ("label != 1", [0, 1, 0, 1]),
        ("touches_border = yes", [1, 0, 0, 1]),
        ("area > -5", [1, 1, 1, 1]),
    ],
)
def test_filters(text: str, kept: list[int]) -> None:
    assert matching(TABLE, text).tolist() == [bool(keep) for keep in kept]


@pytest.mark.parametrize(
    "text", ["area", "area >", "volume > 3", "neighbours > 2", "area > much", "__import__('os')", "area > 1,"]
)
def test_what_is_no_filter_is_told(text: str) -> None:
    with pytest.raises(SketchcellError, match="area > 100"):
        matching(TABLE, text)
