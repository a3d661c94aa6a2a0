"""All keys and gestures of the mouse, in one table: what binds, explains and documents them reads it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Shortcut:
    """One key or gesture.

    Attributes
    ----------
    action
        A word for programs: what binds the key looks it up by `key_of`.
    key
        As napari writes it, ``Ctrl+Shift+Z``, or what the mouse does.
    does
        What happens.
    when
        Where the key means that, if not everywhere over the image.
    group
        The heading that it stands under.
    """

    action: str
    key: str
    does: str
    when: str
    group: str

    @property
    def sentence(self) -> str:
        """What happens, and where if that needs saying."""
        return f"{self.does} ({self.when})" if self.when else self.does

    def matches(self, words: str) -> bool:
        """Tell whether it has to do with all the words that somebody looks for."""
        text = f"{self.key} {self.does} {self.when} {self.group}".casefold()
        return all(word in text for word in words.casefold().split())


_IMAGE = ""
_PAINT, _CORRECT, _LEARN, _MOVE = "Paint", "Correct", "Learn and look", "Move about"

SHORTCUTS = (
    Shortcut("background", "Q", "Paint background: no cell here", _IMAGE, _PAINT),
    Shortcut("object", "W", "Paint a cell", _IMAGE, _PAINT),
    Shortcut("eraser", "E", "Erase strokes", _IMAGE, _PAINT),
    Shortcut("next_object", "R", "Paint the next cell, with a number of its own", _IMAGE, _PAINT),
    Shortcut("boundary", "T", "Paint the line between touching cells", _IMAGE, _PAINT),
    Shortcut("smaller_brush", "[", "Smaller brush", "while painting", _PAINT),
    Shortcut("larger_brush", "]", "Larger brush", "while painting", _PAINT),
    Shortcut(
        "outline_stroke", "Double-click", "Outline a stroke: its edge becomes boundary", "on a stroke", _PAINT
    ),
    Shortcut("undo", "Ctrl+Z", "Undo, also on the images before", _IMAGE, _PAINT),
    Shortcut("redo", "Ctrl+Shift+Z", "Redo", _IMAGE, _PAINT),
    Shortcut("accept", "A", "Accept the cell under the mouse: its whole outline is right", _IMAGE, _CORRECT),
    Shortcut("accept_all", "Shift+A", "Accept all cells in view", _IMAGE, _CORRECT),
    Shortcut("reject", "X", "Reject the cell under the mouse: it is background", _IMAGE, _CORRECT),
    Shortcut("split", "S", "Split a cell: drag a line across it", _IMAGE, _CORRECT),
    Shortcut("merge", "D", "Merge cells: drag across them", _IMAGE, _CORRECT),
    Shortcut("redraw", "C", "Redraw a cell: drag its new outline", _IMAGE, _CORRECT),
    Shortcut("next_hint", "N", "Go to where a stroke helps most", _IMAGE, _CORRECT),
    Shortcut("learn", "G", "Switch learning on or off", _IMAGE, _LEARN),
    Shortcut("hide", "H", "Hide all that is painted and found; again: show it", _IMAGE, _LEARN),
    Shortcut("region", "B", "Learn and find cells in a box only: drag it", _IMAGE, _LEARN),
    Shortcut("next_image", "PageDown", "The next image", "in a project", _MOVE),
    Shortcut("previous_image", "PageUp", "The image before", "in a project", _MOVE),
    Shortcut("pan", "Space", "Move the image: hold the key and drag", "while painting", _MOVE),
    Shortcut("zoom", "Mouse wheel", "Zoom in and out", _IMAGE, _MOVE),
    Shortcut("help", "?", "This page", "anywhere in the window", _MOVE),
    Shortcut("end_tour", "Esc", "End the tour", "during the tour", _MOVE),
)
"""In the order in which they are shown; each action and each key once."""

_KEYS = {shortcut.action: shortcut.key for shortcut in SHORTCUTS}


def key_of(action: str) -> str:
    """Return the key of an action.

    Raises
    ------
    KeyError
        When the table has no such action.
    """
    return _KEYS[action]


def grouped(words: str = "") -> dict[str, list[Shortcut]]:
    """Return the shortcuts that match, under their headings, in order."""
    found = [shortcut for shortcut in SHORTCUTS if shortcut.matches(words)]
    return {group: list(members) for group, members in groupby(found, lambda shortcut: shortcut.group)}


def as_markdown() -> str:
    """Return the page of the documentation."""
    lines = [
        "# Keys and gestures",
        "",
        "Press `?` in napari, or the button in the dock, for this page with a search. Keys are heard while",
        "the mouse is over the image, if nothing else is said.",
        "",
        "![The page of keys in napari](images/shortcuts.png)",
    ]
    for group, shortcuts in grouped().items():
        lines += ["", f"## {group}", "", "| key or gesture | what it does |", "| --- | --- |"]
        lines += [f"| `{shortcut.key}` | {shortcut.sentence} |" for shortcut in shortcuts]
    lines += [
        "",
        "On a Mac, `Ctrl` is the command key. While one of the sketch's layers is chosen, `X` and `B` take",
        "the place of napari's own keys for labels (swap two labels, preserve labels); the latter stays",
        "among the layer's controls. napari's `1` to `7`, `P`, `F` (fill), `L`, `M` and `Z` mean what they",
        "always do.",
    ]
    return "\n".join(lines) + "\n"
