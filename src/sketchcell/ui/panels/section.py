"""What all panels are made of."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QLayout, QVBoxLayout, QWidget


class Section(QWidget):
    """A part of a step of the dock."""

    def __init__(self) -> None:
        super().__init__()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(4)

    def add(self, item: QWidget | QLayout) -> None:
        """Add below what is there."""
        if isinstance(item, QLayout):
            self._box.addLayout(item)
        else:
            self._box.addWidget(item)


def row(*widgets: QWidget, stretch: int | None = None) -> QHBoxLayout:
    """Return widgets side by side; the one numbered `stretch` takes the room that is left."""
    box = QHBoxLayout()
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(6)
    for number, widget in enumerate(widgets):
        box.addWidget(widget, int(number == stretch))
    return box


def sentence(text: str = "", small: bool = False) -> QLabel:
    """Return a label that breaks lines."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
    label.setProperty("small", small)
    return label
