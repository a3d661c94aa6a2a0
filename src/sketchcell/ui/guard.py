"""Other data put into the layers by somebody else: the image's is followed, ours keep their form."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Image, Labels

from sketchcell.errors import SketchcellError
from sketchcell.ui.frame import Frame
from sketchcell.ui.layers import SketchLayers, noted_entry, planes_of
from sketchcell.ui.notify import inform
from sketchcell.ui.scribe import Scribe
from sketchcell.ui.state import State
from sketchcell.ui.workbench import Workbench


class Guard:
    """Looks at every array that scripts and other plugins put into an image or its sketch.

    An image of the same size is learned from anew; one of another size is another image, with a sketch of its
    own. A layer of the sketch gets back the shape of its image, and what was painted.

    Parameters
    ----------
    state, workbench, scribe
        As everywhere.
    """

    def __init__(self, state: State, workbench: Workbench, scribe: Scribe) -> None:
        self._state, self._workbench, self._scribe = state, workbench, scribe
        self._image: Image | None = None
        self._layers: SketchLayers | None = None
        state.events.layers.connect(self._on_layers)

    def close(self) -> None:
        """Let go of the layers."""
        self._state.events.layers.disconnect(self._on_layers)
        self._release()

    def _on_layers(self, layers: SketchLayers | None) -> None:
        self._release()
        image = self._state.image
        if layers is None or image is None:
            return
        self._image, self._layers = image, layers
        image.events.data.connect(self._on_image)
        for layer in layers:
            layer.events.data.connect(self._on_layer)

    def _release(self) -> None:
        if self._image is None or self._layers is None:
            return
        self._image.events.data.disconnect(self._on_image)
        for layer in self._layers:
            layer.events.data.disconnect(self._on_layer)
        self._image = self._layers = None

    def _on_image(self) -> None:
        image, layers = self._image, self._layers
        if image is None or layers is None or noted_entry(image) != self._state.entry:
            return  # the project puts another of its images there
        if _fits(image, layers.frame):
            self._workbench.read_again()
        else:
            self._workbench.leave_sketch(
                f"'{image.name}' has another size now. What was painted is kept: press 'Start sketching' to "
                "paint on the new one."
            )

    def _on_layer(self, event: Any) -> None:
        layer, layers = event.source, self._layers
        if layers is None:
            return
        if layer.data.shape != layers.frame.shape:
            layer.data = np.zeros(layers.frame.shape, layer.data.dtype if _is_sound(layer) else np.int32)
            self._scribe.show_again()
            inform(f"'{layer.name}' keeps the size of its image, and what was painted.")
        elif not _is_sound(layer):
            layer.data = np.array(layer.data, np.int32)


def _fits(image: Image, frame: Frame) -> bool:
    """Tell whether an image has the axes that its sketch was made for."""
    try:
        now = Frame(image, planes_of(image))
    except SketchcellError:
        return False
    return now.shape == frame.shape and now.planes.channel_count == frame.planes.channel_count


def _is_sound(layer: Labels) -> bool:
    """Tell whether a layer's array can be written to, with all ids."""
    data = layer.data
    return isinstance(data, np.ndarray) and data.flags.writeable and np.can_cast(np.uint16, data.dtype)
