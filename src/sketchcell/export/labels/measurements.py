"""The rows of a cell table, found by plane and label."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sketchcell.errors import SketchcellError
from sketchcell.export.labels.planes import LabelPlanes, Place

if TYPE_CHECKING:
    import pandas

_PLACES = ("plane", "plane_0", "plane_1", "z", "t")


class Measurements:
    """What is known of each cell of an image, as numbers.

    Parameters
    ----------
    cells
        With or without a table. One that does not say which plane a row belongs to speaks of cells in all
        planes.

    Raises
    ------
    SketchcellError
        If the table has no column ``label``, or two rows for one cell.
    """

    def __init__(self, cells: LabelPlanes) -> None:
        self._table = cells.table
        self._keys = [] if self._table is None else [name for name in _PLACES if name in self._table]
        if self._table is None:
            return
        if "label" not in self._table:
            raise SketchcellError("The table of cells has no column 'label'; give one that sketchcell wrote.")
        if self._table.duplicated([*self._keys, "label"]).any():
            raise SketchcellError(
                "The table has several rows for one cell; give those of this image, with their plane."
            )

    @property
    def flat(self) -> bool:
        """Whether there is a table with one row a cell, whatever its planes."""
        return self._table is not None and not self._keys

    def of(self, place: Place) -> dict[int, dict[str, float]]:
        """Return the finite numbers of each cell of a plane, by label and column."""
        if self._table is None:
            return {}
        where = {"z": place.z, "t": place.t, "plane": place.number}
        where |= {f"plane_{axis}": step for axis, step in enumerate(place.index)}
        rows = self._table
        for key in self._keys:
            rows = rows[rows[key] == where.get(key, 0)]
        return _numbers(rows, self._keys)


def _numbers(rows: pandas.DataFrame, keys: list[str]) -> dict[int, dict[str, float]]:
    names = [name for name in rows if name not in (*keys, "label") and rows[name].dtype.kind in "buif"]
    columns = [_plain(rows[name].to_numpy()) for name in names]
    found: dict[int, dict[str, float]] = {}
    for label, *values in zip(rows["label"].tolist(), *columns, strict=True):
        found[int(label)] = {
            name: value for name, value in zip(names, values, strict=True) if value is not None
        }
    return found


def _plain(column: Any) -> list[float | None]:
    """Return finite numbers, None for the others: JSON has no word for them."""
    if column.dtype.kind == "b":
        column = column.astype(int)
    values: list[float | None] = column.tolist()
    return [value if value is not None and math.isfinite(value) else None for value in values]
