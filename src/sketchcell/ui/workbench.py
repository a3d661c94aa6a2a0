"""Choosing an image and what to paint on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels

from sketchcell.errors import SketchcellError
from sketchcell.sketch import BACKGROUND, FIRST_OBJECT
from sketchcell.ui.frame import Frame
from sketchcell.ui.layers import (
    SketchLayers,
    find_layers,
    is_ours,
    make_layers,
    mark_left,
    planes_of,
    put,
    renew_layers,
)
from sketchcell.ui.notify import tell
from sketchcell.ui.projects import Projects
from sketchcell.ui.scribe import Scribe
from sketchcell.ui.spot import Spot
from sketchcell.ui.state import GESTURES, State, Tool

_PLACED = ("scale", "translate", "rotate", "shear", "affine", "units")
_LARGEST_ID = int(np.iinfo(np.uint16).max)


class Workbench:
    """Makes the layers, switches tools, and notices when layers go or move.

    Parameters
    ----------
    viewer
        napari's.
    state
        Shared by all parts of the interface.
    scribe, projects
        Where what is painted is written down.
    """

    def __init__(self, viewer: ViewerModel, state: State, scribe: Scribe, projects: Projects) -> None:
        self.viewer = viewer
        self.state = state
        self._scribe, self._projects = scribe, projects
        self._object = FIRST_OBJECT
        self._image: Image | None = None
        viewer.layers.events.removed.connect(self._on_removed)
        viewer.layers.selection.events.active.connect(self._follow_tool)
        for event in _steps(viewer):
            event.connect(self._follow_plane)
        state.events.layers.connect(self._on_layers)

    def close(self) -> None:
        """Let go of the viewer."""
        self.viewer.layers.events.removed.disconnect(self._on_removed)
        self.viewer.layers.selection.events.active.disconnect(self._follow_tool)
        for event in _steps(self.viewer):
            event.disconnect(self._follow_plane)
        self._unfollow(self.state.layers)
        self._scribe.unfollow()

    def choose(self, image: Image | None, *, go_on: bool = False) -> None:
        """Work on another image; learning ends unless it is to `go_on`."""
        state = self.state
        if image is state.image:
            return
        if state.layers is not None:
            for layer in state.layers:
                layer.visible = False
        self._scribe.unfollow()
        state.layers = None
        state.image = image
        found = None if image is None else find_layers(self.viewer, image)
        if found is None and not go_on:
            state.learn = False
        if found is None:
            return
        try:
            self._take(found)
        except SketchcellError as error:
            tell(error)
            return
        for layer in found:
            layer.visible = True
        self._focus(found.sketch)

    def clear(self) -> None:
        """Take all layers of ours away: what is in them belongs to a project that is left."""
        mine = [layer for layer in self.viewer.layers if is_ours(layer)]
        for layer in mine:
            mark_left(layer)  # so that nothing is taken up again while the others are still there
        for layer in mine:
            self.viewer.layers.remove(layer)

    def renew(self) -> None:
        """Go on in the same layers after another image was put into the layer of the chosen one.

        Raises
        ------
        SketchcellError
            When the image cannot be sketched on.
        """
        layers = self.state.layers
        self._scribe.unfollow()
        self.state.layers = None
        if layers is not None and self.state.image is not None:
            self._take(renew_layers(layers, self.state.image))

    def read_again(self) -> None:
        """Go on with other pixels in the image, of the same size."""
        layers, image, learned = self.state.layers, self.state.image, self.state.learn
        if layers is None or image is None:
            return
        self.state.learn = False
        self._scribe.unfollow()
        frame = Frame(image, planes_of(image))
        self._take(SketchLayers(layers.sketch, layers.boundaries, layers.instances, frame))
        self.state.learn = learned

    def leave_sketch(self, why: str) -> None:
        """Paint on this sketch no longer, and say why if that ends learning."""
        state, learned = self.state, self.state.learn
        state.learn = False
        self._scribe.unfollow()
        state.layers = None
        if learned:
            state.message = why

    def start(self) -> SketchLayers:
        """Make the image's sketch ready to paint.

        Raises
        ------
        SketchcellError
            When there is no image, or it cannot be sketched on.
        """
        state = self.state
        if state.image is None:
            raise SketchcellError(
                "There is no image yet: drag one into the window, or use File > Open Sample."
            )
        if state.layers is None:
            planes_of(state.image)
            return self._take(make_layers(self.viewer, state.image))
        self.use(Tool.OBJECT)
        return state.layers

    def prepare(self) -> None:
        """Make the layers of an image that cells were found in; nobody has asked to paint yet."""
        active = self.viewer.layers.selection.active
        layers = self.start()
        layers.sketch.mode = "pan_zoom"
        self.viewer.layers.selection.active = active

    def choose_channels(self, channels: tuple[int, ...]) -> None:
        """Learn from some channels of the image only; a model of other channels is given up."""
        state, image = self.state, self.state.image
        if image is None:
            return
        planes = planes_of(image)
        chosen = channels or None
        if chosen == planes.channels or (planes.channels is None and len(channels) == planes.channel_count):
            return
        state.learn = False
        self._projects.choose_channels(image, chosen)
        state.model = None

    def use(self, tool: Tool) -> None:
        """Paint or correct with a tool from now on."""
        layers = self.state.layers or self.start()
        if tool in GESTURES:
            layers.instances.mode = "pan_zoom"
            self._focus(layers.instances)
            self.state.tool = tool
            return
        if tool is Tool.ERASER:
            active = self.viewer.layers.selection.active
            layer = layers.boundaries if active is layers.boundaries else layers.sketch
            self._focus(layer)
            layer.mode = "erase"
            self._follow_tool()
            return
        layer = layers.boundaries if tool is Tool.BOUNDARY else layers.sketch
        self._focus(layer)
        if tool is Tool.BACKGROUND:
            layer.selected_label = BACKGROUND
        elif tool is Tool.OBJECT:
            layer.selected_label = self._object
        elif tool is Tool.NEXT_OBJECT:
            self._object = max(self._highest(layer), self._object, FIRST_OBJECT) + 1
            if self._object > _LARGEST_ID:
                raise SketchcellError("All 65,533 numbers are in use: paint with 'Cell' and boundaries.")
            layer.selected_label = self._object
        layer.mode = "paint"
        self._follow_tool()

    def hide(self) -> None:
        """Hide what is painted and found, to see the image alone; or show it again."""
        layers = self.state.layers
        if layers is not None:
            shown = any(layer.visible for layer in layers)
            for layer in layers:
                layer.visible = not shown

    def put_away(self) -> None:
        """Let the mouse move the image again."""
        layers = self.state.layers
        if layers is not None:
            for layer in layers:
                layer.mode = "pan_zoom"
        self.state.tool = None

    def _take(self, layers: SketchLayers) -> SketchLayers:
        """Work on these layers of the chosen image from now on."""
        image = self.state.image
        assert image is not None
        entry = self._projects.enter(image, layers.frame)
        project = self.state.project
        assert project is not None
        self.state.entry = entry
        self._scribe.follow(layers, project, entry)
        self.state.layers = layers
        return layers

    def _highest(self, layer: Labels) -> int:
        """Return the largest id painted on the plane in view."""
        spot, layers = self.state.spot, self.state.layers
        if spot is None or layers is None:
            return int(np.max(layer.data))
        return int(layer.data[layers.frame.index(spot.plane)].max())

    def _focus(self, layer: Labels) -> None:
        if not layer.visible:  # which napari would draw again as a whole
            layer.visible = True
        self.viewer.layers.selection.active = layer

    def _on_layers(self, new: SketchLayers | None, old: SketchLayers | None) -> None:
        self._unfollow(old)
        if new is not None:
            self._object = FIRST_OBJECT
            for layer in (new.sketch, new.boundaries):
                layer.events.mode.connect(self._follow_tool)
                layer.events.selected_label.connect(self._follow_tool)
            new.instances.events.mode.connect(self._follow_tool)
            assert self.state.image is not None
            self._image = self.state.image
            for name in _PLACED:
                getattr(self._image.events, name).connect(self._follow_place)
        self._follow_tool()
        self._follow_plane()

    def _unfollow(self, layers: SketchLayers | None) -> None:
        if layers is not None:
            for layer in (layers.sketch, layers.boundaries):
                layer.events.mode.disconnect(self._follow_tool)
                layer.events.selected_label.disconnect(self._follow_tool)
            layers.instances.events.mode.disconnect(self._follow_tool)
        if self._image is not None:
            for name in _PLACED:
                getattr(self._image.events, name).disconnect(self._follow_place)
            self._image = None

    def _follow_place(self) -> None:
        """Keep the sketch on the image when that is moved, scaled or turned."""
        layers, image = self.state.layers, self.state.image
        if layers is None or image is None:
            return
        for layer in layers:
            put(layer, layers.frame.placement(image))

    def _follow_plane(self) -> None:
        """Read off the sliders which plane is in view."""
        layers, state = self.state.layers, self.state
        plane = None if layers is None else layers.frame.plane_in_view(self.viewer, layers.sketch)
        state.spot = None if plane is None else Spot(state.entry, plane)

    def _follow_tool(self) -> None:
        """Read the tool off the layers, which people also use directly."""
        self.state.tool = self._tool()

    def _tool(self) -> Tool | None:
        layers, active = self.state.layers, self.viewer.layers.selection.active
        if layers is None:
            return None
        if active is layers.instances and self.state.tool in GESTURES and str(active.mode) == "pan_zoom":
            return self.state.tool
        if active is not layers.sketch and active is not layers.boundaries:
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
            self.leave_sketch(
                f"Learning has stopped: the layer '{layer.name}' was removed. What was painted is kept: "
                "press 'Start sketching' to bring it back."
            )
        if layer is state.image:
            self.choose(None)


def _steps(viewer: ViewerModel) -> Iterator[Any]:
    """Yield the events after which another plane may be in view."""
    events = viewer.dims.events
    yield from (events.current_step, events.order, events.ndisplay, events.ndim)
