"""The table as Qt wants it: sorted and filtered by arrays of row numbers, whatever its length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

if TYPE_CHECKING:
    import pandas

_Index = QModelIndex | QPersistentModelIndex
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class CellsModel(QAbstractTableModel):
    """Shows rows of a data frame in some order.

    Attributes
    ----------
    order
        int64: the row of the data frame that is shown at each place.
    """

    def __init__(self) -> None:
        super().__init__()
        self.order: NDArray[np.int64] = np.empty(0, np.int64)
        self._places: NDArray[np.int64] = np.empty(0, np.int64)
        self._names: list[str] = []
        self._columns: list[NDArray[Any]] = []
        self._keep: NDArray[np.bool_] | None = None
        self._by, self._descending = "", False

    def set_table(self, table: pandas.DataFrame | None, keep: NDArray[np.bool_] | None = None) -> None:
        """Show another table, and of it the rows to `keep` only; None: all."""
        self._names = [] if table is None else [str(name) for name in table.columns]
        self._columns = [] if table is None else [table[name].to_numpy() for name in table.columns]
        self._keep = keep
        self._arrange()

    def set_filter(self, keep: NDArray[np.bool_] | None) -> None:
        """Show only some rows; None: all."""
        self._keep = keep
        self._arrange()

    def places(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where rows of the data frame are shown, in ascending order; hidden ones are left out."""
        places = self._places[rows]
        return np.sort(places[places >= 0])

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column; -1: as in the data frame."""
        self._by = self._names[column] if 0 <= column < len(self._names) else ""
        self._descending = order == Qt.SortOrder.DescendingOrder
        self._arrange()

    def _arrange(self) -> None:
        length = len(self._columns[0]) if self._columns else 0
        order = np.arange(length)
        if self._by in self._names:
            order = _sorted(self._columns[self._names.index(self._by)], self._descending)
        if self._keep is not None:
            order = order[self._keep[order]]
        places = np.full(length, -1, np.int64)
        places[order] = np.arange(len(order))
        self.beginResetModel()  # nothing may go wrong from here on: Qt does not survive half a reset
        self.order, self._places = order, places
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802
        """Return how many rows are shown."""
        return 0 if parent.isValid() else len(self.order)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell of the table shows."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if self._columns[index.column()].dtype.kind in "fiu" else None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            value = self._columns[index.column()][self.order[index.row()]]
            return _words(value) if role == Qt.ItemDataRole.DisplayRole else f"{value}"
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's name; in tooltips, where its numbers lie."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._names):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._names[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return _about(self._names[section], self._columns[section])
        return None


def _sorted(values: NDArray[Any], descending: bool) -> NDArray[np.int64]:
    """Return the rows by their values; equal ones stay in order, missing ones come last."""
    ranks = values.astype(np.float64) if values.dtype.kind in "fiub" else _ranks(values)
    missing = np.isnan(ranks)
    order = np.argsort(-ranks if descending else ranks, kind="stable")
    return np.concatenate([order[~missing[order]], order[missing[order]]])


def _ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return numbers in the order of values that are none: words, or tuples of ids."""
    lists = all(isinstance(value, tuple) for value in values)
    keys = list(values) if lists else [_words(value) for value in values]
    rank = {key: number for number, key in enumerate(sorted(set(keys)))}
    return np.array([rank[key] for key in keys], np.float64)


def _words(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value))
    return _rounded(float(value)) if isinstance(value, (float, np.floating)) else str(value)


def _rounded(value: float) -> str:
    if np.isnan(value):
        return ""
    return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"


def _about(name: str, values: NDArray[Any]) -> str:
    kept = values[np.isfinite(values)] if values.dtype.kind in "fiu" else values[:0]
    if not kept.size:
        return f"{name}\nClick to sort"
    low, middle, high = (_rounded(float(value)) for value in (kept.min(), np.median(kept), kept.max()))
    return f"{name}\nfrom {low} to {high}, median {middle}\nClick to sort; again: the other way round"
