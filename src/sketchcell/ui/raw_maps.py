"""One layer for each map of the network, below the cells."""

from __future__ import annotations

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image
from numpy.typing import NDArray

from sketchcell.sketch import Window
from sketchcell.ui.layers import mark, place_like


class RawMaps:
    """Image layers named as the maps; made when first shown, and written by window.

    Parameters
    ----------
    viewer
        Where the layers go.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._layers: dict[str, Image] = {}
        self._shown = False
        viewer.layers.events.removed.connect(self._on_removed)

    def close(self) -> None:
        """Let go of the viewer; the layers stay."""
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        self._layers = {}

    def show(
        self, image: Image, shape: tuple[int, int], window: Window, raw: dict[str, NDArray[np.float32]]
    ) -> None:
        """Put maps into their layers."""
        for name, values in raw.items():
            layer = self._layers.get(name) or self._add(name, image, shape)
            layer.data[window] = values
            limits = _limits(name, values)
            if tuple(layer.contrast_limits) != limits:
                layer.contrast_limits = limits
            layer.refresh(extent=False, highlight=False)
        if raw and not self._shown:
            self._layers[next(iter(raw))].visible = True  # they lie on top of each other
        self._shown = bool(raw)

    def hide(self) -> None:
        """Hide the layers."""
        for layer in self._layers.values():
            layer.visible = False
        self._shown = False

    def forget(self) -> None:
        """Begin with new layers; those of another image are hidden."""
        self.hide()
        self._layers = {}

    def _add(self, name: str, image: Image, shape: tuple[int, int]) -> Image:
        selected = set(self._viewer.layers.selection)
        active = self._viewer.layers.selection.active
        layer = Image(
            np.zeros(shape, np.float32),
            name=name,
            colormap="PiYG" if _is_signed(name) else "magma",
            contrast_limits=_limits(name, np.zeros(1, np.float32)),
            opacity=0.7,
            visible=False,
            blending="translucent",
            **place_like(image),
        )
        mark(layer, image, name)
        self._viewer.layers.insert(self._viewer.layers.index(image) + 1, layer)
        self._viewer.layers.selection = selected  # who paints goes on painting
        self._viewer.layers.selection.active = active
        self._layers[name] = layer
        return layer

    def _on_removed(self, event: object) -> None:
        gone = event.value  # type: ignore[attr-defined]
        self._layers = {name: layer for name, layer in self._layers.items() if layer is not gone}


def is_raw_map(layer: Image) -> bool:
    """Tell whether a layer shows a map of ours rather than an image."""
    return "sketchcell" in layer.metadata


def _is_signed(name: str) -> bool:
    return name.endswith(("_y", "_x"))


def _limits(name: str, values: NDArray[np.float32]) -> tuple[float, float]:
    if _is_signed(name):
        return -1.0, 1.0
    return 0.0, max(1.0, float(np.ceil(values.max())))
