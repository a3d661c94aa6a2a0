"""One layer for each of several planes that belong together: the network's maps, or what it is taught."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image
from qtpy.QtCore import QTimer

from sketchcell.sketch import Window
from sketchcell.sketch.window import intersect
from sketchcell.ui.frame import plane_placement
from sketchcell.ui.layers import mark
from sketchcell.ui.pictures import Picture

_SHRINK = 4  # times smaller must the values have become before the limits follow


@dataclass(frozen=True, eq=False)
class _Part:
    """What waits to be put into a layer of an image of that shape."""

    image: Image
    shape: tuple[int, int]
    window: Window
    plane: Picture


class MapLayers:
    """Image layers named as the planes; made when first shown, and written by window.

    They come one after the other, with a turn for the window between them. The first becomes visible: they
    lie on top of each other.

    Parameters
    ----------
    viewer
        Where the layers go.
    prefix
        Of the layers' names.
    on_top
        Whether they cover everything, or only the image.
    """

    def __init__(self, viewer: ViewerModel, prefix: str = "", *, on_top: bool = False) -> None:
        self._viewer, self._prefix, self._on_top = viewer, prefix, on_top
        self._layers: dict[str, Image] = {}
        self._looks: dict[str, tuple[bool, float]] = {}  # whether signed, and the limit
        self._waiting: dict[str, list[_Part]] = {}
        self._spare: list[Image] = []
        self._shown = False
        self._turn = QTimer()
        self._turn.setSingleShot(True)
        self._turn.timeout.connect(self._next)
        viewer.layers.events.removed.connect(self._on_removed)

    def close(self) -> None:
        """Let go of the viewer; the layers stay."""
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        self._stop()
        self._layers, self._spare = {}, []

    def show(
        self, image: Image, shape: tuple[int, int], window: Window, planes: Mapping[str, Picture]
    ) -> None:
        """Put planes into their layers, in the window of an image of that shape."""
        for name, plane in planes.items():
            parts = self._waiting.get(name, [])
            covered = [part for part in parts if intersect(part.window, window) == part.window]
            kept = [part for part in parts if part not in covered]
            self._waiting[name] = [*kept, _Part(image, shape, window, plane)]
        if self._waiting and not self._turn.isActive():
            self._next()

    def hide(self) -> None:
        """Hide the layers."""
        self._stop()
        for layer in self._layers.values():
            layer.visible = False

    def clear(self) -> None:
        """Hide the layers: what comes next has nothing to do with them, but may use them again.

        To remove a layer takes napari a large part of a second.
        """
        self.hide()
        self._spare += self._layers.values()
        self._looks, self._layers = {}, {}

    def forget(self) -> None:
        """Begin with new layers; those of another image are hidden."""
        self.hide()
        self._looks, self._layers, self._spare = {}, {}, []

    def _stop(self) -> None:
        self._turn.stop()
        self._waiting.clear()
        self._shown = False

    def _next(self) -> None:
        name = next(iter(self._waiting))
        for part in self._waiting.pop(name):
            if part.image in self._viewer.layers:
                self._put(name, part)
        if self._waiting:
            self._turn.start(0)

    def _put(self, name: str, part: _Part) -> None:
        layer = self._layers.get(name) or self._add(name, part.image, part.shape)
        layer.data[part.window] = part.plane.values
        look = self._look(name, part.plane)
        if look != self._looks.get(name):
            self._looks[name] = signed, limit = look
            layer.colormap = "PiYG" if signed else "magma"
            layer.contrast_limits = (-limit if signed else 0.0, limit)
        if not self._shown:
            self._shown = layer.visible = True
        layer.refresh(extent=False, highlight=False)

    def _look(self, name: str, plane: Picture) -> tuple[bool, float]:
        """Return how to show a plane; small changes change nothing, so that colours keep their meaning."""
        signed, limit = self._looks.get(name, (name.endswith(("_y", "_x")), 0.0))
        if not limit / _SHRINK < plane.reach <= limit:
            limit = plane.reach
        return signed or plane.signed, limit

    def _add(self, name: str, image: Image, shape: tuple[int, int]) -> Image:
        layer = self._use_again(name, image) if self._spare else self._make(name, image, shape)
        self._layers[name] = layer
        return layer

    def _use_again(self, name: str, image: Image) -> Image:
        layer = self._spare.pop(0)
        layer.data[:] = np.nan
        layer.name = self._prefix + name
        mark(layer, image, self._prefix + name)
        return layer

    def _make(self, name: str, image: Image, shape: tuple[int, int]) -> Image:
        selected = set(self._viewer.layers.selection)
        active = self._viewer.layers.selection.active
        layer = Image(
            np.full(shape, np.nan, np.float32),
            name=self._prefix + name,
            contrast_limits=(0.0, 1.0),
            opacity=0.85 if self._on_top else 0.7,
            visible=False,
            blending="translucent",
            **plane_placement(image),
        )
        mark(layer, image, self._prefix + name)
        below = list(self._layers.values()) if self._on_top else []
        place = len(self._viewer.layers) if self._on_top else self._viewer.layers.index(image) + 1
        if below and below[-1] in self._viewer.layers:
            place = self._viewer.layers.index(below[-1]) + 1
        self._viewer.layers.insert(place, layer)
        self._viewer.layers.selection = selected  # who paints goes on painting
        self._viewer.layers.selection.active = active
        return layer

    def _on_removed(self, event: object) -> None:
        gone = event.value  # type: ignore[attr-defined]
        kept = {name: layer for name, layer in self._layers.items() if layer is not gone}
        self._looks = {name: look for name, look in self._looks.items() if name in kept}
        self._layers = kept
        self._spare = [layer for layer in self._spare if layer is not gone]
