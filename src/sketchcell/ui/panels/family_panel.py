"""Which kind of model learns."""

from __future__ import annotations

from qtpy.QtWidgets import QSizePolicy

from sketchcell.families import FAMILIES
from sketchcell.ui.panels.chooser import chooser, follow
from sketchcell.ui.panels.section import Section, sentence
from sketchcell.ui.state import State


class FamilyPanel(Section):
    """Chooses the family, and says in a line what it is.

    Parameters
    ----------
    state
        As everywhere.
    """

    def __init__(self, state: State) -> None:
        super().__init__("Kind of model")
        self.choice = chooser({name: family.title for name, family in FAMILIES.items()})
        self.choice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.choice.setToolTip(
            "How cells are described to the network. Your strokes serve all kinds: change as often as you "
            "like; what one has learned waits until you come back to it.\n" + self.choice.toolTip()
        )
        self.about = sentence(small=True)
        self.add(self.choice)
        self.add(self.about)
        follow(self.choice, state, "family")
        state.events.family.connect(self._show)
        self._show(state.family)

    def _show(self, family: str) -> None:
        title = FAMILIES[family].title
        self.about.setText(title[:1].upper() + title[1:])
