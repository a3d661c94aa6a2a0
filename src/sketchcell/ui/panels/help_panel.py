"""Help within reach: the page of keys, and the tour."""

from __future__ import annotations

from collections.abc import Callable

from napari.utils.theme import Theme
from qtpy.QtWidgets import QPushButton

from sketchcell.ui.panels.section import Section, row
from sketchcell.ui.settings import Settings
from sketchcell.ui.shortcuts_page import ShortcutsButton


class HelpPanel(Section):
    """Two buttons; who has not seen the tour is invited to it.

    Parameters
    ----------
    settings
        Knows whether the tour was seen.
    on_tour
        Begins it.
    theme
        napari's.
    """

    def __init__(self, settings: Settings, on_tour: Callable[[], None], theme: Theme) -> None:
        super().__init__()
        seen = settings.choices.tour_seen
        self.tour = QPushButton("Tour" if seen else "New here? Take the tour (1 minute)")
        self.tour.setFlat(seen)
        self.tour.setToolTip("A minute that leads through the dock, with your own image or a sample")
        self.keys = ShortcutsButton(theme)
        self.tour.clicked.connect(on_tour)
        self.layout().setContentsMargins(10, 4, 10, 6)  # type: ignore[union-attr]
        self.add(row(self.tour, self.keys, stretch=0))
