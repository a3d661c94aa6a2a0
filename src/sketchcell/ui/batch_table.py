"""The list of images in the window for many images, and what has become of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from sketchcell.batch import Outcome, Source

_COLUMNS = ("Image", "State", "Cells")
_WORDS = {"running": "running…", "done": "done", "skipped": "done before", "failed": "failed"}
_Index = QModelIndex | QPersistentModelIndex


class ImageTable(QAbstractTableModel):
    """One row an image: its name, its state, its cells."""

    def __init__(self) -> None:
        super().__init__()
        self._sources: list[Source] = []
        self._rows: dict[Path, int] = {}
        self._outcomes: dict[Path, list[Outcome]] = {}

    @property
    def sources(self) -> tuple[Source, ...]:
        """The images, in order."""
        return tuple(self._sources)

    def add(self, sources: Sequence[Source]) -> None:
        """Add images that are not on the list."""
        new = {source.path: source for source in sources if source.path not in self._rows}
        if not new:
            return
        first = len(self._sources)
        self.beginInsertRows(QModelIndex(), first, first + len(new) - 1)
        self._sources += new.values()
        self._rows |= {path: first + number for number, path in enumerate(new)}
        self.endInsertRows()

    def clear(self) -> None:
        """Empty the list."""
        self.beginResetModel()
        self._sources, self._rows, self._outcomes = [], {}, {}
        self.endResetModel()

    def forget(self) -> None:
        """Take all images for new ones."""
        self._outcomes = {}
        if self._sources:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._sources) - 1, len(_COLUMNS) - 1))

    def take(self, outcomes: Sequence[Outcome]) -> None:
        """Show what has become of some images."""
        for outcome in outcomes:
            # Several images in one file share a row.
            others = [one for one in self._outcomes.get(outcome.image, []) if one.state != "running"]
            self._outcomes[outcome.image] = [*others, outcome]
            row = self._rows.get(outcome.image)
            if row is not None:
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(_COLUMNS) - 1))

    def outputs(self, row: int) -> list[Path]:
        """Return the labels of an image that are there."""
        found = self._outcomes.get(self._sources[row].path, [])
        return [one.output for one in found if one.output is not None]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802
        """Return how many images there are."""
        return 0 if parent.isValid() else len(self._sources)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(_COLUMNS)

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the title of a column."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return _COLUMNS[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what stands in a cell of the table, or its tooltip."""
        source = self._sources[index.row()]
        outcomes = self._outcomes.get(source.path, [])
        if role == Qt.ItemDataRole.DisplayRole:
            return (str(source.path), _state(outcomes), _cells(outcomes))[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            said = [one.reason for one in outcomes if one.reason]
            said += [warning for one in outcomes for warning in one.warnings]
            return "\n".join([str(source.path), *said])
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == 2:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


def _state(outcomes: Sequence[Outcome]) -> str:
    for state in ("failed", "running"):
        for one in outcomes:
            if one.state == state:
                why = one.reason.removeprefix(str(one.image)).strip()
                return f"failed: {why}" if state == "failed" else _WORDS[state]
    return _WORDS[outcomes[-1].state] if outcomes else "waiting"


def _cells(outcomes: Sequence[Outcome]) -> str:
    known = [one.cells for one in outcomes if one.output is not None]
    return f"{sum(known):,}" if known else ""
