"""How many strokes a person has painted since somebody began to count."""

from __future__ import annotations

from typing import Any

import numpy as np

from sketchcell.sketch import BACKGROUND, FIRST_OBJECT
from sketchcell.ui.layers import SketchLayers
from sketchcell.ui.state import State


class StrokeCount:
    """Counts strokes in cells and strokes of background in the sketch that is painted on.

    Parameters
    ----------
    state
        As everywhere.

    Attributes
    ----------
    cells, background
        So many strokes.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.cells = self.background = 0
        self._layers: SketchLayers | None = None
        state.events.layers.connect(self._follow)
        self._follow()

    def close(self) -> None:
        """Stop counting."""
        self._state.events.layers.disconnect(self._follow)
        self._let_go()

    def _follow(self) -> None:
        self._let_go()
        self._layers = self._state.layers
        if self._layers is not None:
            self._layers.sketch.events.paint.connect(self._count)

    def _let_go(self) -> None:
        if self._layers is not None:
            self._layers.sketch.events.paint.disconnect(self._count)
        self._layers = None

    def _count(self, event: Any) -> None:
        sketch = event.source
        if sketch.mode == "erase":
            return
        painted = int(np.max(sketch.selected_label))
        self.cells += painted >= FIRST_OBJECT
        self.background += painted == BACKGROUND
