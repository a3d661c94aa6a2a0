"""Choices that a person made in the last session, taken up again."""

from __future__ import annotations

from typing import Any

from sketchcell.families import get_family
from sketchcell.ui.layers import SketchLayers
from sketchcell.ui.settings import Settings
from sketchcell.ui.state import State

_FIELDS = ("family", "network", "device", "start", "outlines")


class Remembered:
    """Sets the state as it was left, and remembers what is chosen from now on.

    Parameters
    ----------
    state
        As everywhere.
    settings
        The file.
    """

    def __init__(self, state: State, settings: Settings) -> None:
        self._state, self._settings = state, settings
        choices = settings.choices
        if choices.family != state.family:
            state.family = choices.family
            state.params = get_family(choices.family).Params()
        for name in _FIELDS[1:]:
            setattr(state, name, getattr(choices, name))
        for name in _FIELDS:
            getattr(state.events, name).connect(self._remember)
        state.events.project.connect(self._on_project)
        state.events.layers.connect(self._on_layers)

    def _remember(self) -> None:
        self._settings.remember(**{name: getattr(self._state, name) for name in _FIELDS})

    def _on_layers(self, new: SketchLayers | None, old: SketchLayers | None) -> None:
        if old is not None:
            old.sketch.events.brush_size.disconnect(self._on_brush)
        if new is not None:
            if self._settings.choices.brush_size is not None:
                new.sketch.brush_size = self._settings.choices.brush_size
            new.sketch.events.brush_size.connect(self._on_brush)

    def _on_brush(self, event: Any) -> None:
        self._settings.remember(brush_size=round(event.source.brush_size))

    def _on_project(self) -> None:
        project = self._state.project
        if project is not None and not project.unsaved:
            self._settings.opened(project.folder)
