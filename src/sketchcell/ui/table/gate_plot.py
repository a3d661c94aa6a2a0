"""What histogram and scatter plot have in common: axes in round numbers, and gates drawn with the mouse."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QColor, QMouseEvent

from sketchcell.ui.colors import OBJECTS
from sketchcell.ui.panels.plot import Plot

INSIDE, INSIDE_ON_LIGHT = OBJECTS[0], "#b87400"
_STILL = 3  # px that a click may move


@dataclass(frozen=True)
class Axis:
    """Which values lie from 0 to 1 on a plot.

    Attributes
    ----------
    low, high
        The values there; `high` is the larger one.
    """

    low: float
    high: float

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Axis:
        """Return an axis that holds all values that are numbers, with a little room."""
        kept = values[np.isfinite(values)]
        if not kept.size:
            return cls(0.0, 1.0)
        low, high = float(kept.min()), float(kept.max())
        room = 0.02 * (high - low) or max(abs(low), 1.0) / 2
        return cls(low - room, high + room)

    def shares(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where values are."""
        shares: NDArray[np.float64] = (values - self.low) / (self.high - self.low)
        return shares

    def share(self, value: float) -> float:
        """Return where a value is."""
        return (value - self.low) / (self.high - self.low)

    def value(self, share: float) -> float:
        """Return the value at a place."""
        return self.low + share * (self.high - self.low)

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """Return places of round numbers, and how they are written."""
        rough = (self.high - self.low) / most
        size = 10.0 ** math.floor(math.log10(rough))
        apart = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
        numbers = np.arange(math.ceil(self.low / apart), math.floor(self.high / apart) + 1) * apart
        return [(self.share(float(number)), f"{number:.6g}") for number in numbers]


class GatePlot(Plot):
    """A plot on which a person draws gates; clicks and drags arrive in places from 0 to 1.

    Parameters
    ----------
    name
        For people who do not see it.
    """

    gated = Signal(object)
    """A person has drawn a region."""

    def __init__(self, name: str) -> None:
        super().__init__(name, grows=True)
        self._path: list[tuple[float, float]] = []
        self._pressed: tuple[float, float] | None = None
        viewport = self.view.viewport()
        viewport.setCursor(Qt.CursorShape.CrossCursor)
        viewport.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Follow the mouse while its left button is pressed."""
        if not isinstance(event, QMouseEvent):
            return False
        kind, at = event.type(), event.position()
        place = self._place(at.x(), at.y())
        if kind == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.LeftButton:
            self._pressed = at.x(), at.y()
            self._path = [place]
            self._begin(place)
        elif kind == QEvent.Type.MouseMove and self._pressed is not None:
            self._path.append(place)
            if self._has_moved(at.x(), at.y()):
                self._drag(self._path)
        elif kind == QEvent.Type.MouseButtonRelease and self._pressed is not None:
            moved = self._has_moved(at.x(), at.y()) or len(self._path) > 3
            self._pressed = None
            if moved:
                self._drop([*self._path, place])
            else:
                self._click(place, adds=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        else:
            return False
        return True

    def colors(self) -> tuple[QColor, QColor]:
        """Return the colours of what is in the gate, and of everything else."""
        light = self._ink.lightnessF() < 0.5
        other = QColor(self._ink)
        other.setAlpha(110)
        return QColor(INSIDE_ON_LIGHT if light else INSIDE), other

    def nothing(self, words: str) -> None:
        """Say why there is nothing to see."""
        self.note.setText(words)
        self.setAccessibleDescription(words)
        for axis in self.axes:
            axis.setTicks([[]])

    def _has_moved(self, x: float, y: float) -> bool:
        assert self._pressed is not None
        return math.hypot(x - self._pressed[0], y - self._pressed[1]) > _STILL

    def _place(self, x: float, y: float) -> tuple[float, float]:
        point: Any = self.item.getViewBox().mapDeviceToView(self._pg.Point(x, y))
        return min(max(point.x(), 0.0), 1.0), min(max(point.y(), 0.0), 1.0)

    def _pixels(self) -> tuple[float, float]:
        """Return how many pixels the axes are long."""
        width, height = self.item.getViewBox().viewPixelSize()
        return 1 / width, 1 / height

    def _begin(self, place: tuple[float, float]) -> None:
        """Note where the button was pressed."""

    def _drag(self, path: list[tuple[float, float]]) -> None:
        raise NotImplementedError

    def _drop(self, path: list[tuple[float, float]]) -> None:
        raise NotImplementedError

    def _click(self, place: tuple[float, float], *, adds: bool) -> None:
        """Do what a click does that draws nothing."""
