"""What others should know of a model that is given away: the form for it."""

from __future__ import annotations

from collections.abc import Generator

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QCompleter,
    QFormLayout,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from sketchcell.export import About, Author, licences
from sketchcell.ui.jobs import Job
from sketchcell.ui.settings import Settings

_USUAL = ("CC-BY-4.0", "CC0-1.0", "MIT", "BSD-3-Clause", "Apache-2.0")


class AboutForm(QWidget):
    """Asks title, authors, licence and description, and remembers them.

    Parameters
    ----------
    settings
        Where they are remembered.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._job: Job | None = None
        chosen = settings.choices
        self.title = QLineEdit(chosen.model_title)
        self.title.setPlaceholderText("Nuclei in fluorescence")
        self.authors = _lines(chosen.model_authors, "One a line: name; affiliation; ORCID")
        self.authors.setToolTip("Affiliation and ORCID may be left out")
        self.licence = QComboBox()
        self.licence.setEditable(True)
        self.licence.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.licence.setToolTip("What others may do with it; type to search the SPDX list")
        self._offer(_USUAL, chosen.model_licence)
        self.description = _lines(chosen.model_description, "What it finds, and in which images it learned")
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        for name, widget in (
            ("Title", self.title),
            ("Authors", self.authors),
            ("Licence", self.licence),
            ("Description", self.description),
        ):
            form.addRow(name, widget)

    def close_down(self) -> None:
        """Wait for the list of licences."""
        if self._job is not None:
            Job.end_all([self._job])

    def offer_licences(self) -> None:
        """Fetch the whole list of licences, which takes a moment, once."""
        if self._job is None:
            self._job = Job(_listing(), on_done=self._on_listed, on_error=lambda _: None).start()

    def about(self) -> About:
        """Return what is written in the form, and remember it."""
        authors, licence = self.authors.toPlainText(), str(self.licence.currentText()).strip()
        title, description = str(self.title.text()).strip(), self.description.toPlainText().strip()
        self._settings.remember(
            model_title=title, model_authors=authors, model_licence=licence, model_description=description
        )
        people = tuple(Author.of(line) for line in authors.splitlines() if line.strip())
        return About(title=title, authors=people, licence=licence, description=description)

    def _on_listed(self, listed: tuple[str, ...]) -> None:
        self._offer(
            (*_USUAL, *(name for name in listed if name not in _USUAL)), str(self.licence.currentText())
        )

    def _offer(self, names: tuple[str, ...], chosen: str) -> None:
        self.licence.clear()
        self.licence.addItems(names)
        self.licence.setCurrentText(chosen)
        completer = QCompleter(list(names), self.licence)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.licence.setCompleter(completer)


def _listing() -> Generator[None, None, tuple[str, ...]]:
    yield None
    return licences()


def _lines(text: str, hint: str) -> QPlainTextEdit:
    edit = QPlainTextEdit(text)
    edit.setPlaceholderText(hint)
    edit.setTabChangesFocus(True)
    edit.setStyleSheet("QPlainTextEdit { border: 1px solid gray }")  # napari shows it as plain window
    edit.setFixedHeight(3 * edit.fontMetrics().lineSpacing() + 12)
    return edit
