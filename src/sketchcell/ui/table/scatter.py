"""A scatter plot of two columns; a box or a line drawn around points is a gate."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtGui import QColor

from sketchcell.ui.table.gate_plot import Axis, GatePlot
from sketchcell.ui.table.gates import Polygon

MOST_POINTS = 4000
"""Cells that are drawn one by one; of more, one sees how many are where."""
_GRID = 160  # pixels of the picture of many cells
_NEAR = 8  # px between the mouse and a point that it means
_MOST_RINGS = 500


class Scatter(GatePlot):
    """A point for each cell; those in the gate in colour, those that are selected with a ring."""

    picked = Signal(int, bool)
    """A person has clicked on a point: its number, and whether others stay selected."""

    def __init__(self) -> None:
        super().__init__("Scatter plot of the cells")
        self.lasso = False
        self._columns = ("", "")
        self._x: NDArray[np.float64] = np.empty(0)
        self._y: NDArray[np.float64] = np.empty(0)
        self._inside: NDArray[np.bool_] | None = None
        self._rows: NDArray[np.int64] = np.empty(0, np.int64)
        self._gate: Polygon | None = None
        pg = self._pg
        self._picture: Any = pg.ImageItem()
        self._others: Any = pg.ScatterPlotItem(size=5, pen=None, pxMode=True)
        self._chosen: Any = pg.ScatterPlotItem(size=5, pen=None, pxMode=True)
        self._rings: Any = pg.ScatterPlotItem(size=11, brush=None, pxMode=True)
        self._line: Any = pg.PlotCurveItem()
        for item in (self._picture, self._others, self._chosen, self._line, self._rings):
            self.item.addItem(item, ignoreBounds=True)
        self.item.setRange(xRange=(0, 1), yRange=(0, 1), padding=0)
        self.setToolTip(
            "Drag a box, or a line around points, to choose these cells: the gate.<br>"
            "Click on a point to select its cell, in the table and in the image."
        )
        self.set_ink("#909090")

    def show_values(
        self,
        columns: tuple[str, str],
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        inside: NDArray[np.bool_] | None,
        gate: Polygon | None,
    ) -> None:
        """Show two columns; see `Histogram.show_values`."""
        self._columns, self._x, self._y, self._inside, self._gate = columns, x, y, inside, gate
        self._across, self._up = Axis.of(x), Axis.of(y)
        self._changed()

    def show_picked(self, rows: NDArray[np.int64]) -> None:
        """Draw rings around the points of selected cells."""
        self._rows = rows
        self._changed()

    def set_ink(self, color: str) -> None:
        """Use a colour for text and axes; points are darker where the text is dark."""
        super().set_ink(color)
        chosen, other = self.colors()
        self._others.setBrush(other)
        dots = QColor(chosen)
        dots.setAlpha(190)
        self._chosen.setBrush(dots)
        self._rings.setPen(self._pg.mkPen(color, width=2))
        self._line.setPen(self._pg.mkPen(chosen, width=1.5))

    def _draw(self) -> None:
        self.caption.setText(f"{self._columns[1]} over {self._columns[0]}" if self._columns[0] else "")
        x, y = self._across.shares(self._x), self._up.shares(self._y)
        kept = np.isfinite(x) & np.isfinite(y)
        inside = kept if self._inside is None else kept & self._inside
        if not kept.any():
            for item in (self._others, self._chosen, self._rings, self._line):
                item.setData([], [])
            self._picture.clear()
            self.nothing("no cells yet")
            return
        if int(np.count_nonzero(kept)) > MOST_POINTS:
            self._draw_many(x, y, kept, inside)
        else:
            self._picture.clear()
            self._others.setData(x[kept & ~inside], y[kept & ~inside])
            self._chosen.setData(x[inside], y[inside])
        rows = self._rows[self._rows < x.size][:_MOST_RINGS]
        rows = rows[kept[rows]]
        self._rings.setData(x[rows], y[rows])
        self._draw_gate()
        for axis, scale in zip(self.axes, (self._up, self._across), strict=True):
            axis.setTicks([scale.ticks(5 if scale is self._across else 4)])
        words = f"{np.count_nonzero(kept):,} cells"
        self.note.setText(words)
        self.setAccessibleDescription(f"{self._columns[1]} over {self._columns[0]}, {words}")

    def _draw_many(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        kept: NDArray[np.bool_],
        inside: NDArray[np.bool_],
    ) -> None:
        """Draw how many cells are where, in the colour of most of them."""
        frame = [[0, 1], [0, 1]]
        every = np.histogram2d(x[kept], y[kept], _GRID, frame)[0]
        chosen = np.histogram2d(x[inside], y[inside], _GRID, frame)[0]
        picture = np.zeros((_GRID, _GRID, 4), np.ubyte)
        for color, where in zip(self.colors(), (2 * chosen >= every, 2 * chosen < every), strict=True):
            picture[where, :3] = color.red(), color.green(), color.blue()
        strength = np.log1p(every) / np.log1p(every.max())
        picture[..., 3] = np.where(every > 0, 60 + 195 * strength, 0).astype(np.ubyte)
        for points in (self._others, self._chosen):
            points.setData([], [])
        self._picture.setImage(picture, levels=(0, 255), axisOrder="col-major")
        self._picture.setRect(0, 0, 1, 1)

    def _draw_gate(self) -> None:
        corners = () if self._gate is None else self._gate.corners
        path = [(self._across.share(x), self._up.share(y)) for x, y in corners]
        self._show_path(path)

    def _show_path(self, path: list[tuple[float, float]]) -> None:
        closed = [*path, *path[:1]]
        self._line.setData([x for x, _ in closed], [y for _, y in closed])

    def _shape(self, path: list[tuple[float, float]]) -> list[tuple[float, float]]:
        if self.lasso:
            return path
        (left, bottom), (right, top) = path[0], path[-1]
        return [(left, bottom), (right, bottom), (right, top), (left, top)]

    def _drag(self, path: list[tuple[float, float]]) -> None:
        self._show_path(self._shape(path))

    def _drop(self, path: list[tuple[float, float]]) -> None:
        shape = self._shape(path)
        if self._x.size and len(shape) > 2:
            corners = tuple((self._across.value(x), self._up.value(y)) for x, y in shape)
            self.gated.emit(Polygon(*self._columns, corners))

    def _click(self, place: tuple[float, float], *, adds: bool) -> None:
        """Select the cell of the point that is meant."""
        if not self._x.size:
            return
        width, height = self._pixels()
        apart = np.hypot(
            (self._across.shares(self._x) - place[0]) * width,
            (self._up.shares(self._y) - place[1]) * height,
        )
        apart[~np.isfinite(apart)] = np.inf
        nearest = int(np.argmin(apart))
        if apart[nearest] <= _NEAR:
            self.picked.emit(nearest, adds)
