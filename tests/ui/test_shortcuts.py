"""The table of keys: its documentation, its page, and napari's own keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from napari.layers import Labels
from napari.utils.key_bindings import coerce_keybinding
from napari.utils.theme import get_theme
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLabel, QMainWindow

from sketchcell.ui.keys import TOOL_KEYS
from sketchcell.ui.shortcuts import SHORTCUTS, as_markdown, grouped, key_of
from sketchcell.ui.shortcuts_page import ShortcutsButton, ShortcutsPage

from .conftest import wait_until

GESTURES = {"Double-click", "Mouse wheel"}
SHADOWED = {"X", "B"}  # napari's keys for labels that ours replace, as the page says
SAME = {"E", "[", "]", "Ctrl+Z", "Ctrl+Shift+Z", "Space", "Esc"}  # these mean what they mean in napari
PAGE = Path(__file__).parents[2] / "docs" / "shortcuts.md"


def test_the_documentation_is_the_table() -> None:
    hint = "write sketchcell.ui.shortcuts.as_markdown() into docs/shortcuts.md"
    assert PAGE.read_text(encoding="utf-8") == as_markdown(), hint


def test_every_key_and_every_action_is_there_once() -> None:
    for field in ("key", "action", "does"):
        values = [getattr(shortcut, field) for shortcut in SHORTCUTS]
        assert len(set(values)) == len(values)
    assert sum(len(members) for members in grouped().values()) == len(SHORTCUTS)


def test_the_table_has_the_keys_that_are_bound() -> None:
    assert {tool.name.lower(): key for key, tool in TOOL_KEYS.items()}.items() <= {
        (shortcut.action, shortcut.key) for shortcut in SHORTCUTS
    }


def test_napari_understands_all_keys_and_few_take_its_own() -> None:
    from napari.utils.shortcuts import default_shortcuts

    labels = {str(key) for key in Labels.class_keymap}
    mine = ("labels", "brush", "polygon", "label_id", "hold", "napari:toggle", "napari:show", "napari:new")
    taken = {
        str(key)
        for action, keys in default_shortcuts.items()
        for key in keys
        if any(word in action for word in mine)
    } | labels
    for shortcut in SHORTCUTS:
        if shortcut.key in GESTURES | {"?", "Esc"}:
            continue
        assert str(coerce_keybinding(shortcut.key)) == shortcut.key
        assert shortcut.key not in taken or shortcut.key in SHADOWED | SAME


def test_an_action_that_is_not_there_is_an_error() -> None:
    assert key_of("split") == "S"
    with pytest.raises(KeyError):
        key_of("fly")


@pytest.fixture
def window(qtbot: Any) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    return window


def test_the_page_is_searched(window: QMainWindow) -> None:
    page = ShortcutsPage(window, get_theme("dark"))
    page.show()
    assert not page.isModal()

    def seen() -> set[str]:
        caps = page.findChildren(QLabel, "keyCap")
        return {cap.text() for cap in caps if cap.isVisible()}

    assert len(seen()) == len(SHORTCUTS)
    QTest.keyClicks(page.search, "CELL drag")
    assert seen() == {"S", "D", "C", "B"}
    assert not page.nothing.isVisible()
    QTest.keyClicks(page.search, " xyz")
    assert not seen()
    assert page.nothing.isVisible()
    page.search.clear()
    assert len(seen()) == len(SHORTCUTS)


def test_the_button_and_its_key_open_one_page(window: QMainWindow) -> None:
    button = ShortcutsButton(get_theme("light"))
    window.setCentralWidget(button)
    window.show()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    page = button.page
    assert page is not None
    assert page.isVisible()
    page.close()
    for modifier in (Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier):
        window.activateWindow()
        wait_until(window.isActiveWindow)
        QTest.keyClick(window, Qt.Key.Key_Question, modifier)
        assert page.isVisible()
        page.close()
    assert button.page is page
    button.set_theme(get_theme("dark"))
