"""Drop-down lists of what there is to choose from."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox

from sketchcell.ui.state import State


def chooser(titles: Mapping[str, str]) -> QComboBox:
    """Return a list of names, each with a sentence about it."""
    box = QComboBox()
    for name, title in titles.items():
        box.addItem(name, name)
        box.setItemData(box.count() - 1, title, Qt.ItemDataRole.ToolTipRole)
    box.setToolTip("\n".join(f"{name}: {title}" for name, title in titles.items()))
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # who scrolls through the dock changes nothing
    return box


def follow(box: QComboBox, state: State, field: str) -> None:
    """Let a list show and set a field of the state."""

    def show(value: str) -> None:
        box.setCurrentIndex(box.findData(value))

    def choose(_index: int) -> None:
        setattr(state, field, box.currentData())

    show(getattr(state, field))
    box.currentIndexChanged.connect(choose)
    getattr(state.events, field).connect(show)
