"""How large the cells are that were found."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from qtpy.QtGui import QColor

from sketchcell.ui.colors import OBJECTS
from sketchcell.ui.panels.plot import Plot

_MOST_BINS = 30
_BARS, _BARS_ON_LIGHT = OBJECTS[1], "#00805d"


class SizePlot(Plot):
    """A histogram of equivalent diameters: of the disks that are as large as the cells."""

    def __init__(self) -> None:
        super().__init__("Sizes of the cells")
        self._diameters: NDArray[np.float64] = np.zeros(0)
        self._unit = "px"
        self._bars: Any = self._pg.PlotCurveItem(np.zeros(2), np.zeros(1), stepMode="center", fillLevel=0)
        self._median: Any = self._pg.InfiniteLine(angle=90, movable=False)
        for item in (self._bars, self._median):
            self.item.addItem(item, ignoreBounds=True)
        self.setToolTip(
            "How many cells are how large: diameters of disks of the same area.<br>"
            "Half of the cells are smaller than the median, the vertical line. Bars far from it are often "
            "specks, or cells that were not taken apart."
        )
        self.set_ink("#909090")

    def set_areas(self, areas: ArrayLike, unit: str = "px") -> None:
        """Show the sizes of cells.

        Parameters
        ----------
        areas
            ``(N,)``, in pixels, or in `unit` squared. What is not a positive number is left out.
        unit
            Of length: ``px``, or what the layer's pixels are measured in.
        """
        values = np.asarray(areas, dtype=float).ravel()
        self._diameters = 2 * np.sqrt(values[np.isfinite(values) & (values > 0)] / np.pi)
        self._unit = {"micrometer": "µm", "micron": "µm", "um": "µm", "pixel": "px"}.get(unit, unit)
        self._changed()

    def set_ink(self, color: str) -> None:
        """Use a colour for text and axes; bars are darker where the text is dark."""
        bars = QColor(_BARS_ON_LIGHT if QColor(color).lightnessF() < 0.5 else _BARS)
        self._bars.setBrush(bars)
        self._bars.setPen(self._pg.mkPen(None))
        self._median.setPen(self._pg.mkPen(color, width=1.5))
        super().set_ink(color)

    def _draw(self) -> None:
        sizes = self._diameters
        self.caption.setText(f"Diameter, {self._unit}")
        self._median.setVisible(bool(sizes.size))
        if not sizes.size:
            self._bars.setData(np.zeros(2), np.zeros(1))
            self.note.setText("no cells yet")
            self.setAccessibleDescription("No cells yet")
            for axis in self.axes:
                axis.setTicks([[]])
            return
        counts, edges = _histogram(sizes)
        end, tallest = float(edges[-1]), int(counts.max())
        self._bars.setData(edges / end, counts / tallest)
        median = float(np.median(sizes))
        self._median.setValue(min(median / end, 1))
        self.axes[0].setTicks([[(0, "0"), (1, f"{tallest:,}")]])
        self.axes[1].setTicks([[(i / 4, f"{end * i / 4:.3g}") for i in range(5)]])
        words = f"median {median:.3g} {self._unit} · {sizes.size:,} cell{'' if sizes.size == 1 else 's'}"
        self.note.setText(words)
        self.setAccessibleDescription(words)


def _histogram(sizes: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return counts and edges from 0; the last bar takes in the few that are much larger."""
    end = _round_up(min(float(sizes.max()), 3 * float(np.median(sizes))) * 1.02)
    wide = 2 * float(np.subtract(*np.percentile(sizes, (75, 25)))) / sizes.size ** (1 / 3)
    bins = int(np.clip(end / wide if wide > 0 else _MOST_BINS, 8, _MOST_BINS))
    counts, edges = np.histogram(np.minimum(sizes, end), bins=bins, range=(0, end))
    return counts, edges


def _round_up(value: float) -> float:
    """Return the next number that is easily read when cut into four."""
    size = 10.0 ** np.floor(np.log10(value))
    return float(
        next(size * factor for factor in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10) if size * factor >= value)
    )
