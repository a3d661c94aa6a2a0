"""The box that learning is confined to, as a layer."""

from __future__ import annotations

import numpy as np
from napari.components import ViewerModel
from napari.layers import Shapes

from sketchcell.sketch import Window
from sketchcell.ui.colors import OBJECTS
from sketchcell.ui.frame import plane_placement
from sketchcell.ui.layers import mark
from sketchcell.ui.state import State

NAME = "box"


class RegionLayer:
    """Shows the region; who removes the layer wants everything again.

    Parameters
    ----------
    viewer, state
        As everywhere.
    """

    def __init__(self, viewer: ViewerModel, state: State) -> None:
        self._viewer, self._state = viewer, state
        self._layer: Shapes | None = None
        state.events.region.connect(self._show)
        state.events.layers.connect(self._on_layers)
        viewer.layers.events.removed.connect(self._on_removed)

    def close(self) -> None:
        """Let go of the viewer."""
        self._viewer.layers.events.removed.disconnect(self._on_removed)

    def _on_layers(self) -> None:
        """Forget the box: it belongs to one image."""
        self._state.region = None

    def _show(self, region: Window | None) -> None:
        layer, self._layer = self._layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)
        image, layers = self._state.image, self._state.layers
        if region is None or image is None or layers is None:
            return
        (top, bottom), (left, right) = ((span.start - 0.5, span.stop - 0.5) for span in region)
        active = self._viewer.layers.selection.active
        layer = Shapes(
            [np.array([(top, left), (top, right), (bottom, right), (bottom, left)])],
            shape_type="rectangle",
            name=NAME,
            face_color="transparent",
            edge_color=OBJECTS[3],
            edge_width=max(1.0, min(layers.frame.planes.shape) / 300),
            **plane_placement(image),
        )
        mark(layer, image, NAME)
        self._viewer.layers.insert(len(self._viewer.layers), layer)
        self._viewer.layers.selection.active = active
        self._layer = layer

    def _on_removed(self, event: object) -> None:
        if self._layer is not None and event.value is self._layer:  # type: ignore[attr-defined]
            self._layer = None
            self._state.region = None
