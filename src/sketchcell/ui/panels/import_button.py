"""The button *Import labels…*: layers of the window, or a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from qtpy.QtWidgets import QFileDialog, QMenu, QMessageBox, QPushButton

from sketchcell.errors import SketchcellError
from sketchcell.ui.importing import Importer
from sketchcell.ui.notify import tell

_FILES = "Label images (*.tif *.tiff *.png);;All files (*)"


class ImportButton(QPushButton):
    """Offers what can be imported, and asks what unlabelled pixels are.

    Parameters
    ----------
    importer
        Does it.
    """

    def __init__(self, importer: Importer) -> None:
        super().__init__("Import labels…")
        self._importer = importer
        self.setToolTip("Learn from cells that were labelled before: a labels layer of this size, or a file")
        menu = QMenu(self)
        menu.aboutToShow.connect(self.fill)
        self.setMenu(menu)

    def fill(self) -> None:
        """List the layers that there are now."""
        menu = self.menu()
        menu.clear()
        for layer in self._importer.sources:
            take = partial(self._importer.from_layer, layer)
            menu.addAction(f"Layer '{layer.name}'", partial(self._import, take))
        menu.addAction("From a file…", self._on_file)

    def asks(self) -> bool | None:
        """Ask whether all cells are labelled; None: import nothing."""
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self,
            "Import labels",
            "Are all cells labelled? Then everything else is background. If not, only the labelled cells are "
            "learned from, and the rest stays open.",
            buttons.Yes | buttons.No | buttons.Cancel,
        )
        return None if answer == buttons.Cancel else bool(answer == buttons.Yes)

    def _on_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Choose a label image", filter=_FILES)
        if name:
            self._import(partial(self._importer.from_file, Path(name)))

    def _import(self, take: Callable[..., None]) -> None:
        complete = self.asks()
        if complete is None:
            return
        try:
            take(complete=complete)
        except SketchcellError as error:
            tell(error)
