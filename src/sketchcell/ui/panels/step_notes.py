"""How each step stands, in a few words at its header: also while it is folded up."""

from __future__ import annotations

from collections.abc import Sequence

from sketchcell.ui.panels.step import Step
from sketchcell.ui.state import Phase, State


class StepNotes:
    """Writes the notes of the four steps.

    Parameters
    ----------
    state
        As everywhere.
    steps
        Image, sketch, learn and result.
    """

    def __init__(self, state: State, steps: Sequence[Step]) -> None:
        self._state = state
        self._image, self._sketch, self._learn, self._result = steps
        events = state.events
        for event in (events.image, events.tool, events.phase, events.moments, events.found):
            event.connect(self._show)
        self._show()

    def _show(self) -> None:
        state = self._state
        self._image.set_note("" if state.image is None else state.image.name)
        self._sketch.set_note("" if state.tool is None else state.tool.value)
        self._learn.set_note(self._learning())
        self._result.set_note("" if state.found is None else f"{state.found.count:,} cells")

    def _learning(self) -> str:
        phase, moments = self._state.phase, self._state.moments
        words = "" if phase is Phase.OFF else phase.value
        accuracy = moments[-1].accuracy if moments else None
        return words if accuracy is None else f"{words} {accuracy:.0%}".strip()
