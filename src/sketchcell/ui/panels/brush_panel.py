"""What the mouse paints, and the keys for it."""

from __future__ import annotations

from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from qtpy.QtWidgets import QButtonGroup, QGridLayout, QLabel, QSizePolicy, QToolButton

from sketchcell.errors import SketchcellError
from sketchcell.ui.colors import BACKGROUND, BOUNDARY, ERASER, OBJECTS
from sketchcell.ui.keys import KEYS
from sketchcell.ui.notify import tell
from sketchcell.ui.panels.section import Section
from sketchcell.ui.state import State, Tool
from sketchcell.ui.workbench import Workbench

_WORDS = {
    Tool.BACKGROUND: ("Background", "Where there is no cell"),
    Tool.OBJECT: ("Cell", "Inside cells: a few strokes, or whole cells"),
    Tool.ERASER: ("Eraser", "Take strokes away"),
    Tool.NEXT_OBJECT: ("Next cell", "A new number for the next cell: cells with different numbers may touch"),
    Tool.BOUNDARY: ("Boundary", "Lines between touching cells that were painted in one colour"),
}
_HELP = "[ ] brush size · Space + drag moves · Ctrl+Z undoes"


class BrushPanel(Section):
    """Five tools with their keys.

    Parameters
    ----------
    state, workbench
        As everywhere.
    """

    def __init__(self, state: State, workbench: Workbench) -> None:
        super().__init__("Paint")
        self._state, self._workbench = state, workbench
        self.buttons: dict[Tool, QToolButton] = {}
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)  # none is down while the mouse does something else
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2)
        for column, (key, tool) in enumerate(KEYS.items()):
            word, help_text = _WORDS[tool]
            button = QToolButton()
            button.setText(f"{word}\n{key}")
            button.setIcon(_icon(tool))
            button.setIconSize(QSize(18, 18))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setCheckable(True)
            button.setToolTip(f"{help_text} (key {key})")
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.setFixedHeight(56)
            button.setAutoRaise(True)
            button.clicked.connect(_use(self, tool))
            self._group.addButton(button)
            grid.addWidget(button, 0, column)
            grid.setColumnStretch(column, len(word) + 5)
            self.buttons[tool] = button
        self.add(grid)
        self.help = QLabel(_HELP)
        self.help.setStyleSheet("font-size: 8pt;")
        self.add(self.help)
        state.events.tool.connect(self._show)
        self._show(state.tool)

    def _show(self, tool: Tool | None) -> None:
        for mine, button in self.buttons.items():
            button.setChecked(mine is tool)

    def use(self, tool: Tool) -> None:
        """Switch to a tool."""
        try:
            self._workbench.use(tool)
        except SketchcellError as error:
            tell(error)
        self._show(self._state.tool)


def _use(panel: BrushPanel, tool: Tool) -> object:
    return lambda: panel.use(tool)


def _icon(tool: Tool) -> QIcon:
    pixmap = QPixmap(36, 36)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor("#202020"), 1.5))
    if tool is Tool.BACKGROUND:
        painter.setBrush(QColor(BACKGROUND))
        painter.drawRoundedRect(QRectF(3, 3, 30, 30), 5, 5)
    elif tool is Tool.OBJECT:
        painter.setBrush(QColor(OBJECTS[0]))
        painter.drawEllipse(QRectF(3, 3, 30, 30))
    elif tool is Tool.NEXT_OBJECT:
        painter.setBrush(QColor(OBJECTS[0]))
        painter.drawEllipse(QRectF(2, 2, 21, 21))
        painter.setBrush(QColor(OBJECTS[1]))
        painter.drawEllipse(QRectF(13, 13, 21, 21))
    elif tool is Tool.BOUNDARY:
        painter.setBrush(QColor(OBJECTS[0]))
        painter.drawEllipse(QRectF(2, 3, 32, 30))
        painter.setPen(QPen(QColor("#202020"), 8))
        painter.drawLine(18, 2, 18, 34)
        painter.setPen(QPen(QColor(BOUNDARY), 5))
        painter.drawLine(18, 2, 18, 34)
    else:
        painter.setPen(QPen(QColor(ERASER), 4))
        painter.drawEllipse(QRectF(4, 4, 28, 28))
        painter.drawLine(9, 27, 27, 9)
    painter.end()
    return QIcon(pixmap)
