"""The list of cells: rows that are selected there are selected in the image, and the other way round."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtCore import QItemSelection, QItemSelectionModel, QItemSelectionRange, QModelIndex, Qt
from qtpy.QtGui import QKeyEvent, QKeySequence
from qtpy.QtWidgets import QAbstractItemView, QTableView

from sketchcell.ui.table.model import CellsModel
from sketchcell.ui.table.state import TableState

_MOST_RUNS = 500  # of rows that lie together; Qt takes long to select many more


class CellsView(QTableView):
    """Shows the measured cells.

    Parameters
    ----------
    table
        What is measured and selected.
    """

    went = Signal(int)
    """A person has gone to a row of the table's data frame."""

    copied = Signal()
    """A person wants to copy what is selected."""

    def __init__(self, table: TableState) -> None:
        super().__init__()
        self._table = table
        self._following = False
        self.cells = CellsModel()
        self.setModel(self.cells)
        self.setSortingEnabled(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setAlternatingRowColors(False)
        self.setTabKeyNavigation(False)
        self.setAccessibleName("Table of cells")
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        rows.setDefaultSectionSize(self.fontMetrics().height() + 6)
        columns.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        columns.setSortIndicatorClearable(True)
        for header in (rows, columns):
            # Qt would ask of every column, at each repaint, whether all of its rows are selected
            header.setSelectionModel(QItemSelectionModel(self.cells, header))
        self.clicked.connect(self._on_clicked)
        self.cells.modelReset.connect(self._show_picked)
        table.events.picked.connect(self._show_picked)
        self._connect()

    def _connect(self) -> None:
        selection = self.selectionModel()
        selection.selectionChanged.connect(self._on_selected)
        selection.currentRowChanged.connect(self._on_current)

    def close_down(self) -> None:
        """Let go of what is measured."""
        self._table.events.picked.disconnect(self._show_picked)

    def fit_columns(self) -> None:
        """Make columns as wide as their names."""
        header = self.horizontalHeader()
        for column in range(self.cells.columnCount()):
            wide = header.sectionSizeHint(column)
            self.setColumnWidth(column, max(wide, self.fontMetrics().horizontalAdvance("0000000.00")))

    def selected_rows(self) -> NDArray[np.int64]:
        """Return the selected rows of the data frame."""
        order = self.cells.order
        selection = self.selectionModel().selection()
        parts = [selection.at(number) for number in range(selection.count())]
        runs = [order[part.top() : part.bottom() + 1] for part in parts]
        return np.unique(np.concatenate([np.empty(0, np.int64), *runs]))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Copy whole rows, rather than the one cell that Qt would."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copied.emit()
            return
        super().keyPressEvent(event)

    def _on_selected(self) -> None:
        if not self._following:
            self._following = True
            self._table.picked = self.selected_rows()
            self._following = False

    def _on_current(self, current: QModelIndex) -> None:
        if not self._following and current.isValid():
            self.went.emit(int(self.cells.order[current.row()]))

    def _on_clicked(self, index: QModelIndex) -> None:
        self.went.emit(int(self.cells.order[index.row()]))

    def _show_picked(self) -> None:
        """Select the rows of the cells that are selected, and bring the first into view."""
        if self._following:
            return
        self._following = True
        places = self.cells.places(self._table.picked)
        selection = _selection(self.cells, places)
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().select(selection, flags.ClearAndSelect | flags.Rows)
        if places.size:
            index = self.cells.index(int(places[0]), max(self.currentIndex().column(), 0))
            self.selectionModel().setCurrentIndex(index, flags.NoUpdate)
            self.scrollTo(index)
        self._following = False


def _selection(cells: CellsModel, places: NDArray[np.int64]) -> QItemSelection:
    selection = QItemSelection()
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if places.size else []
    last = cells.columnCount() - 1
    for run in runs if len(runs) <= _MOST_RUNS else []:
        selection.append(QItemSelectionRange(cells.index(int(run[0]), 0), cells.index(int(run[-1]), last)))
    return selection
