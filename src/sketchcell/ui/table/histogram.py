"""A histogram of one column; dragging over it draws a gate."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtGui import QColor

from sketchcell.ui.table.gate_plot import Axis, GatePlot
from sketchcell.ui.table.gates import Span

_MOST_BINS = 60
_NEAR = 6  # px between the mouse and an end of the gate that it takes hold of


class Histogram(GatePlot):
    """How many cells have which value; those in the gate in colour."""

    def __init__(self) -> None:
        super().__init__("Histogram of the cells")
        self._column = ""
        self._values: NDArray[np.float64] = np.empty(0)
        self._inside: NDArray[np.bool_] | None = None
        self._axis = Axis(0.0, 1.0)
        self._gate: Span | None = None
        self._held: float | None = None
        pg = self._pg
        self._all: Any = pg.PlotCurveItem(np.zeros(2), np.zeros(1), stepMode="center", fillLevel=0)
        self._bars: Any = pg.PlotCurveItem(np.zeros(2), np.zeros(1), stepMode="center", fillLevel=0)
        self._region: Any = pg.LinearRegionItem((0, 0), movable=False)
        for item in (self._region, self._all, self._bars):
            self.item.addItem(item, ignoreBounds=True)
        self.setToolTip(
            "Drag across the bars to choose the cells of a range; take hold of its ends to change it.<br>"
            "The choice is the gate: its cells are in colour here, and the others become pale in the image."
        )
        self.set_ink("#909090")

    def show_values(
        self,
        column: str,
        values: NDArray[np.float64],
        inside: NDArray[np.bool_] | None,
        gate: Span | None,
    ) -> None:
        """Show a column.

        Parameters
        ----------
        column
            Its name.
        values
            float64 ``(N,)``; what is not a number is left out.
        inside
            Which cells the gate chooses; None without one.
        gate
            If it is on this column.
        """
        self._column, self._values, self._inside, self._gate = column, values, inside, gate
        self._axis = Axis.of(values)
        self._changed()

    def set_ink(self, color: str) -> None:
        """Use a colour for text and axes; bars are darker where the text is dark."""
        super().set_ink(color)
        chosen, other = self.colors()
        for bars, brush in ((self._all, other), (self._bars, chosen)):
            bars.setBrush(brush)
            bars.setPen(self._pg.mkPen(None))
        wash = QColor(chosen)
        wash.setAlpha(50)
        self._region.setBrush(wash)
        for line in self._region.lines:
            line.setPen(self._pg.mkPen(chosen, width=1.5))

    def _draw(self) -> None:
        kept = np.isfinite(self._values)
        values = self._values[kept]
        self.caption.setText(self._column)
        self._region.setVisible(self._gate is not None)
        if not values.size:
            for bars in (self._all, self._bars):
                bars.setData(np.zeros(2), np.zeros(1))
            self.nothing("no cells yet")
            return
        edges = np.linspace(self._axis.low, self._axis.high, _bins(values, self._axis) + 1)
        counts = np.histogram(values, edges)[0]
        chosen = values if self._inside is None else values[self._inside[kept]]
        tallest = int(counts.max())
        places = self._axis.shares(edges)
        self._all.setData(places, counts / tallest)
        self._bars.setData(places, np.histogram(chosen, edges)[0] / tallest)
        if self._gate is not None:
            self._region.setRegion([self._axis.share(end) for end in (self._gate.low, self._gate.high)])
        self.axes[0].setTicks([[(0, "0"), (1, f"{tallest:,}")]])
        self.axes[1].setTicks([self._axis.ticks()])
        words = f"median {np.median(values):.3g}"
        self.note.setText(words)
        self.setAccessibleDescription(f"{self._column}, {values.size:,} cells, {words}")

    def _begin(self, place: tuple[float, float]) -> None:
        """Take hold of an end of the gate if it is near; the other one stays."""
        self._held = None
        if self._gate is None:
            return
        low, high = (self._axis.share(end) for end in (self._gate.low, self._gate.high))
        width = self._pixels()[0]
        for end, stays in ((low, high), (high, low)):
            if abs(end - place[0]) * width <= _NEAR:
                self._held = stays

    def _ends(self, path: list[tuple[float, float]]) -> tuple[float, float]:
        start = path[0][0] if self._held is None else self._held
        return min(start, path[-1][0]), max(start, path[-1][0])

    def _drag(self, path: list[tuple[float, float]]) -> None:
        self._region.setRegion(self._ends(path))
        self._region.setVisible(True)

    def _drop(self, path: list[tuple[float, float]]) -> None:
        if self._values.size:
            low, high = (self._axis.value(end) for end in self._ends(path))
            self.gated.emit(Span(self._column, low, high))


def _bins(values: NDArray[np.float64], axis: Axis) -> int:
    """Return as many bars as show the shape of the values (Freedman and Diaconis)."""
    wide = 2 * float(np.subtract(*np.percentile(values, (75, 25)))) / values.size ** (1 / 3)
    return int(np.clip((axis.high - axis.low) / wide if wide > 0 else _MOST_BINS, 8, _MOST_BINS))
