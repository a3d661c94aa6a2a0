"""Between the table and the image: a row brings its cell into view, a click on a cell selects its row."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels

from sketchcell.ui.notify import inform
from sketchcell.ui.state import State
from sketchcell.ui.table.state import TableState, no_rows
from sketchcell.ui.view import pixel_at

_LEAST = 24  # pixels of the screen that a cell must span to be seen


class Pointer:
    """Selects cells that are clicked while no tool paints, and moves the camera.

    Parameters
    ----------
    viewer, state
        As everywhere.
    table
        What is measured and selected.
    """

    def __init__(self, viewer: ViewerModel, state: State, table: TableState) -> None:
        self._viewer, self._state, self._table = viewer, state, table
        viewer.mouse_drag_callbacks.append(self._on_press)
        table.events.picked.connect(self._on_picked)

    def close(self) -> None:
        """Let go of the viewer."""
        self._table.events.picked.disconnect(self._on_picked)
        if self._on_press in self._viewer.mouse_drag_callbacks:
            self._viewer.mouse_drag_callbacks.remove(self._on_press)

    def go(self, row: int) -> None:
        """Bring a cell into view; closer only if it could not be seen."""
        layers, measured = self._state.layers, self._table.measured
        if layers is None or measured is None:
            return
        plane = measured.planes[measured.where[row]]
        top, left, bottom, right = (int(edge) for edge in measured.boxes[row])
        index = (*layers.frame.index(plane), (top + bottom - 1) / 2, (left + right - 1) / 2)
        world = layers.instances.data_to_world(index)
        dims, camera = self._viewer.dims, self._viewer.scene.camera
        if self._state.spot is None:
            dims.ndisplay = 2
        if self._state.spot is None or plane != self._state.spot.plane:
            first = dims.ndim - len(index)
            for axis in range(len(index) - 2):
                dims.set_point(first + axis, world[axis])
        camera.center = (*camera.center[:-2], *world[-2:])
        side = max((bottom - top) * layers.instances.scale[-2], (right - left) * layers.instances.scale[-1])
        camera.zoom = max(camera.zoom, _LEAST / abs(float(side)))

    def _on_press(self, _viewer: ViewerModel, event: Any) -> Generator[None, None, None]:
        if event.button != 1 or not self._is_free():
            return
        yield
        if event.type == "mouse_release":  # a drag moves the image
            self._pick(event.position, add="Shift" in event.modifiers or "Control" in event.modifiers)

    def _is_free(self) -> bool:
        """Tell whether a click does nothing else."""
        active = self._viewer.layers.selection.active
        if self._table.measured is None or self._state.tool is not None:
            return False
        return active is None or str(active.mode) == "pan_zoom" or _picks(active)

    def _pick(self, position: Any, *, add: bool) -> None:
        layers, spot, measured = self._state.layers, self._state.spot, self._table.measured
        if layers is None or spot is None or measured is None:
            return
        at = pixel_at(layers, position)
        label = 0 if at is None else int(layers.instances.data[layers.frame.index(spot.plane)][at])
        rows = measured.rows_of(spot.plane, np.array([label])) if label else no_rows()
        if label and not rows.size:
            inform("This cell is not in the table yet: press 'Measure again'.")
        elif add:
            self._table.picked = np.setxor1d(self._table.picked, rows)
        else:
            self._table.picked = rows

    def _on_picked(self) -> None:
        """Make a cell that is selected alone the one of napari's own tools, too."""
        layers, measured, rows = self._state.layers, self._table.measured, self._table.picked
        if layers is None or measured is None or rows.size != 1:
            return
        label = int(measured.labels[rows[0]])
        if layers.instances.selected_label != label:
            layers.instances.selected_label = label


def _picks(layer: Any) -> bool:
    return isinstance(layer, Labels) and str(layer.mode) == "pick"
