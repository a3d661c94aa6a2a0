"""The list of cells, with what one does to it: measure, filter, copy, save."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import (
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
)
from superqt import QElidingLabel

from sketchcell.errors import SketchcellError
from sketchcell.measure.tables import as_csv, require_table_name
from sketchcell.ui.exporting import Exporter
from sketchcell.ui.jobs import Job
from sketchcell.ui.measuring import pixel_of
from sketchcell.ui.notify import inform, tell
from sketchcell.ui.panels.progress_row import ProgressRow
from sketchcell.ui.panels.section import Section, row, sentence
from sketchcell.ui.panels.wheel import calm
from sketchcell.ui.state import State
from sketchcell.ui.table.filters import matching
from sketchcell.ui.table.measurer import NO_CELLS, Measurer
from sketchcell.ui.table.view import CellsView

_TYPED = 250  # ms after the last key until rows are filtered
_HINT = "Click a row to see its cell, or a cell in the image to see its row."
_FILES = "Table (*.csv);;Parquet (*.parquet)"
GATE = "gate"
"""The column of a saved table that says which cells the gate chooses."""


class ListPanel(Section):
    """Shows the measured cells as rows.

    Parameters
    ----------
    state, exporter
        As everywhere.
    measurer
        Measures them.
    """

    def __init__(self, state: State, exporter: Exporter, measurer: Measurer) -> None:
        super().__init__()
        self._state, self._exporter, self._measurer = state, exporter, measurer
        self._table = measurer.table
        self._copying: Job | None = None
        self._complaint = ""  # about the filter
        self.figures = QElidingLabel()
        self.figures.setToolTip(
            "Of what was measured: how many cells, the share of the image that they cover (confluency), "
            "their mean area, how many there are in an area, and how many others each touches"
        )
        self.note = sentence(small=True)
        self.planes = QComboBox()
        self.planes.addItems(["Plane in view", "All planes"])
        self.planes.setToolTip("Which planes of the stack are measured")
        calm(self.planes)
        self.distance = QDoubleSpinBox()
        self.distance.setRange(0, 9999)
        self.distance.setDecimals(2)
        self.distance.setSpecialValueText("touching")
        self.distance.setPrefix("within ")
        self.distance.setToolTip(
            "Which cells are neighbours: those that touch, or also those of which the nearest pixels are at "
            "most so far apart, from middle to middle"
        )
        self.distance.setAccessibleName("Distance of neighbours")
        self.distance.setKeyboardTracking(False)
        calm(self.distance)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter: area > 100, solidity < 0.9")
        self.filter.setToolTip(
            "List only cells that meet conditions on columns, with a comma between them; "
            "or the one with a number"
        )
        self.filter.setAccessibleName("Filter cells")
        self.filter.setClearButtonEnabled(True)
        self.count = QLabel()
        self.count.setProperty("small", True)
        self.measure = _button("Measure again", "Measure the cells as they are now")
        self.copy = _button("Copy", "Copy the selected rows to the clipboard, for a spreadsheet (Ctrl+C)")
        self.save = _button(
            "Save…", "Write all cells to a file, CSV or Parquet; with a gate, a column says who is in"
        )
        self.view = CellsView(self._table)
        self.view.setToolTip(_HINT)
        self.progress = ProgressRow(
            "How many cells are measured", "Stop measuring; the table stays as it was", measurer.cancel
        )
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(_TYPED)
        self.add(self.figures)
        self.add(self.note)
        self.add(row(self.planes, self.filter, self.count, stretch=1))
        near = QLabel("Neighbours")
        near.setBuddy(self.distance)
        buttons = row(near, self.distance)
        buttons.addStretch(1)
        for button in (self.measure, self.copy, self.save):
            buttons.addWidget(button)
        self.add(buttons)
        self.add(self.view)
        self.add(self.progress)
        self._connect()
        self._show_rows()

    def _connect(self) -> None:
        self.planes.currentIndexChanged.connect(self._on_planes)
        self.distance.valueChanged.connect(self._on_distance)
        self.filter.textChanged.connect(lambda: self._typed.start())
        self._typed.timeout.connect(self._filter)
        self.measure.clicked.connect(self._on_measure)
        self.copy.clicked.connect(self._on_copy)
        self.save.clicked.connect(self._on_save)
        self.view.copied.connect(self._on_copy)
        events, shared = self._table.events, self._state.events
        self._followed = (
            (events.measured, self._show_rows),
            (events.inside, self._filter),
            (events.only_inside, self._filter),
            (events.outdated, self._show),
            (events.picked, self._show),
            (shared.measuring, self._show),
            (shared.layers, self._show),
            (shared.found, self._show),
        )
        for event, show in self._followed:
            event.connect(show)

    def close_down(self) -> None:
        """Let go of the state, and wait for the thread."""
        for event, show in self._followed:
            event.disconnect(show)
        self.view.close_down()
        self._typed.stop()
        if self._copying is not None:
            Job.end_all([self._copying])

    def save_to(self, path: Path) -> None:
        """Write all cells to a file."""
        measured, inside = self._table.measured, self._table.inside
        if measured is None:
            return
        try:
            require_table_name(path)
        except SketchcellError as error:
            tell(error)
        else:
            table = measured.table if inside is None else measured.table.assign(**{GATE: inside})
            self._exporter.table(path, table)

    def _show_rows(self) -> None:
        measured = self._table.measured
        had = self.view.cells.columnCount()
        keep = self._kept()
        self.view.cells.set_table(None if measured is None else measured.table, keep)
        if measured is not None:
            self.figures.setText(measured.figures)
            if self.view.cells.columnCount() != had:
                self.view.fit_columns()
        self._show()

    def _filter(self) -> None:
        self._typed.stop()
        measured, inside = self._table.measured, self._table.inside
        if measured is not None and (inside is None or inside.size == len(measured.table)):
            self.view.cells.set_filter(self._kept())
        self._show()

    def _kept(self) -> NDArray[np.bool_] | None:
        """Return which rows are listed; None: all."""
        measured, inside, text = self._table.measured, self._table.inside, self.filter.text()
        if measured is None:
            return None
        gated = self._table.only_inside and inside is not None and inside.size == len(measured.table)
        kept = inside if gated else None
        self._complaint = ""
        if text.strip():
            try:
                met = matching(measured.table, text)
                kept = met if kept is None else kept & met
            except SketchcellError as error:
                self._complaint = str(error)
        return kept

    def _show(self) -> None:
        state, measured = self._state, self._table.measured
        layers = state.layers
        unit = "px" if layers is None or pixel_of(layers.sketch) is None else "µm"
        self.distance.setSuffix(f" {unit}")
        self.planes.setVisible(layers is not None and layers.frame.count > 1)
        self.progress.set_share(state.measuring)
        self.save.setEnabled(measured is not None)
        self.copy.setEnabled(bool(self._table.picked.size))
        self.measure.setEnabled(layers is not None and state.measuring is None)
        self.measure.setText("Measure" if measured is None else "Measure again")
        words = self._complaint or self._words()
        self.note.setText(words)
        self.note.setVisible(bool(words))
        self.figures.setVisible(measured is not None)
        if measured is None:
            self.count.setText("")
            return
        listed, every, picked = len(self.view.cells.order), len(measured.table), self._table.picked.size
        words = f"{every:,} cells" if listed == every else f"{listed:,} of {every:,} cells"
        self.count.setText(f"{words}, {picked:,} selected" if picked else words)

    def _words(self) -> str:
        if self._table.measured is None:
            return "Measuring…" if self._state.measuring is not None else NO_CELLS
        if self._table.outdated:
            why = " While the network learns, the table stands still." if self._state.learn else ""
            return f"Cells have changed since they were measured.{why}"
        return "" if self._table.picked.size else _HINT

    def _on_planes(self, index: int) -> None:
        self._table.all_planes = index == 1

    def _on_distance(self, distance: float) -> None:
        self._table.neighbour_distance = distance

    def _on_measure(self) -> None:
        try:
            self._measurer.measure()
        except SketchcellError as error:
            tell(error)

    def _on_copy(self) -> None:
        measured, rows = self._table.measured, self._table.picked
        if measured is None or not rows.size or self._copying is not None:
            return
        order = self.view.cells.order
        listed = order[np.isin(order, rows)]  # in the order in which one sees them
        table = measured.table.iloc[listed]

        def write() -> Generator[None, None, str]:
            yield None
            return as_csv(table, "\t").decode()

        self._copying = Job(write(), on_done=self._on_copied, on_error=tell).start()

    def _on_copied(self, text: str) -> None:
        self._copying = None
        QApplication.clipboard().setText(text)
        count = text.count("\n") - 1
        inform(f"{count:,} row{' is' if count == 1 else 's are'} in the clipboard.")

    def _on_save(self) -> None:
        image = "image" if self._state.image is None else self._state.image.name
        name, kind = QFileDialog.getSaveFileName(
            self, "Save the table of cells", f"{image}_cells.csv", _FILES
        )
        if not name:
            return
        path = Path(name)
        if not path.suffix:
            path = path.with_name(path.name + (".parquet" if "parquet" in kind else ".csv"))
            # the dialog for files has asked about the name without the ending
            if path.exists() and not self._may_replace(path):
                return
        self.save_to(path)

    def _may_replace(self, path: Path) -> bool:
        yes = QMessageBox.StandardButton.Yes
        return bool(QMessageBox.question(self, "Save", f"'{path.name}' exists. Replace it?") == yes)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    return button
