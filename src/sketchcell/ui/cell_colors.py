"""The colours of cells: by their number, by how sure the network is of each, or by what was measured."""

from __future__ import annotations

import numpy as np
import pandas
from napari.layers import Labels
from napari.utils.colormaps import CyclicLabelColormap, ensure_colormap
from numpy.typing import NDArray

from sketchcell.ui.colors import cell_colormap
from sketchcell.ui.state import State, Tint

RAMP = "viridis"
"""From the first to the last colour."""
_STEPS = 16  # of confidence that can be told apart
_FINE = 128  # of what was measured
_NAME = "confidence"
_TINT = "measured"
_UNKNOWN = (0.565, 0.565, 0.565, 1.0)
_PALE = 0.12  # of the opacity of other cells
MOST_COLORS = 2**16 - 1
"""From there on napari gives out the same ones again."""


class CellColors:
    """Colours the instance layer, and notes in its features what the colours say of each cell.

    Parameters
    ----------
    state
        As everywhere.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        ramp = ensure_colormap(RAMP)
        self._ramp = ramp.map(np.linspace(0, 1, _STEPS))
        self._fine = ramp.map(np.linspace(0, 1, _FINE))
        state.events.by_confidence.connect(self._show)
        state.events.confidence.connect(self._show)
        state.events.tint.connect(self._show)
        state.events.layers.connect(self._on_layers)

    def _on_layers(self) -> None:
        self._state.confidence = None
        self._state.tint = None

    def _show(self) -> None:
        layers, sure, tint = self._state.layers, self._state.confidence, self._state.tint
        if layers is None:
            return
        if not self._state.by_confidence:
            sure = None
        if sure is None and tint is None:
            if layers.instances.colormap.name in (_NAME, _TINT):
                layers.instances.colormap = cell_colormap()
            return
        if sure is not None:
            colors, name, values = self._sure_colors(sure), _NAME, np.where(sure > 0, sure, np.nan)
        else:
            assert tint is not None
            colors, name, values = self._tint_colors(tint), _TINT, tint.values
        if tint is not None:
            pale = np.flatnonzero(tint.pale[: len(colors)])
            colors[pale, 3] *= _PALE
        colors[0] = 0
        # a colour for each label; one for those that are named directly draws ten times slower
        layers.instances.colormap = CyclicLabelColormap(name=name, colors=colors, background_value=0)
        title = _NAME if sure is not None or tint is None else tint.name
        if title:
            _note(layers.instances, title, values)

    def _sure_colors(self, sure: NDArray[np.float32]) -> NDArray[np.float32]:
        known = np.flatnonzero(sure[:MOST_COLORS] > 0)
        colors = _unknown(sure.size)
        colors[known] = self._ramp[np.clip((sure[known] * _STEPS).astype(int), 0, _STEPS - 1)]
        return colors

    def _tint_colors(self, tint: Tint) -> NDArray[np.float32]:
        if not tint.name:
            count = min(2 * tint.values.size + 2, MOST_COLORS)
            return np.array(cell_colormap().map(np.arange(count)), np.float32)
        colors = _unknown(tint.values.size)
        known = np.flatnonzero(np.isfinite(tint.values[:MOST_COLORS]))
        share = (tint.values[known] - tint.low) / max(tint.high - tint.low, 1e-12)
        colors[known] = self._fine[np.clip(share * _FINE, 0, _FINE - 1).astype(int)]
        return colors


def _unknown(count: int) -> NDArray[np.float32]:
    return np.full((min(2 * count + 2, MOST_COLORS), 4), _UNKNOWN, np.float32)  # room for new cells


def _note(layer: Labels, title: str, values: NDArray[np.float32]) -> None:
    """Let napari's status bar say what is known of the cell under the mouse."""
    known = np.flatnonzero(np.isfinite(values))
    layer.features = pandas.DataFrame(
        {"index": np.append(0, known), title: np.append(np.float32(np.nan), values[known])}
    )
