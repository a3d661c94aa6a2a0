"""Keep a model, and take up an old one."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtWidgets import QFileDialog, QPushButton
from superqt import QElidingLabel

from sketchcell.errors import SketchcellError
from sketchcell.model import Model
from sketchcell.ui.models import load, save
from sketchcell.ui.notify import tell
from sketchcell.ui.panels.section import Section, row
from sketchcell.ui.state import State


class ModelPanel(Section):
    """Saves, loads and forgets the model.

    Parameters
    ----------
    state
        As everywhere.
    """

    def __init__(self, state: State) -> None:
        super().__init__("Model")
        self._state = state
        self.about = QElidingLabel()
        self.about.setStyleSheet("font-size: 8pt;")
        self.save = QPushButton("Save…")
        self.load = QPushButton("Load…")
        self.forget = QPushButton("Forget")
        self.save.setToolTip("Keep the model in a folder, for other images and for the command line")
        self.load.setToolTip("Use a model from a folder, and learn on from it")
        self.forget.setToolTip("Learn from scratch the next time")
        self.add(self.about)
        self.add(row(self.save, self.load, self.forget))
        self.save.clicked.connect(self._on_save)
        self.load.clicked.connect(self._on_load)
        self.forget.clicked.connect(self._on_forget)
        state.events.model.connect(self._show)
        state.events.learn.connect(self._show)
        self._show()

    def _show(self) -> None:
        model = self._state.model
        self.save.setEnabled(model is not None)
        self.forget.setEnabled(model is not None and not self._state.learn)
        self.load.setEnabled(not self._state.learn)
        self.about.setText(_about(model))
        self.about.setToolTip(_about(model))

    def _on_save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save the model as a folder", "my_model")
        if name:
            self.save_to(Path(name))

    def _on_load(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Choose the folder of a model")
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

    def load_from(self, folder: Path) -> None:
        """Load a model; what is wrong is told."""
        try:
            load(self._state, folder)
        except SketchcellError as error:
            tell(error)


def _about(model: Model | None) -> str:
    if model is None:
        return "None yet: it is made while you paint."
    config = model.config
    steps = config.provenance.get("steps")
    size = f" · cells of {config.diameter:.0f} px" if config.diameter else ""
    return f"{config.family} · {config.network}" + (f" · {steps:,} steps" if steps else "") + size
