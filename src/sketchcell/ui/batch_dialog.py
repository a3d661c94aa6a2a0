"""The window *Batch segmentation*: a model, images, a folder for their labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QLineEdit,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from sketchcell.errors import SketchcellError
from sketchcell.model import Model
from sketchcell.ui.batch import Batch, Order, find_images, summary
from sketchcell.ui.models import as_set
from sketchcell.ui.notify import tell
from sketchcell.ui.panels.progress_row import ProgressRow
from sketchcell.ui.panels.section import row, sentence
from sketchcell.ui.state import State

_PATTERNS = "*.tif *.tiff *.png *.jpg"
_FILES = "Images (*.tif *.tiff *.png *.jpg *.jpeg);;All files (*)"


class BatchDialog(QDialog):
    """Collects what is to be segmented; closing it lets the work go on.

    Parameters
    ----------
    parent, state, batch
        The window it belongs to; the rest as everywhere.
    """

    def __init__(self, parent: QWidget, state: State, batch: Batch) -> None:
        super().__init__(parent)
        self._state, self._batch = state, batch
        self._images: list[Path] = []
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Batch segmentation")
        self.model = QComboBox()
        self.model.setToolTip("What segments the images")
        if state.model is not None:
            self.model.addItem("The model in the dock")
        self.model.addItem("A model folder:")
        self.model_folder = _line("The folder of a saved model")
        self.files = QListWidget()
        self.files.setToolTip("What will be segmented; a stack plane by plane")
        self.files.setTextElideMode(Qt.TextElideMode.ElideLeft)
        self.pattern = QLineEdit(_PATTERNS)
        self.pattern.setToolTip("Which files of a folder are taken; **/*.tif looks in its folders, too")
        self.output = _line("Where NAME_labels.tif is written for each image")
        self.again = QCheckBox("Segment again what has labels there already")
        self.progress = ProgressRow("How much is done", "Stop; what is written stays", batch.cancel)
        self.note = sentence("")
        self.start = QPushButton("Segment")
        self.start.setDefault(True)
        self.close_button = QPushButton("Close")
        self.close_button.setToolTip("The work goes on; napari's activity dock shows how far it is")
        self._lay_out()
        self.start.clicked.connect(self._on_start)
        self.close_button.clicked.connect(self.close)
        self.model.currentIndexChanged.connect(self._show)
        batch.changed.connect(self._show)
        state.events.batch.connect(self._show)
        self.finished.connect(self._let_go)
        self._show()

    def _let_go(self) -> None:
        self._batch.changed.disconnect(self._show)
        self._state.events.batch.disconnect(self._show)

    def _lay_out(self) -> None:
        choose_model, choose_output = _button("Choose…", self._on_model), _button("Choose…", self._on_output)
        add, folder = _button("Add files…", self._on_files), _button("Add folder…", self._on_folder)
        self._inputs = [self.model, self.again, self.pattern, add, folder, choose_output]
        self._inputs.append(_button("Clear", self.clear))
        self._choose_model = choose_model
        form = QFormLayout()
        form.addRow("Model", self.model)
        form.addRow("", row(self.model_folder, choose_model, stretch=0))
        form.addRow("Images", self.files)
        form.addRow("", row(add, folder, self.pattern, self._inputs[-1], stretch=2))
        form.addRow("Labels into", row(self.output, choose_output, stretch=0))
        form.addRow("", self.again)
        box = QVBoxLayout(self)
        box.addLayout(form)
        box.addWidget(self.note)
        box.addWidget(self.progress)
        box.addLayout(row(QWidget(), self.close_button, self.start, stretch=0))
        self.resize(560, 420)

    @property
    def images(self) -> Sequence[Path]:
        """What will be segmented."""
        return tuple(self._images)

    def add_files(self, paths: Sequence[Path]) -> None:
        """Add images that are not on the list."""
        new = [path for path in dict.fromkeys(paths) if path not in self._images]
        self._images += new
        self.files.addItems([str(path) for path in new])
        if self._images and not self.output.text():
            self.output.setText(str(self._images[0].parent))
        self._show()

    def add_folder(self, folder: Path) -> None:
        """Add the images in a folder that fit the pattern; what is wrong is told."""
        try:
            found = find_images(folder, self.pattern.text())
            if not found:
                raise SketchcellError(f"No file in '{folder}' fits '{self.pattern.text()}'.")
        except SketchcellError as error:
            tell(error)
            return
        self.add_files(found)

    def clear(self) -> None:
        """Empty the list."""
        self._images.clear()
        self.files.clear()
        self._show()

    def _on_start(self) -> None:
        try:
            if not self.output.text():
                raise SketchcellError("Choose a folder for the labels first.")
            output = Path(self.output.text())
            again = bool(self.again.isChecked())
            self._batch.start(Order(self._model(), tuple(self._images), output, again, self._state.device))
        except SketchcellError as error:
            tell(error)

    def _model(self) -> Model | Path:
        if self._wants_folder:
            if not self.model_folder.text():
                raise SketchcellError("Choose the folder of a model first.")
            return Path(self.model_folder.text())
        if self._state.model is None:
            raise SketchcellError("The dock has no model any more: choose the folder of one.")
        return as_set(self._state.model, self._state.params)

    @property
    def _wants_folder(self) -> bool:
        return bool(self.model.currentIndex() == self.model.count() - 1)

    def _show(self) -> None:
        busy = self._batch.runs
        for widget in self._inputs:
            widget.setEnabled(not busy)
        for widget in (self.model_folder, self._choose_model):
            widget.setEnabled(self._wants_folder and not busy)
        self.start.setEnabled(not busy and bool(self._images))
        self.progress.set_share(self._state.batch if busy else None)
        self.note.setText(self._words(busy))

    def _words(self, busy: bool) -> str:
        outcomes = self._batch.outcomes
        wrong = [f"{one.image.name}: {one.error}" for one in outcomes if one.error]
        if busy:
            left = self._batch.seconds_left
            rest = "" if left is None else f", {_duration(left)} left"
            return "\n".join([f"{len(outcomes):,} of {self._batch.total:,} images{rest}", *wrong[-3:]])
        if outcomes:
            return "\n".join([summary(outcomes), *wrong[:8], *(["…"] if len(wrong) > 8 else [])])
        return f"{len(self._images):,} images" if self._images else "Add images, then press 'Segment'."

    def _on_model(self) -> None:
        self.set_model_folder(QFileDialog.getExistingDirectory(self, "Choose the folder of a model"))

    def set_model_folder(self, name: str) -> None:
        """Use the model of a folder."""
        if name:
            self.model_folder.setText(name)
            self.model.setCurrentIndex(self.model.count() - 1)

    def _on_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "Choose images", filter=_FILES)
        self.add_files([Path(name) for name in names])

    def _on_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Choose a folder of images")
        if name:
            self.add_folder(Path(name))

    def _on_output(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Choose a folder for the labels")
        if name:
            self.output.setText(name)


def _line(tip: str) -> QLineEdit:
    line = QLineEdit()
    line.setToolTip(tip)
    line.setPlaceholderText(tip)
    return line


def _button(text: str, do: object) -> QPushButton:
    button = QPushButton(text)
    button.clicked.connect(lambda: do())  # type: ignore[operator]
    return button


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"
