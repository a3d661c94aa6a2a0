"""What the mouse paints and corrects, and the keys for it."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QSizePolicy, QToolButton

from sketchcell.errors import SketchcellError
from sketchcell.ui.corrections import Corrections
from sketchcell.ui.importing import Importer
from sketchcell.ui.keys import TOOL_KEYS
from sketchcell.ui.notify import inform, tell
from sketchcell.ui.panels.icons import icon
from sketchcell.ui.panels.import_button import ImportButton
from sketchcell.ui.panels.section import Section, row, sentence
from sketchcell.ui.scribe import Scribe
from sketchcell.ui.state import State, Tool
from sketchcell.ui.workbench import Workbench

_WORDS = {
    Tool.BACKGROUND: ("Background", "Where there is no cell"),
    Tool.OBJECT: ("Cell", "Inside cells: a few strokes, or whole cells"),
    Tool.ERASER: ("Eraser", "Take strokes away"),
    Tool.NEXT_OBJECT: ("Next cell", "A new number for the next cell: cells with different numbers may touch"),
    Tool.BOUNDARY: ("Boundary", "Lines between touching cells that were painted in one colour"),
    Tool.SPLIT: ("Split", "Draw a line across a cell that is really two"),
    Tool.MERGE: ("Merge", "Draw from one part into the other of a cell that was cut in two"),
    Tool.REDRAW: ("Redraw", "Draw once around a cell whose outline is wrong, or that was missed"),
}
_PAINT = (Tool.BACKGROUND, Tool.OBJECT, Tool.ERASER, Tool.NEXT_OBJECT, Tool.BOUNDARY)
_DRAW = (Tool.SPLIT, Tool.MERGE, Tool.REDRAW)
_KEY_OF = {tool: key for key, tool in TOOL_KEYS.items()}
_HELP = "[ ] brush size · Space + drag moves · double-click a stroke to close its outline"


class BrushPanel(Section):
    """Tools to paint with, and gestures to correct with; each with its key.

    Parameters
    ----------
    state, workbench, corrections, scribe, importer
        As everywhere.
    """

    def __init__(
        self,
        state: State,
        workbench: Workbench,
        corrections: Corrections,
        scribe: Scribe,
        importer: Importer,
    ) -> None:
        super().__init__()
        self._state, self._workbench = state, workbench
        self.buttons: dict[Tool, QToolButton] = {}
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)  # none is down while the mouse does something else
        self.add(_row([self._tool_button(tool) for tool in _PAINT]))
        self.accept = _button("Accept", "A", icon("accept"))
        self.accept.setToolTip("Point at a cell that is right and press A: its whole outline is learned from")
        self.reject = _button("Reject", "X", icon("reject"))
        self.reject.setToolTip("Point at a false cell and press X: it becomes background")
        for button in (self.accept, self.reject):  # the mouse is needed where the cell is
            button.clicked.connect(lambda: inform("Point at a cell in the image, then press A or X."))
        correcting = [self.accept, self.reject, *(self._tool_button(tool) for tool in _DRAW)]
        self.add(_row(correcting))
        self.accept_all = QPushButton("Accept all in view")
        self.accept_all.setToolTip("Take all cells that lie wholly in view as they are (Shift+A)")
        self.undo, self.redo = QPushButton("Undo"), QPushButton("Redo")
        self.undo.setToolTip("Take back the last stroke or correction, on whatever image it was (Ctrl+Z)")
        self.redo.setToolTip("Do it again (Ctrl+Shift+Z)")
        self.accept_all.clicked.connect(corrections.accept_visible)
        self.undo.clicked.connect(scribe.undo)
        self.redo.clicked.connect(scribe.redo)
        self.add(row(self.accept_all, self.undo, self.redo, stretch=0))
        self.import_labels = ImportButton(importer)
        self.add(self.import_labels)
        self.help = sentence(_HELP, small=True)
        self.add(self.help)
        state.events.advice.connect(self._advise)
        scribe.painted.connect(self._show_steps)
        state.events.project.connect(self._show_steps)
        self._show_steps()
        state.events.tool.connect(self._show)
        self._show(state.tool)

    def _tool_button(self, tool: Tool) -> QToolButton:
        word, help_text = _WORDS[tool]
        button = _button(word, _KEY_OF[tool], icon(tool.value))
        button.setCheckable(True)
        button.setToolTip(f"{help_text} (key {_KEY_OF[tool]})")
        button.clicked.connect(lambda: self.use(tool))
        self._group.addButton(button)
        self.buttons[tool] = button
        return button

    def _show_steps(self) -> None:
        project = self._state.project
        self.undo.setEnabled(project is not None and project.can_undo)
        self.redo.setEnabled(project is not None and project.can_redo)

    def _show(self, tool: Tool | None) -> None:
        for mine, button in self.buttons.items():
            button.setChecked(mine is tool)

    def _advise(self, advice: str) -> None:
        self.help.setText(advice or _HELP)

    def use(self, tool: Tool) -> None:
        """Switch to a tool."""
        try:
            self._workbench.use(tool)
        except SketchcellError as error:
            tell(error)
        self._show(self._state.tool)


def _button(word: str, key: str, picture: QIcon) -> QToolButton:
    button = QToolButton()
    button.setText(f"{word}\n{key}")
    button.setIcon(picture)
    button.setIconSize(QSize(18, 18))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    button.setFixedHeight(56)
    button.setAutoRaise(True)
    return button


def _row(buttons: list[QToolButton]) -> QHBoxLayout:
    box = QHBoxLayout()
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(2)
    for button in buttons:
        box.addWidget(button, len(button.text()) + 3)
    return box
