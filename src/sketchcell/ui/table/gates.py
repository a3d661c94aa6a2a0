"""Gates: parts of a plot that choose the cells within."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas

Corner = tuple[float, float]


class Region(Protocol):
    """A part of a plot."""

    @property
    def columns(self) -> tuple[str, ...]:
        """What the axes of the plot are."""

    def holds(self, table: pandas.DataFrame) -> NDArray[np.bool_]:
        """Tell of each row whether it is within; what is not a number is not."""


@dataclass(frozen=True)
class Span:
    """A part of a histogram, both ends included."""

    column: str
    low: float
    high: float

    @property
    def columns(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def holds(self, table: pandas.DataFrame) -> NDArray[np.bool_]:
        """Tell of each row whether it is within; what is not a number is not."""
        values = numbers(table, self.column)
        return (values >= self.low) & (values <= self.high)


@dataclass(frozen=True)
class Polygon:
    """A part of a scatter plot, with at least three corners."""

    x: str
    y: str
    corners: tuple[Corner, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Both columns."""
        return self.x, self.y

    def holds(self, table: pandas.DataFrame) -> NDArray[np.bool_]:
        """Tell of each row whether it is within; what is not a number is not."""
        from skimage import measure

        points = np.column_stack([numbers(table, self.x), numbers(table, self.y)])
        corners = np.array(self.corners)
        within = np.zeros(len(points), np.bool_)
        near = ((points >= corners.min(axis=0)) & (points <= corners.max(axis=0))).all(axis=1)
        points_in_poly: Callable[..., NDArray[np.bool_]] = measure.points_in_poly
        within[near] = points_in_poly(points[near], corners)
        return within


@dataclass(frozen=True)
class Gate:
    """The cells within a region, or all others."""

    region: Region
    inverted: bool = False

    def fits(self, table: pandas.DataFrame) -> bool:
        """Tell whether a table has the columns."""
        return all(column in table for column in self.region.columns)

    def holds(self, table: pandas.DataFrame) -> NDArray[np.bool_]:
        """Tell of each row whether it is chosen."""
        held = self.region.holds(table)
        return ~held if self.inverted else held


def numbers(table: pandas.DataFrame, column: str) -> NDArray[np.float64]:
    """Return a column of numbers as float64, NaN where one is missing."""
    values: NDArray[np.float64] = table[column].to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def numeric_columns(table: pandas.DataFrame) -> list[str]:
    """Return the names of the columns that can be plotted: numbers, but for the cells' own."""
    return [
        str(name)
        for name in table.columns
        if table[name].dtype.kind in "fiu" and name != "label" and not str(name).startswith("plane")
    ]
