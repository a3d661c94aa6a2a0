"""Drop-down lists of what there is to choose from."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import Qt
from qtpy.QtGui import QPaintEvent
from qtpy.QtWidgets import QComboBox, QSizePolicy, QStyle, QStyleOptionComboBox, QStylePainter

from sketchcell.ui.panels.wheel import calm
from sketchcell.ui.state import State


def chooser(titles: Mapping[str, str], *, explained: bool = False) -> QComboBox:
    """Return a list of names, each with a sentence about it, in a tooltip or beside the name."""
    box = _Chooser()
    for name, title in titles.items():
        box.addItem(f"{name}: {title}" if explained else name, name)
        box.setItemData(box.count() - 1, title, Qt.ItemDataRole.ToolTipRole)
    if explained:  # as wide as there is room; the list itself shows the whole sentences
        box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        box.view().setMinimumWidth(box.view().sizeHintForColumn(0) + 24)
    box.setToolTip("\n".join(f"{name}: {title}" for name, title in titles.items()))
    calm(box)
    return box


class _Chooser(QComboBox):
    """Ends with an ellipsis where Qt would cut letters in two."""

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        kind, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(kind, option, part, self).width()
        words = option.currentText
        elided = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room - 4)
        option.currentText = elided
        painter = QStylePainter(self)
        painter.drawComplexControl(kind, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


def follow(box: QComboBox, state: State, field: str) -> None:
    """Let a list show and set a field of the state."""

    def show(value: str) -> None:
        box.setCurrentIndex(box.findData(value))

    def choose(_index: int) -> None:
        setattr(state, field, box.currentData())

    show(getattr(state, field))
    box.currentIndexChanged.connect(choose)
    getattr(state.events, field).connect(show)
