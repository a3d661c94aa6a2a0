"""Where learning starts; keep a model, and take up an old one."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from qtpy.QtWidgets import QFileDialog, QLabel, QMenu, QMessageBox, QPushButton
from superqt import QElidingLabel

from sketchcell.errors import SketchcellError
from sketchcell.model import Model
from sketchcell.pretrained import CATALOGUE, PRIOR, Pretrained, untouched
from sketchcell.pretrained.catalogue import licence_note
from sketchcell.ui.models import load, save
from sketchcell.ui.notify import tell
from sketchcell.ui.panels.chooser import chooser, follow
from sketchcell.ui.panels.progress_row import ProgressRow
from sketchcell.ui.panels.section import Section, row
from sketchcell.ui.pretrained import Fetcher
from sketchcell.ui.state import State

_STARTS = {
    PRIOR: "what a small network knows of cells already",
    "random": "nothing; learn from your strokes alone",
}


class ModelPanel(Section):
    """Chooses where to start; saves, loads and forgets the model.

    Parameters
    ----------
    state, fetcher
        As everywhere.
    """

    def __init__(self, state: State, fetcher: Fetcher) -> None:
        super().__init__()
        self._state, self._fetcher = state, fetcher
        self.start = chooser(_STARTS, explained=True)
        follow(self.start, state, "start")
        start = QLabel("Start from")
        start.setToolTip(self.start.toolTip())
        self.pretrained = QPushButton("Pretrained…")
        self.pretrained.setToolTip(
            "Networks that others have trained: Cellpose, Omnipose, Segment Anything, or a file of yours"
        )
        self.pretrained.setMenu(self._make_menu())
        self.progress = ProgressRow(
            "How much of the network is downloaded",
            "Stop downloading; what is here already is kept for the next time",
            fetcher.cancel,
        )
        self.bar, self.cancel = self.progress.bar, self.progress.cancel
        self.about = QElidingLabel()
        self.about.setObjectName("stepNote")
        self.save = QPushButton("Save…")
        self.load = QPushButton("Load…")
        self.forget = QPushButton("Forget")
        self.save.setToolTip("Keep the model in a folder, for other images and for the command line")
        self.load.setToolTip("Use a model from a folder or a package, and learn on from it")
        self.load.setMenu(self._make_load_menu())
        self.forget.setToolTip("Learn from scratch the next time")
        self.add(self.about)
        self.add(row(start, self.start, stretch=1))
        self.add(row(self.pretrained, self.save, self.load, self.forget))
        self.add(self.progress)
        self.save.clicked.connect(self._on_save)
        self.forget.clicked.connect(self._on_forget)
        state.events.fetching.connect(self._show)
        state.events.model.connect(self._show)
        state.events.learn.connect(self._show)
        self._show()

    def _show(self) -> None:
        model = self._state.model
        self.save.setEnabled(model is not None)
        self.forget.setEnabled(model is not None and not self._state.learn)
        self.load.setEnabled(not self._state.learn)
        fetching = self._state.fetching
        self.pretrained.setEnabled(fetching is None and not self._state.learn)
        self.start.setEnabled(not self._state.learn)
        self.progress.set_share(fetching)
        self.about.setText(_about(model))
        self.about.setToolTip(_about(model))

    def _make_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.addAction("From a file…", self._on_file)
        menu.addSeparator()
        for entry in CATALOGUE.values():
            if entry.name == PRIOR:
                continue
            use = ", not for commercial use" if entry.non_commercial else ""
            action = menu.addAction(f"{entry.name}: {entry.title}")
            size = f" {entry.size / 1e6:.0f} MB." if entry.size else ""
            action.setToolTip(f"Learned from {entry.trained_on}. {entry.licence}{use}.{size}")
            action.triggered.connect(partial(self._on_entry, entry))
        return menu

    def _make_load_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction("A model folder…", self._on_folder)
        menu.addAction("A BioImage.IO package of ours…", self._on_package)
        return menu

    def _on_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Choose a file of weights, or a package")
        if name:
            self.fetch(name)

    def _on_entry(self, entry: Pretrained, *_checked: bool) -> None:
        if entry.non_commercial and not self.consents(entry):
            return
        self.fetch(entry.name)

    def consents(self, entry: Pretrained) -> bool:
        """Ask whether a network is to be used that is not for commercial use."""
        answer = QMessageBox.question(self, "Not for commercial use", f"{licence_note(entry)} Use it?")
        return bool(answer == QMessageBox.StandardButton.Yes)

    def fetch(self, word: str) -> None:
        """Take up a pretrained network; what is wrong is told."""
        try:
            self._fetcher.fetch(word)
        except SketchcellError as error:
            tell(error)

    def _on_save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save the model as a folder", "my_model")
        if name:
            self.save_to(Path(name))

    def _on_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Choose the folder of a model")
        if name:
            self.load_from(Path(name))

    def _on_package(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Choose a package", filter="BioImage.IO package (*.zip)")
        if name:
            self.load_from(Path(name))

    def _on_forget(self) -> None:
        self._state.model = None

    def save_to(self, folder: Path) -> None:
        """Save the model; what is wrong is told."""
        try:
            save(self._state, folder)
        except SketchcellError as error:
            tell(error)

    def load_from(self, path: Path) -> None:
        """Load a model, a folder or a package; what is wrong is told."""
        try:
            load(self._state, path)
        except SketchcellError as error:
            tell(error)


def _about(model: Model | None) -> str:
    if model is None:
        return "None yet: it is made while you paint."
    config = model.config
    if untouched(model):
        return f"{config.family} · {config.network} · as it came, no strokes learned yet"
    steps = config.provenance.get("steps")
    size = f" · cells of {config.diameter:.0f} px" if config.diameter else ""
    return f"{config.family} · {config.network}" + (f" · {steps:,} steps" if steps else "") + size
