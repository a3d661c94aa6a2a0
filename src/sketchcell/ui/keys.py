"""Keys for painting and correcting: one hand on the keyboard, the other one on the mouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from napari.components import ViewerModel
from napari.layers import Labels

from sketchcell.errors import SketchcellError
from sketchcell.ui.layers import SketchLayers
from sketchcell.ui.notify import tell
from sketchcell.ui.shortcuts import key_of
from sketchcell.ui.state import State, Tool

TOOL_KEYS = {key_of(tool.value.replace(" ", "_")): tool for tool in Tool}
"""The key of each tool."""

Action = Callable[[], object]


class Keys:
    """Binds keys while it lives: in the viewer, and in our layers where napari's own keys would come first.

    Parameters
    ----------
    viewer
        napari's.
    state
        Says which layers are ours.
    actions
        What each of the shortcuts does.
    """

    def __init__(self, viewer: ViewerModel, state: State, actions: Mapping[str, Action]) -> None:
        self._viewer, self._state = viewer, state
        self._bound = {key_of(name).replace("+", "-"): _told(action) for name, action in actions.items()}
        for key, action in self._bound.items():
            viewer.bind_key(key, action, overwrite=True)
        state.events.layers.connect(self._on_layers)
        self._on_layers(state.layers, None)

    def close(self) -> None:
        """Give the keys back."""
        self._release(self._viewer)
        self._state.events.layers.disconnect(self._on_layers)
        self._on_layers(None, self._state.layers)

    def _on_layers(self, new: SketchLayers | None, old: SketchLayers | None) -> None:
        for layer in old or ():
            self._release(layer)
        for layer in new or ():
            for key, action in self._bound.items():
                layer.bind_key(key, action, overwrite=True)

    def _release(self, source: ViewerModel | Labels) -> None:
        """Unbind what is still ours: another dock may have bound the same keys since."""
        mine = set(self._bound.values())
        for key, action in list(source.keymap.items()):
            if action in mine:
                del source.keymap[key]


def _told(action: Action) -> Callable[[ViewerModel | Labels], Iterator[None] | None]:
    """Return the action as napari calls it; what is wrong is told, not raised."""

    def act(_source: ViewerModel | Labels) -> None:
        try:
            action()
        except SketchcellError as error:
            tell(error)

    act.__doc__ = action.__doc__
    return act
