"""Corrections by gesture: a key or a line over a cell says what is right, and the cells follow at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.components import ViewerModel
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.sketch import Window
from sketchcell.sketch.gestures import (
    Correction,
    Plane,
    accept,
    accept_all,
    merge,
    outline_stroke,
    redraw,
    reject,
    split,
)
from sketchcell.ui.line_preview import LinePreview
from sketchcell.ui.notify import inform, tell
from sketchcell.ui.results import Results
from sketchcell.ui.scribe import Scribe
from sketchcell.ui.spot import Spot
from sketchcell.ui.state import GESTURES, State, Tool
from sketchcell.ui.view import pixel_at, visible
from sketchcell.ui.workbench import Workbench

_KEPT = 200  # corrections whose instances come back when they are undone
_NO_CELL = "There is no cell under the mouse: point at one of the cells that were found, then press the key."
_NOTHING = {
    Tool.SPLIT: "The line cuts no cell in two: draw it from one side of a cell to the other.",
    Tool.MERGE: "The line touches fewer than two cells: draw it from one cell into the other.",
    Tool.REDRAW: "The outline holds nothing: draw once around the cell.",
}


@dataclass(frozen=True, eq=False)
class _Shown:
    """What a correction changed of the cells that are shown."""

    spot: Spot
    window: Window
    before: NDArray[np.int32]
    after: NDArray[np.int32]


class Corrections:
    """Turns keys, clicks and lines into annotation.

    Parameters
    ----------
    viewer
        Where the mouse is.
    state, workbench, scribe, results
        As everywhere.
    preview
        Shows the line while it is drawn.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        state: State,
        workbench: Workbench,
        scribe: Scribe,
        results: Results,
        preview: LinePreview,
    ) -> None:
        self._viewer, self._state, self._workbench = viewer, state, workbench
        self._scribe, self._results, self._preview = scribe, results, preview
        self._shown: OrderedDict[int, list[_Shown]] = OrderedDict()
        self._open = True
        viewer.mouse_drag_callbacks.append(self._on_drag)
        viewer.mouse_double_click_callbacks.append(self._on_double_click)
        state.events.tool.connect(self._on_tool)
        scribe.stepped.connect(self._on_step)

    def close(self) -> None:
        """Let go of the viewer."""
        self._open = False
        for callbacks, mine in (
            (self._viewer.mouse_drag_callbacks, self._on_drag),
            (self._viewer.mouse_double_click_callbacks, self._on_double_click),
        ):
            if mine in callbacks:
                callbacks.remove(mine)
        self._scribe.stepped.disconnect(self._on_step)

    def accept(self) -> None:
        """Take the cell under the mouse as it is: its whole outline becomes annotation."""
        self._at_mouse(accept, _NO_CELL)

    def reject(self) -> None:
        """Say that the cell under the mouse is none: it becomes background."""
        self._at_mouse(reject, _NO_CELL)

    def accept_visible(self) -> None:
        """Take all cells that lie wholly in view as they are."""
        layers = self._state.layers
        if layers is None:
            return
        window = visible(layers.sketch)
        if not self._apply(lambda plane: accept_all(plane, window)):
            inform("There is no whole cell in view to accept.")

    def _at_mouse(
        self, gesture: Callable[[Plane, tuple[int, int]], Correction | None], complaint: str
    ) -> None:
        at = self._pixel(self._viewer.cursor.position)
        if at is None or not self._apply(lambda plane: gesture(plane, at)):
            inform(complaint)

    def _draw(self, tool: Tool, line: NDArray[np.float64]) -> None:
        """Correct with a line that was drawn."""
        layers = self._state.layers
        assert layers is not None
        if tool is Tool.REGION:
            self._mark_region(line)
            return
        width = max(float(layers.sketch.brush_size) / 2, 2.0)
        gestures: dict[Tool, Callable[[Plane], Correction | None]] = {
            Tool.SPLIT: lambda plane: split(plane, line),
            Tool.MERGE: lambda plane: merge(plane, line, width),
            Tool.REDRAW: lambda plane: redraw(plane, line),
        }
        if not self._apply(gestures[tool]):
            inform(_NOTHING[tool])

    def _mark_region(self, line: NDArray[np.float64]) -> None:
        """Learn and predict only in the box around the line."""
        layers = self._state.layers
        assert layers is not None
        spans = [
            slice(max(0, int(low)), min(length, int(high) + 1))
            for low, high, length in zip(
                line.min(axis=0), line.max(axis=0), layers.frame.planes.shape, strict=True
            )
        ]
        if min(span.stop - span.start for span in spans) < 16:
            inform("The box is too small: draw it from one corner to the opposite one.")
            return
        self._state.region = spans[0], spans[1]
        self._workbench.put_away()

    def _apply(self, gesture: Callable[[Plane], Correction | None]) -> bool:
        """Apply a gesture to the plane in view; tell whether it had anything to do."""
        layers, spot = self._state.layers, self._state.spot
        if layers is None or spot is None or self._scribe.project is None:
            return False
        page = self._scribe.page(spot.plane)
        instances = self._results.plane(layers, spot)
        try:
            correction = gesture(Plane(page.labels, page.boundaries, instances))
        except SketchcellError as error:
            tell(error)
            return True
        if correction is None:
            return False
        window = correction.window
        before = instances[window].copy()
        group = self._scribe.edit([(spot.plane, window, correction.labels, correction.boundaries)])
        self._results.corrected(spot, correction.instances, window)
        if group is not None:
            self._shown.setdefault(group, []).append(_Shown(spot, window, before, correction.instances))
            while len(self._shown) > _KEPT:
                self._shown.popitem(last=False)
        return True

    def _on_step(self, group: int, back: bool) -> None:
        """Bring back the cells that were shown before a correction that is undone, or after it."""
        for shown in self._shown.get(group, ()):
            self._results.corrected(shown.spot, shown.before if back else shown.after, shown.window)

    def _on_tool(self, tool: Tool | None) -> None:
        layers = self._state.layers
        if layers is not None:
            # what is drawn with a gesture must not move the image; Space still does
            layers.instances.mouse_pan = tool not in GESTURES

    def _on_drag(self, _viewer: ViewerModel, event: Any) -> Generator[None, None, None]:
        tool = self._state.tool
        if tool not in GESTURES or tool is None or event.button != 1 or self._state.spot is None:
            return
        line = [self._place(event.position)]
        self._preview.begin(tuple(event.pos), closed=tool is Tool.REDRAW, box=tool is Tool.REGION)
        yield
        while event.type == "mouse_move" and self._open:
            line.append(self._place(event.position))
            self._preview.go_on(tuple(event.pos))
            yield
        if not self._open:
            return
        line.append(self._place(event.position))  # a fast hand lets go beyond the last move
        self._preview.end()
        places = [place for place in line if place is not None]
        if len(places) > 1 and self._state.layers is not None:
            self._draw(tool, np.array(places))

    def _on_double_click(self, _viewer: ViewerModel, event: Any) -> None:
        layers = self._state.layers
        if layers is None or self._viewer.layers.selection.active is not layers.sketch:
            return
        at = self._pixel(event.position)
        if at is not None:
            self._apply(lambda plane: outline_stroke(plane, at))

    def _place(self, world: Any) -> tuple[float, float] | None:
        """Return the row and column of a point, which may lie outside the image."""
        layers = self._state.layers
        if layers is None:
            return None
        row, column = layers.sketch.world_to_data(world[-layers.sketch.ndim :])[-2:]
        return float(row), float(column)

    def _pixel(self, world: Any) -> tuple[int, int] | None:
        """Return the pixel under a point, None outside the image."""
        layers = self._state.layers
        return None if layers is None else pixel_at(layers, world)
