"""Keys for painting and correcting: one hand on the keyboard, the other one on the mouse."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from napari.components import ViewerModel
from napari.layers import Layer

from sketchcell.errors import SketchcellError
from sketchcell.ui.notify import tell
from sketchcell.ui.shortcuts import key_of
from sketchcell.ui.state import State, Tool

TOOL_KEYS = {key_of(tool.value.replace(" ", "_")): tool for tool in Tool}
"""The key of each tool."""

Action = Callable[[], object]


class Keys:
    """Binds keys while it lives: in the viewer, the image and its sketch.

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
        self._layers: list[Layer] = []
        self._bind(viewer)
        state.events.layers.connect(self._follow)
        state.events.image.connect(self._follow)
        self._follow()

    def close(self) -> None:
        """Give the keys back."""
        self._release(self._viewer)
        self._state.events.layers.disconnect(self._follow)
        self._state.events.image.disconnect(self._follow)
        for layer in self._layers:
            self._release(layer)

    def _follow(self) -> None:
        """Bind the keys in the image and its sketch, where napari's own keys would come first."""
        image, layers = self._state.image, self._state.layers
        mine: list[Layer] = [*(layers or ()), *([] if image is None else [image])]
        for layer in self._layers:
            if not any(layer is other for other in mine):
                self._release(layer)
        for layer in mine:
            if not any(layer is other for other in self._layers):
                self._bind(layer)
        self._layers = mine

    def _bind(self, source: ViewerModel | Layer) -> None:
        for key, action in self._bound.items():
            source.bind_key(key, action, overwrite=True)

    def _release(self, source: ViewerModel | Layer) -> None:
        """Unbind what is still ours: another dock may have bound the same keys since."""
        mine = set(self._bound.values())
        for key, action in list(source.keymap.items()):
            if action in mine:
                del source.keymap[key]


def _told(action: Action) -> Callable[[ViewerModel | Layer], None]:
    """Return the action as napari calls it; what is wrong is told, not raised."""

    def act(_source: ViewerModel | Layer) -> None:
        try:
            action()
        except SketchcellError as error:
            tell(error)

    act.__doc__ = action.__doc__
    return act
