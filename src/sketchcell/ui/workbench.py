"""Choosing an image and what to paint on it."""

from __future__ import annotations

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels

from sketchcell.errors import SketchcellError
from sketchcell.sketch import BACKGROUND, FIRST_OBJECT
from sketchcell.ui.layers import SketchLayers, find_layers, make_layers, plane_shape
from sketchcell.ui.state import State, Tool


class Workbench:
    """Makes the layers, switches tools, and notices when layers go.

    Parameters
    ----------
    viewer
        napari's.
    state
        Shared by all parts of the interface.
    """

    def __init__(self, viewer: ViewerModel, state: State) -> None:
        self.viewer = viewer
        self.state = state
        self._object = FIRST_OBJECT
        viewer.layers.events.removed.connect(self._on_removed)
        viewer.layers.selection.events.active.connect(self._follow_tool)
        state.events.layers.connect(self._on_layers)

    def close(self) -> None:
        """Let go of the viewer."""
        self.viewer.layers.events.removed.disconnect(self._on_removed)
        self.viewer.layers.selection.events.active.disconnect(self._follow_tool)
        self._unfollow(self.state.layers)

    def choose(self, image: Image | None) -> None:
        """Work on another image."""
        state = self.state
        if image is state.image:
            return
        state.learn = False
        if state.layers is not None:
            for layer in state.layers:
                layer.visible = False
        state.layers = None
        state.image = image
        found = None if image is None else find_layers(self.viewer, image)
        if found is not None:
            for layer in found:
                layer.visible = True
            state.layers = found
            self._focus(found.sketch)

    def start(self) -> SketchLayers:
        """Make the image's sketch ready to paint.

        Raises
        ------
        SketchcellError
            When there is no image, or it is not a single plane.
        """
        state = self.state
        if state.image is None:
            raise SketchcellError(
                "There is no image yet: drag one into the window, or use File > Open Sample."
            )
        if state.layers is None:
            plane_shape(state.image)
            state.layers = make_layers(self.viewer, state.image)
            self._follow_tool()
        else:
            self.use(Tool.OBJECT)
        return state.layers

    def prepare(self) -> None:
        """Make the layers of an image that cells were found in; nobody has asked to paint yet."""
        active = self.viewer.layers.selection.active
        layers = self.start()
        layers.sketch.mode = "pan_zoom"
        self.viewer.layers.selection.active = active

    def use(self, tool: Tool) -> None:
        """Paint with a tool from now on."""
        layers = self.state.layers or self.start()
        if tool is Tool.ERASER:
            active = self.viewer.layers.selection.active
            layer = layers.boundaries if active is layers.boundaries else layers.sketch
            self._focus(layer)
            layer.mode = "erase"
            return
        layer = layers.boundaries if tool is Tool.BOUNDARY else layers.sketch
        self._focus(layer)
        if tool is Tool.BACKGROUND:
            layer.selected_label = BACKGROUND
        elif tool is Tool.OBJECT:
            layer.selected_label = self._object
        elif tool is Tool.NEXT_OBJECT:
            self._object = max(int(np.max(layer.data)), self._object, FIRST_OBJECT) + 1
            layer.selected_label = self._object
        layer.mode = "paint"

    def _focus(self, layer: Labels) -> None:
        layer.visible = True
        self.viewer.layers.selection.active = layer

    def _on_layers(self, new: SketchLayers | None, old: SketchLayers | None) -> None:
        self._unfollow(old)
        if new is not None:
            self._object = FIRST_OBJECT
            for layer in (new.sketch, new.boundaries):
                layer.events.mode.connect(self._follow_tool)
                layer.events.selected_label.connect(self._follow_tool)
        self._follow_tool()

    def _unfollow(self, layers: SketchLayers | None) -> None:
        if layers is not None:
            for layer in (layers.sketch, layers.boundaries):
                layer.events.mode.disconnect(self._follow_tool)
                layer.events.selected_label.disconnect(self._follow_tool)

    def _follow_tool(self) -> None:
        """Read the tool off the layers, which people also use directly."""
        self.state.tool = self._tool()

    def _tool(self) -> Tool | None:
        layers, active = self.state.layers, self.viewer.layers.selection.active
        if layers is None or (active is not layers.sketch and active is not layers.boundaries):
            return None
        mode = str(active.mode)
        if mode == "erase":
            return Tool.ERASER
        if mode not in ("paint", "fill", "polygon"):
            return None
        if active is layers.boundaries:
            return Tool.BOUNDARY
        if active.selected_label >= FIRST_OBJECT:
            self._object = int(active.selected_label)
            return Tool.OBJECT
        return Tool.BACKGROUND if active.selected_label == BACKGROUND else Tool.ERASER

    def _on_removed(self, event: object) -> None:
        layer, state = event.value, self.state  # type: ignore[attr-defined]
        if state.layers is not None and layer in state.layers:
            learned = state.learn
            state.learn = False
            state.layers = None
            if learned:
                state.message = f"Learning has stopped: the layer '{layer.name}' was removed."
        if layer is state.image:
            self.choose(None)
