"""The page of keys: a window that can stay open beside the work."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from napari.utils.theme import Theme
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence, QShowEvent
from qtpy.QtWidgets import (  # type: ignore[attr-defined]
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QShortcut,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sketchcell.ui.shortcuts import Shortcut, grouped, key_of
from sketchcell.ui.theme import faint_ink, small_font

_STYLE = """
QLabel#keyCap {{
  font-family: monospace; padding: 0.15em 0.5em;
  border: 1px solid {edge}; border-radius: 0.3em; background: {cap};
}}
QLabel#keyGroup {{ font-weight: bold; padding-top: 0.6em; }}
QLabel#keyNote {{ color: {faint}; font-size: {small}; }}
"""
_MOST_HEIGHT = 640  # px: fits a screen of 720


class ShortcutsPage(QDialog):
    """Keys and gestures in two columns, with a search; never modal.

    Parameters
    ----------
    parent
        The window that it belongs to.
    theme
        napari's theme of that window.
    """

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys and gestures")
        self.setModal(False)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search: split, background, Ctrl…")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search keys and gestures")
        note = QLabel("Keys are heard while the mouse is over the image, if nothing else is said.")
        note.setObjectName("keyNote")
        self.nothing = QLabel("No key or gesture has to do with that.")
        self.groups = {name: _Group(name, members) for name, members in grouped().items()}
        columns = QHBoxLayout()
        columns.setContentsMargins(2, 0, 10, 6)
        columns.setSpacing(28)
        self._columns = [(QWidget(), half) for half in _halves(list(self.groups.values()))]
        for column, half in self._columns:
            below = QVBoxLayout(column)
            below.setContentsMargins(0, 0, 0, 0)
            for group in half:
                below.addWidget(group)
            below.addStretch(1)
            columns.addWidget(column, 1)
        self._inner = QWidget()
        self._inner.setLayout(columns)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self._inner)
        box = QVBoxLayout(self)
        for part in (self.search, note, self.nothing, area):
            box.addWidget(part)
        self.nothing.hide()
        self.search.textChanged.connect(self._find)
        self.set_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Be as large as the page, now that its fonts are known; the screen may be small."""
        super().showEvent(event)
        widest = max(cap.sizeHint().width() for cap in self.findChildren(QLabel, "keyCap"))
        for group in self.groups.values():
            group.align(widest)
        hint = self._inner.sizeHint()
        self.setMinimumWidth(hint.width() + 40)
        self.resize(hint.width() + 40, min(hint.height() + 90, _MOST_HEIGHT))

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme of napari."""
        self.setStyleSheet(
            _STYLE.format(
                edge=theme.primary.as_hex(format="long"),
                cap=theme.foreground.as_hex(format="long"),
                faint=faint_ink(theme),
                small=small_font(theme),
            )
        )

    def _find(self, words: str) -> None:
        found = grouped(words)
        for name, group in self.groups.items():
            group.show_only(found.get(name, []))
        for column, half in self._columns:
            column.setVisible(any(group.name in found for group in half))
        self.nothing.setVisible(not found)


class _Group(QWidget):
    """A heading and what stands under it."""

    def __init__(self, name: str, shortcuts: Sequence[Shortcut]) -> None:
        super().__init__()
        self.name = name
        heading = QLabel(name)
        heading.setObjectName("keyGroup")
        self.rows: dict[str, tuple[QLabel, QWidget]] = {}
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.addWidget(heading, 0, 0, 1, 2)
        for row, shortcut in enumerate(shortcuts, start=1):
            cap, words = QLabel(_shown(shortcut.key)), QLabel(_rich(shortcut))
            cap.setObjectName("keyCap")
            cap.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            grid.addWidget(cap, row, 0, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(words, row, 1)
            self.rows[shortcut.action] = (cap, words)

    def align(self, width: int) -> None:
        self._grid.setColumnMinimumWidth(0, width)

    def show_only(self, shortcuts: Sequence[Shortcut]) -> None:
        wanted = {shortcut.action for shortcut in shortcuts}
        for action, row in self.rows.items():
            for part in row:
                part.setVisible(action in wanted)
        self.setVisible(bool(wanted))


class ShortcutsButton(QToolButton):
    """Opens the page; so does its key, anywhere in the window.

    Parameters
    ----------
    theme
        napari's theme at first; later ones come by `set_theme`.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.page: ShortcutsPage | None = None
        self.setText("?")
        self.setAutoRaise(True)
        self.setToolTip("All keys and gestures (key ?)")
        self.setAccessibleName("Keys and gestures")
        for keys in (key_of("help"), f"Shift+{key_of('help')}"):  # not all systems take Shift off it
            key = QShortcut(QKeySequence(keys), self)
            key.setContext(Qt.ShortcutContext.WindowShortcut)
            key.activated.connect(self.open)
            key.activatedAmbiguously.connect(self.open)
        self.clicked.connect(self.open)

    def open(self) -> None:
        """Show the page, in front."""
        if self.page is None:
            self.page = ShortcutsPage(self.window(), self._theme)
            self.page.destroyed.connect(self._forget)
        self.page.show()
        self.page.raise_()
        self.page.activateWindow()
        self.page.search.setFocus()

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme of napari."""
        self._theme = theme
        if self.page is not None:
            self.page.set_theme(theme)

    def _forget(self) -> None:
        self.page = None


def _rich(shortcut: Shortcut) -> str:
    where = f"<small>&nbsp; {escape(shortcut.when)}</small>" if shortcut.when else ""
    return escape(shortcut.does) + where


def _shown(key: str) -> str:
    """Return a key as this system writes it; a gesture as it is."""
    native = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
    return native or key


def _halves(groups: list[_Group]) -> tuple[list[_Group], list[_Group]]:
    """Cut a list in two, as evenly in rows as can be."""
    sizes = [len(group.rows) for group in groups]
    cut = min(range(1, len(groups)), key=lambda n: abs(sum(sizes[:n]) - sum(sizes[n:])))
    return groups[:cut], groups[cut:]
