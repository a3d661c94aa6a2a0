"""The small windows *Export* and *Measure*."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QMessageBox,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from sketchcell.errors import SketchcellError
from sketchcell.ui.exporting import Exporter
from sketchcell.ui.models import save
from sketchcell.ui.notify import tell
from sketchcell.ui.state import State

_KINDS = {
    "model": ("The model", "A folder for other images, the command line and Python"),
    "labels": ("The cells", "A label image as TIFF, all planes: one number a cell"),
    "annotation": ("The annotation", "What is painted, all planes, and the boundaries: two TIFF files"),
}
_TIFF = "TIFF (*.tif *.tiff)"


class ExportDialog(QDialog):
    """Asks what to export, then where to.

    Parameters
    ----------
    parent, state, exporter
        The window it belongs to; the rest as everywhere.
    """

    def __init__(self, parent: QWidget, state: State, exporter: Exporter) -> None:
        super().__init__(parent)
        self._state, self._exporter = state, exporter
        self.setWindowTitle("Export")
        box = QVBoxLayout(self)
        self.kinds: dict[str, QRadioButton] = {}
        for kind, (title, tip) in _KINDS.items():
            button = QRadioButton(f"{title}: {tip[0].lower()}{tip[1:]}")
            self.kinds[kind] = button
            box.addWidget(button)
        self.kinds["model"].setEnabled(state.model is not None)
        self.kinds["labels" if state.model is None else "model"].setChecked(True)
        buttons = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(buttons.Ok | buttons.Cancel)
        self.buttons.button(buttons.Ok).setText("Choose a place…")
        self.buttons.accepted.connect(self._on_accepted)
        self.buttons.rejected.connect(self.reject)
        box.addWidget(self.buttons)

    @property
    def kind(self) -> str:
        """What is chosen."""
        return next(kind for kind, button in self.kinds.items() if button.isChecked())

    def _on_accepted(self) -> None:
        kind = self.kind
        image = "image" if self._state.image is None else self._state.image.name
        if kind == "model":
            name, _ = QFileDialog.getSaveFileName(self, "Save the model as a folder", "my_model")
        else:
            name, _ = QFileDialog.getSaveFileName(self, "Save as TIFF", f"{image}_{kind}.tif", _TIFF)
        if name:
            self.export_to(Path(name))
            self.accept()

    def export_to(self, path: Path) -> None:
        """Export what is chosen; what is wrong is told."""
        try:
            if self.kind == "model":
                save(self._state, path)
            elif self.kind == "labels":
                self._exporter.labels(_ending_in(path, ".tif"))
            else:
                self._exporter.annotation(_ending_in(path, ".tif"))
        except SketchcellError as error:
            tell(error)


def measure_cells(parent: QWidget, state: State, exporter: Exporter) -> None:
    """Ask for a file, and of a stack for which planes; write the table there.

    Raises
    ------
    SketchcellError
        When there are no cells.
    """
    layers = exporter.require_cells()
    all_planes = False
    if layers.frame.count > 1:
        answer = asks_for_planes(parent)
        if answer is None:
            return
        all_planes = answer
    image = "image" if state.image is None else state.image.name
    name, _ = QFileDialog.getSaveFileName(
        parent, "Save the table of cells", f"{image}_cells.csv", "Table (*.csv)"
    )
    if name:
        exporter.table(_ending_in(Path(name), ".csv"), all_planes=all_planes)


def asks_for_planes(parent: QWidget) -> bool | None:
    """Ask whether to measure all planes or the one in view; None: nothing."""
    box = QMessageBox(parent)
    box.setWindowTitle("Measure")
    box.setText("Measure the cells of all planes, or of the plane in view?")
    every = box.addButton("All planes", QMessageBox.ButtonRole.YesRole)
    view = box.addButton("Plane in view", QMessageBox.ButtonRole.NoRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.exec()
    clicked = box.clickedButton()
    return True if clicked is every else False if clicked is view else None


def _ending_in(path: Path, ending: str) -> Path:
    return path if path.suffix else path.with_name(path.name + ending)
