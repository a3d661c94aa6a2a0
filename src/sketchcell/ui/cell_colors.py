"""The colours of cells: by their number, or by how sure the network is of each."""

from __future__ import annotations

import numpy as np
import pandas
from napari.utils.colormaps import CyclicLabelColormap, ensure_colormap
from numpy.typing import NDArray

from sketchcell.ui.colors import cell_colormap
from sketchcell.ui.state import State

_STEPS = 16  # of confidence that can be told apart
_NAME = "confidence"
_UNKNOWN = (0.565, 0.565, 0.565, 1.0)
_MOST = 2**16  # colours; from there on napari gives out the same ones again


class CellColors:
    """Colours the instance layer, and notes the confidence of each cell in its features.

    Parameters
    ----------
    state
        As everywhere.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        ramp = ensure_colormap("viridis")
        self._ramp = ramp.map(np.linspace(0, 1, _STEPS))
        state.events.by_confidence.connect(self._show)
        state.events.confidence.connect(self._show)
        state.events.layers.connect(self._on_layers)

    def _on_layers(self) -> None:
        self._state.confidence = None

    def _show(self) -> None:
        layers, sure = self._state.layers, self._state.confidence
        if layers is None:
            return
        if not self._state.by_confidence or sure is None:
            if layers.instances.colormap.name == _NAME:
                layers.instances.colormap = cell_colormap()
            return
        layers.instances.colormap = self._colormap(sure)
        labels = np.flatnonzero(sure > 0)
        layers.instances.features = pandas.DataFrame(
            {"index": np.append(0, labels), "confidence": np.append(np.float32(np.nan), sure[labels])}
        )

    def _colormap(self, sure: NDArray[np.float32]) -> CyclicLabelColormap:
        """Return a colour for each label; one for those that are named directly draws ten times slower."""
        colors = np.full((min(2 * sure.size + 2, _MOST), 4), _UNKNOWN, np.float32)  # room for new cells
        known = np.flatnonzero(sure[:_MOST] > 0)
        steps = np.clip((sure[known] * _STEPS).astype(int), 0, _STEPS - 1)
        colors[known] = self._ramp[steps]
        colors[0] = 0
        return CyclicLabelColormap(name=_NAME, colors=colors, background_value=0)
