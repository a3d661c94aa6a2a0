"""The small window *Export*."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qtpy.QtCore import Qt, QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from sketchcell.errors import SketchcellError
from sketchcell.export import FORMATS
from sketchcell.export.labels import LABEL_FORMATS
from sketchcell.ui.about_form import AboutForm
from sketchcell.ui.export_options import CellOptions
from sketchcell.ui.exporting import Exporter, boundaries_beside
from sketchcell.ui.exports import Exports
from sketchcell.ui.models import save
from sketchcell.ui.notify import tell
from sketchcell.ui.panels.progress_row import ProgressRow
from sketchcell.ui.panels.section import row, sentence
from sketchcell.ui.settings import Settings
from sketchcell.ui.state import State


@dataclass(frozen=True)
class _Kind:
    """A format of one of the things that can be exported."""

    name: str
    title: str
    what: str
    suffix: str


def _models() -> tuple[_Kind, ...]:
    kinds = []
    for form in FORMATS.values():
        title, _, what = form.title.partition(": ")
        kinds.append(_Kind(form.name, title, what[0].upper() + what[1:], form.suffix))
    return tuple(kinds)


_KINDS = {
    "model": (_Kind("folder", "Folder", "For other images, the command line and Python", ""), *_models()),
    "cells": tuple(_Kind(form.name, form.title, form.what, form.suffix) for form in LABEL_FORMATS.values()),
    "annotation": (
        _Kind("tiff", "TIFF", "What is painted, all planes, and the boundaries: two files", ".tif"),
    ),
}
_ENDINGS = {".tif": (".tif", ".tiff"), ".geojson": (".geojson", ".json"), ".ome.zarr": (".zarr",)}
_TITLES = {"model": "The model", "cells": "The cells", "annotation": "The annotation"}


class ExportDialog(QDialog):
    """Asks what to export, as what and where to; closing it lets the work go on.

    Parameters
    ----------
    parent, state, exporter, exports, settings
        The window it belongs to; the rest as everywhere.
    """

    def __init__(
        self, parent: QWidget, state: State, exporter: Exporter, exports: Exports, settings: Settings
    ) -> None:
        super().__init__(parent)
        self._state, self._exporter, self._exports = state, exporter, exports
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Export")
        self.what = QComboBox()
        for name, title in _TITLES.items():
            self.what.addItem(title, name)
        self.format = QComboBox()
        self.about = sentence(small=True)
        self.cell_options = CellOptions()
        self.decoder = QCheckBox("With the decoder: the cells come out, too")
        self.decoder.setToolTip("Only models of the family 'flow' can do that")
        self.about_form = AboutForm(settings)
        self.progress = ProgressRow("How much is done", "Stop; nothing is left behind", exports.cancel)
        self.note = sentence()
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.show_folder = QPushButton("Show folder")
        self.show_folder.setToolTip("Open the folder with what was written")
        self.close_button = QPushButton("Close")
        self.close_button.setToolTip("The work goes on; napari's activity dock shows how far it is")
        self.start = QPushButton("Export…")
        self.start.setDefault(True)
        self._lay_out()
        self.what.setCurrentIndex(int(state.model is None))
        self._on_what()
        self.what.currentIndexChanged.connect(self._on_what)
        self.format.currentIndexChanged.connect(self._show)
        self.start.clicked.connect(self._on_start)
        self.show_folder.clicked.connect(self._on_folder)
        self.close_button.clicked.connect(self.close)
        exports.changed.connect(self._show)
        for event in (state.events.exporting, state.events.model, state.events.found):
            event.connect(self._show)
        self.finished.connect(self._let_go)

    def _let_go(self) -> None:
        self.about_form.close_down()
        self._exports.changed.disconnect(self._show)
        for event in (self._state.events.exporting, self._state.events.model, self._state.events.found):
            event.disconnect(self._show)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow("What", self.what)
        form.addRow("As", self.format)
        form.addRow("", self.about)
        self._box = box = QVBoxLayout(self)
        box.addLayout(form)
        box.addWidget(self.cell_options)
        box.addWidget(self.decoder)
        box.addWidget(self.about_form)
        box.addStretch(1)
        box.addWidget(self.note)
        box.addWidget(self.progress)
        box.addLayout(row(self.show_folder, QWidget(), self.close_button, self.start, stretch=1))
        self.resize(440, 300)

    @property
    def kind(self) -> str:
        """What is chosen to be exported: ``model``, ``cells`` or ``annotation``."""
        return str(self.what.currentData())

    def choose(self, kind: str, format: str) -> None:
        """Choose what to export and as what."""
        self.what.setCurrentIndex(self.what.findData(kind))
        self.format.setCurrentIndex(self.format.findData(format))

    @property
    def _chosen(self) -> _Kind:
        return _KINDS[self.kind][max(self.format.currentIndex(), 0)]

    def _on_what(self) -> None:
        self.format.blockSignals(True)
        self.format.clear()
        for one in _KINDS[self.kind]:
            self.format.addItem(one.title, one.name)
        self.format.blockSignals(False)
        self._show()

    def _show(self) -> None:
        busy = self._exports.runs
        for widget in (self.what, self.format, self.cell_options, self.decoder, self.about_form):
            widget.setEnabled(not busy)
        self.about.setText(self._chosen.what)
        self.cell_options.setVisible(self.kind == "cells")
        self.cell_options.show_for(self._chosen.name)
        foreign = self.kind == "model" and self._chosen.name in FORMATS
        self.decoder.setVisible(foreign)
        self.decoder.setEnabled(foreign and self._has_decoder and not busy)
        self.about_form.setVisible(foreign)
        if foreign:
            self.about_form.offer_licences()
        missing = "" if busy else self._missing()
        self.start.setEnabled(not busy and not missing)
        written = self._exports.written
        self.note.setText(missing or ("" if written is None or busy else written.text))
        self.show_folder.setEnabled(written is not None and not busy)
        self.progress.set_share(self._state.exporting)
        # lines that break are asked how high they are only here
        needed = self._box.totalHeightForWidth(self.width())
        self.resize(self.width(), max(self.height(), needed))

    @property
    def _has_decoder(self) -> bool:
        model = self._state.model
        return model is not None and model.config.family == "flow"

    def _missing(self) -> str:
        if self.kind == "model" and self._state.model is None:
            return "There is no model yet: switch on 'Learn while I paint'."
        layers = self._state.layers
        if self.kind == "cells" and (layers is None or not layers.instances.data.any()):
            return "There are no cells yet: press 'Segment whole image', or let the network learn."
        return ""

    def _on_start(self) -> None:
        chosen, state = self._chosen, self._state
        image = "image" if state.image is None else state.image.name
        proposed = "my_model" if self.kind == "model" else f"{image}_{self.kind}"
        wanted = f"{chosen.title} (*{chosen.suffix})" if chosen.suffix else ""
        name, _ = QFileDialog.getSaveFileName(
            self, f"Export as {chosen.title}", proposed + chosen.suffix, wanted
        )
        if not name:
            return
        path = _ending_in(Path(name), chosen.suffix)
        if not all(self._may_replace(there) for there in self._taken(path, Path(name))):
            return
        self.export_to(path, overwrite=path.is_file())

    def _taken(self, path: Path, given: Path) -> list[Path]:
        """Return what an export to `path` replaces, but for what the dialog for files has asked about."""
        paths = [path, boundaries_beside(path)] if self.kind == "annotation" else [path]
        return [one for one in paths if one.exists() and (one.is_dir() or one != given)]

    def _may_replace(self, path: Path) -> bool:
        yes = QMessageBox.StandardButton.Yes
        return bool(QMessageBox.question(self, "Export", f"'{path.name}' exists. Replace it?") == yes)

    def export_to(self, path: Path, *, overwrite: bool = False) -> None:
        """Export what is chosen; what is wrong is told."""
        path = _ending_in(path, self._chosen.suffix)
        try:
            if self.kind == "model" and self._chosen.name in FORMATS:
                decoder = self._has_decoder and bool(self.decoder.isChecked())
                about = self.about_form.about()
                self._exports.model(path, self._chosen.name, about, decoder=decoder, overwrite=overwrite)
            elif self.kind == "model":
                save(self._state, path)
            elif self.kind == "annotation":
                self._exporter.annotation(path)
            else:
                options, name = self.cell_options, self._chosen.name
                measured = bool(options.measured.isChecked()) and name in ("geojson", "ome-zarr")
                self._exports.cells(path, name, options.options, measured=measured, overwrite=overwrite)
        except SketchcellError as error:
            tell(error)

    def _on_folder(self) -> None:
        written = self._exports.written
        if written is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(written.path.parent)))


def _ending_in(path: Path, ending: str) -> Path:
    known = _ENDINGS.get(ending, (ending,))
    return path if path.name.lower().endswith(known) else path.with_name(path.name + ending)
