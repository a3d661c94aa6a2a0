"""The window *Batch segmentation*: a model, images, a folder for their labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import napari
from qtpy.QtCore import QModelIndex, Qt
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QDialog, QFileDialog, QMessageBox, QWidget

from sketchcell.batch import BESIDE, Options, Order, Outcome, Source, summary
from sketchcell.errors import SketchcellError
from sketchcell.model import Model
from sketchcell.ui.batch import Batch, finding
from sketchcell.ui.batch_form import BatchForm
from sketchcell.ui.batch_result import open_result
from sketchcell.ui.batch_table import ImageTable
from sketchcell.ui.jobs import Job
from sketchcell.ui.models import as_set
from sketchcell.ui.notify import tell
from sketchcell.ui.settings import Settings
from sketchcell.ui.state import State

_TOLD = 3  # failures that stand below the list as well
_FILES = "Images (*.tif *.tiff *.png *.jpg *.jpeg);;All files (*)"


class BatchDialog(QDialog):
    """Collects what is to be segmented; closing it lets the work go on.

    Parameters
    ----------
    parent, state, batch, viewer
        The window it belongs to; the rest as everywhere.
    settings
        Where choices are remembered; None: the usual file.
    """

    def __init__(
        self,
        parent: QWidget,
        state: State,
        batch: Batch,
        viewer: napari.Viewer,
        settings: Settings | None = None,
    ) -> None:
        super().__init__(parent)
        self._state, self._batch, self._viewer = state, batch, viewer
        self._settings = settings or Settings()
        self._jobs: list[Job] = []
        self.table = ImageTable()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAcceptDrops(True)
        self.setWindowTitle("Batch segmentation")
        self.form = BatchForm(self, self.table, state.model is not None, batch.cancel)
        self.form.recall(self._settings.choices)
        form = self.form
        form.add_files.clicked.connect(self._on_files)
        form.add_folder.clicked.connect(self._on_folder)
        form.clear.clicked.connect(self.clear)
        form.choose_model.clicked.connect(self._on_model)
        form.choose_output.clicked.connect(self._on_output)
        form.start.clicked.connect(self._on_start)
        form.close_button.clicked.connect(self.close)
        form.open_result.clicked.connect(self._on_open)
        form.images.doubleClicked.connect(self._on_double_click)
        form.images.selectionModel().selectionChanged.connect(self._show)
        form.model.currentIndexChanged.connect(self._show)
        batch.changed.connect(self._show)
        batch.news.connect(self._on_news)
        batch.asked.connect(self._on_asked)
        state.events.batch.connect(self._show)
        self.finished.connect(self._let_go)
        self._show()

    def _let_go(self) -> None:
        self._batch.changed.disconnect(self._show)
        self._batch.news.disconnect(self._on_news)
        self._batch.asked.disconnect(self._on_asked)
        self._state.events.batch.disconnect(self._show)
        for job in self._jobs:
            job.stop()
        self._settings.close()

    @property
    def images(self) -> Sequence[Path]:
        """What will be segmented."""
        return tuple(source.path for source in self.table.sources)

    def add(self, words: Sequence[str | Path]) -> None:
        """Look for images, in the background, and add them; what is wrong is told."""
        words = [word for word in words if str(word)]
        if not words or self._batch.runs:
            return
        out = Path(self.form.output.text()) if self.form.output.text() else None
        work = finding(words, bool(self.form.recursive.isChecked()), out)
        self._jobs = [job for job in self._jobs if job.is_alive]
        self._jobs.append(Job(work, on_done=self._add, on_error=tell).start())

    def _add(self, sources: list[Source]) -> None:
        self.table.add(sources)
        if sources and not self.form.output.text():
            self.form.output.setText(str(sources[0].path.parent))
        self._show()

    def clear(self) -> None:
        """Empty the list."""
        self.table.clear()
        self._show()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Take files and folders."""
        if event.mimeData().hasUrls() and not self._batch.runs:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Add what is dropped."""
        self.add([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])
        event.acceptProposedAction()

    def _on_start(self) -> None:
        try:
            if not self.form.output.text():
                raise SketchcellError("Choose a folder for the labels first.")
            model, out = self._model(), Path(self.form.output.text())
            self._settings.remember(**self.form.chosen())
            format, link, table = self.form.values()
            options = Options(format, link, measured=bool(table))
            path = out / f"cells{table}" if table else None
            order = Order(self.table.sources, out, options, BESIDE, table=path)
            self._batch.start(model, order)
            self.table.forget()
        except SketchcellError as error:
            tell(error)

    def _model(self) -> Model | Path:
        if self.form.wants_folder:
            if not self.form.model_folder.text():
                raise SketchcellError("Choose the folder of a model first.")
            return Path(self.form.model_folder.text())
        if self._state.model is None:
            raise SketchcellError("The dock has no model any more: choose the folder of one.")
        return as_set(self._state.model, self._state.params)

    def _on_news(self, outcomes: list[Outcome]) -> None:
        self.table.take(outcomes)
        self._show()

    def _on_asked(self, words: str) -> None:
        buttons = QMessageBox.StandardButton
        text = f"{words.split(':')[0]}. Replace them?"
        answer = QMessageBox.question(self, "Batch segmentation", text, buttons.Yes | buttons.No)
        if answer == buttons.Yes:
            self._batch.replace()

    def _on_open(self) -> None:
        for row in self._selected():
            self._open(row)

    def _on_double_click(self, index: QModelIndex) -> None:
        self._open(index.row())

    def _open(self, row: int) -> None:
        outputs = self.table.outputs(row)
        if outputs:
            self._jobs.append(open_result(self._viewer, self.images[row], outputs))

    def _selected(self) -> list[int]:
        return [index.row() for index in self.form.images.selectionModel().selectedRows()]

    def _show(self) -> None:
        busy = self._batch.runs
        self.form.set_busy(busy)
        self.form.start.setEnabled(not busy and bool(self.images))
        self.form.open_result.setEnabled(any(self.table.outputs(row) for row in self._selected()))
        self.form.progress.set_share(self._state.batch if busy else None)
        self.form.note.setText(self._words(busy))

    def _words(self, busy: bool) -> str:
        outcomes = self._batch.outcomes
        if busy:
            left = self._batch.seconds_left
            rest = "" if left is None else f", {_duration(left)} left"
            failed = sum(one.state == "failed" for one in outcomes)
            wrong = f", {failed:,} failed" if failed else ""
            return f"{len(outcomes):,} of {self._batch.total:,} images{wrong}{rest}"
        if outcomes:
            told = [f"{one.image.name}: {one.reason}" for one in outcomes if one.state == "failed"]
            return "\n".join([summary(outcomes), *told[:_TOLD], *(["…"] if len(told) > _TOLD else [])])
        count = len(self.images)
        return f"{count:,} image(s)" if count else "Add images, or drop them here, then press 'Segment'."

    def _on_model(self) -> None:
        self.set_model_folder(QFileDialog.getExistingDirectory(self, "Choose the folder of a model"))

    def set_model_folder(self, name: str) -> None:
        """Use the model of a folder."""
        if name:
            self.form.model_folder.setText(name)
            self.form.model.setCurrentIndex(self.form.model.count() - 1)

    def _on_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "Choose images", filter=_FILES)
        self.add(names)

    def _on_folder(self) -> None:
        self.add([QFileDialog.getExistingDirectory(self, "Choose a folder of images")])

    def _on_output(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Choose a folder for the labels")
        if name:
            self.form.output.setText(name)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"
