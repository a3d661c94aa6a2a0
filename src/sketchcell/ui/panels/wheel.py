"""The mouse wheel scrolls the dock; it does not turn what happens to lie under the mouse."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QWidget


class _OnlyWithFocus(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() != QEvent.Type.Wheel or not isinstance(watched, QWidget) or watched.hasFocus():
            return False
        event.ignore()  # and so it goes on to what scrolls
        return True


def calm(editor: QWidget) -> None:
    """Let an editor, and what it is made of, heed the wheel only after a click into it."""
    guard = _OnlyWithFocus(editor)
    for widget in (editor, *editor.findChildren(QWidget)):
        widget.installEventFilter(guard)
