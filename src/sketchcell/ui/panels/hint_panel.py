"""Where to paint next: a button, and a list of doubtful places."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QListWidget, QPushButton

from sketchcell.errors import SketchcellError
from sketchcell.ui.doubt import Doubt
from sketchcell.ui.notify import tell
from sketchcell.ui.panels.section import Section
from sketchcell.ui.state import State

_ROWS = 4


class HintPanel(Section):
    """Asks for doubtful places, lists them, and goes to the one that is clicked.

    Parameters
    ----------
    state, doubt
        As everywhere.
    """

    def __init__(self, state: State, doubt: Doubt) -> None:
        super().__init__()
        self._state, self._doubt = state, doubt
        self.next = QPushButton("Where to paint next (N)")
        self.next.setToolTip(
            "Go to the place where the network is most in doubt: a correction teaches most there"
        )
        self.list = QListWidget()
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setToolTip("Doubtful places, the most doubtful first; click one to go there")
        self.list.setAccessibleName("Doubtful places")
        self.add(self.next)
        self.add(self.list)
        self.next.clicked.connect(self._on_next)
        self.list.currentRowChanged.connect(self._on_row)
        for event in (state.events.hints, state.events.asking, state.events.model):
            event.connect(self._show)
        self._show()

    def _show(self) -> None:
        hints = self._state.hints
        self.next.setEnabled(self._state.model is not None and not self._state.asking)
        self.next.setText("Looking…" if self._state.asking else "Where to paint next (N)")
        if self.list.count() != len(hints) or not hints:
            self.list.blockSignals(True)
            self.list.clear()
            self.list.addItems([f"{hint.score:.0%}  {hint.reason}" for hint in hints])
            self.list.blockSignals(False)
        line = self.list.sizeHintForRow(0)
        self.list.setFixedHeight(line * min(len(hints), _ROWS) + 2 * self.list.frameWidth())
        self.list.setVisible(bool(hints))

    def _on_next(self) -> None:
        try:
            self._doubt.next()
        except SketchcellError as error:
            tell(error)

    def _on_row(self, row: int) -> None:
        if 0 <= row < len(self._state.hints):
            self._doubt.go(self._state.hints[row])
