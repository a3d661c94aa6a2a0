"""What the window *Batch segmentation* is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from sketchcell.ui.batch_table import ImageTable
from sketchcell.ui.panels.progress_row import ProgressRow
from sketchcell.ui.panels.section import row, sentence
from sketchcell.ui.settings import Choices

_LINKS = {
    "auto": "in depth, where an axis is called z",
    "z": "in depth (z)",
    "t": "in time (t)",
    "none": "not",
}
_TABLES = {".csv": "cells.csv", ".parquet": "cells.parquet", "": "no table"}
_FORMATS = {"tiff": "TIFF", "ome-zarr": "OME-Zarr"}


class BatchForm:
    """The widgets, laid out.

    Parameters
    ----------
    window
        Which they fill.
    table
        The list of images.
    has_model
        Whether there is a model in the dock to choose.
    cancel
        Ends the work.
    """

    def __init__(
        self, window: QWidget, table: ImageTable, has_model: bool, cancel: Callable[[], object]
    ) -> None:
        self.model = QComboBox()
        self.model.setToolTip("What segments the images")
        if has_model:
            self.model.addItem("The model in the dock")
        self.model.addItem("A model folder:")
        self.model_folder = _line("The folder of a saved model")
        self.choose_model = _button("Choose…", "Choose the folder of a saved model")
        self.images = _view(table)
        self.add_files = _button("Add files…", "Choose image files")
        self.add_folder = _button("Add folder…", "Choose a folder: all images in it are added")
        self.recursive = QCheckBox("and its folders")
        self.recursive.setToolTip("Look for images in the folders of a folder, too")
        self.clear = _button("Clear", "Empty the list; no file is touched")
        self.output = _line("Where NAME_labels is written for each image")
        self.choose_output = _button("Choose…", "Choose the folder for labels and table")
        self.format = _choice(_FORMATS, "The format of the labels")
        self.link = _choice(_LINKS, "Which planes of a stack are joined, so that a cell keeps its number")
        self.measured = _choice(_TABLES, "A table of all cells, and one of images, beside the labels")
        self.progress = ProgressRow("How much is done", "Stop; what is written stays", cancel)
        self.note = sentence("")
        self.open_result = _button("Open result", "Show the chosen images with their cells")
        self.start = _button("Segment", "Segment all images; those that are done already are skipped")
        self.start.setDefault(True)
        self.close_button = _button("Close", "The work goes on; napari's activity dock shows how far it is")
        self._lay_out(window)

    def _lay_out(self, window: QWidget) -> None:
        form = QFormLayout()
        form.addRow("Model", self.model)
        form.addRow("", row(self.model_folder, self.choose_model, stretch=0))
        form.addRow("Images", self.images)
        form.addRow("", row(self.add_files, self.add_folder, self.recursive, self.clear))
        form.addRow("Labels into", row(self.output, self.choose_output, stretch=0))
        form.addRow("As", row(self.format, self.measured))
        form.addRow("Join planes", self.link)
        box = QVBoxLayout(window)
        box.addLayout(form)
        box.addWidget(self.note)
        box.addWidget(self.progress)
        box.addLayout(row(self.open_result, QWidget(), self.close_button, self.start, stretch=1))
        window.resize(680, 520)

    @property
    def wants_folder(self) -> bool:
        """Whether the model of a folder is chosen."""
        return bool(self.model.currentIndex() == self.model.count() - 1)

    def values(self) -> tuple[str, str, str]:
        """Return the format, how planes are joined, and the ending of the table's name."""
        return self.format.currentData(), self.link.currentData(), self.measured.currentData()

    def chosen(self) -> dict[str, Any]:
        """Return what is to be remembered."""
        format, link, table = self.values()
        return {
            "batch_format": format,
            "batch_link": link,
            "batch_table": table,
            "batch_recursive": bool(self.recursive.isChecked()),
            "batch_model": self.model_folder.text(),
        }

    def recall(self, choices: Choices) -> None:
        """Choose what was chosen before."""
        for box, value in (
            (self.format, choices.batch_format),
            (self.link, choices.batch_link),
            (self.measured, choices.batch_table),
        ):
            box.setCurrentIndex(max(0, box.findData(value)))
        self.recursive.setChecked(choices.batch_recursive)
        self.model_folder.setText(choices.batch_model)

    def set_busy(self, busy: bool) -> None:
        """Let nothing be changed while work is done by it."""
        for widget in (
            *(self.model, self.add_files, self.add_folder, self.recursive, self.clear),
            *(self.output, self.choose_output, self.format, self.link, self.measured),
        ):
            widget.setEnabled(not busy)
        for widget in (self.model_folder, self.choose_model):
            widget.setEnabled(self.wants_folder and not busy)


def _view(table: ImageTable) -> QTableView:
    view = QTableView()
    view.setModel(table)
    view.setToolTip("What will be segmented, and what has become of it; a stack plane by plane")
    view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setWordWrap(False)
    view.verticalHeader().hide()
    header = view.horizontalHeader()
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    header.setSectionResizeMode(1, QHeaderView.ResizeMode.Interactive)
    header.resizeSection(1, 180)
    header.resizeSection(2, 70)
    return view


def _choice(words: dict[str, str], tip: str) -> QComboBox:
    box = QComboBox()
    for value, text in words.items():
        box.addItem(text, value)
    box.setToolTip(tip)
    return box


def _line(tip: str) -> QLineEdit:
    line = QLineEdit()
    line.setToolTip(tip)
    line.setPlaceholderText(tip)
    return line


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    return button
