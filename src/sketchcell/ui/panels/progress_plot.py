"""How learning goes: the loss, and the accuracy on strokes that were held out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QColor, QKeyEvent, QMouseEvent
from qtpy.QtWidgets import QToolTip

from sketchcell.ui.colors import OBJECTS
from sketchcell.ui.panels.plot import Plot

_LOSS, _ACCURACY = OBJECTS[0], OBJECTS[5]
_LOSS_ON_LIGHT, _ACCURACY_ON_LIGHT = "#b87400", "#0072b2"
_MOST = 256  # points of a curve; more cannot be told apart in a small plot
_SMOOTH = 0.8
_NEAR = 12  # px between the mouse and a moment that it means
_ABOUT = (
    "Loss: how much the network still gets wrong on your strokes (lower is better).<br>"
    "Accuracy: how many pixels of strokes that were held out it gets right (higher is better).<br>"
    "Click on a moment to go back to it; ★ is the best one."
)

Moment = tuple[int, float | None, bool]
"""Step, accuracy 0…1 (None while nothing is held out), whether it is the best."""


class ProgressPlot(Plot):
    """Loss as a line on a logarithmic axis, accuracy as dots from 0 to 100 %, the best moment as a star.

    Parameters
    ----------
    on_moment
        Called with the step of a moment that a person has clicked on, or chosen with arrow keys and Enter.
    """

    def __init__(self, on_moment: Callable[[int], None] | None = None) -> None:
        super().__init__("Loss and accuracy while learning", right=True)
        self._on_moment = on_moment
        self._losses: Sequence[float] = ()
        self._last = 0
        self._moments: Sequence[Moment] = ()
        self._pointed: int | None = None
        pg = self._pg
        self._loss_line: Any = pg.PlotCurveItem(antialias=True)
        self._accuracy_line: Any = pg.PlotCurveItem(antialias=True)
        for line in (self._loss_line, self._accuracy_line):
            line.setSegmentedLineMode("on")  # a thick zigzag costs Qt more as one path
        self._dots: Any = pg.ScatterPlotItem(size=6, pen=None, pxMode=True)
        self._star: Any = pg.ScatterPlotItem(size=13, symbol="star", pxMode=True)
        self._hair: Any = pg.InfiniteLine(angle=90, movable=False)
        self._hair.hide()
        for item in (self._loss_line, self._accuracy_line, self._dots, self._star, self._hair):
            self.item.addItem(item, ignoreBounds=True)
        self.item.getAxis("right").setTicks([[(0, "0"), (0.5, "50"), (1, "100 %")]])
        self.setToolTip(_ABOUT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.view.viewport().setMouseTracking(True)
        self.view.viewport().installEventFilter(self)
        self.set_ink("#909090")

    def set_losses(self, points: Sequence[float], last: int | None = None) -> None:
        """Show losses.

        Parameters
        ----------
        points
            Means over equally many steps each, in their order.
        last
            The step at which they end; without it, a point is a step.
        """
        self._losses, self._last = points, len(points) if last is None else last
        self._changed()

    def set_moments(self, moments: Sequence[Moment]) -> None:
        """Show when the model was kept: ``(step, accuracy 0…1 or None, is best)``, in the order of steps."""
        self._moments = moments
        if self._pointed not in [step for step, _, _ in moments]:
            self._pointed = None
        self._changed()

    def set_ink(self, color: str) -> None:
        """Use a colour for text and axes; lines are darker where the text is dark."""
        light = QColor(color).lightnessF() < 0.5
        self._colors = (_LOSS_ON_LIGHT, _ACCURACY_ON_LIGHT) if light else (_LOSS, _ACCURACY)
        loss, accuracy = self._colors
        pen = self._pg.mkPen
        self._loss_line.setPen(pen(loss, width=1.6))
        self._accuracy_line.setPen(pen(accuracy, width=1))
        self._dots.setBrush(accuracy)
        self._star.setBrush(accuracy)
        self._star.setPen(pen(color, width=1))
        self._hair.setPen(pen(color, width=1))
        self.caption.setText(
            f'<span style="color:{loss}">━</span> loss&nbsp;&nbsp;&nbsp;'
            f'<span style="color:{accuracy}">●</span> accuracy on held-out strokes'
        )
        super().set_ink(color)

    @property
    def _end(self) -> int:
        return max(self._last, 1, *(step for step, _, _ in self._moments))

    def _draw(self) -> None:
        steps, logs = _curve(self._losses, self._last)
        low, high = (float(logs.min()), float(logs.max())) if logs.size else (-1.0, 0.0)
        if high - low < 0.3:  # what hardly changes must not look like a descent
            low, high = (low + high) / 2 - 0.15, (low + high) / 2 + 0.15
        self._loss_line.setData(steps / self._end, (logs - low) / (high - low))
        left = [(0, f"{10**low:.2g}"), (1, f"{10**high:.2g}")] if logs.size else []
        self.item.getAxis("left").setTicks([left])
        self.item.getAxis("bottom").setTicks([_step_ticks(self._end) if self._end > 1 else []])
        self._draw_moments()
        self._draw_hair()

    def _draw_moments(self) -> None:
        known = [(step / self._end, accuracy) for step, accuracy, _ in self._moments if accuracy is not None]
        x, y = np.array(known, dtype=float).reshape(-1, 2).T
        keep = slice(None, None, -(-len(x) // _MOST) or None)
        self._accuracy_line.setData(x[keep], y[keep])
        self._dots.setData(x[keep], y[keep])
        best = [(step / self._end, accuracy) for step, accuracy, is_best in self._moments if is_best]
        self._star.setData([x for x, _ in best], [0.5 if y is None else y for _, y in best])
        latest = known[-1][1] if known else None
        self.note.setText("" if latest is None else f"now {latest:.0%}")
        words = [] if not self._losses else [f"loss {self._losses[-1]:.3g}"]
        words += [] if latest is None else [f"accuracy {latest:.0%}"]
        self.setAccessibleDescription(", ".join(words))

    def _draw_hair(self) -> None:
        self._hair.setVisible(self._pointed is not None)
        if self._pointed is not None:
            self._hair.setValue(self._pointed / self._end)

    def _moment_at(self, x: float) -> int | None:
        """Return the step of the moment that is meant by a place on the plot, in pixels from its left."""
        box = self.item.getViewBox()
        apart = [
            (abs(box.mapViewToDevice(self._pg.Point(step / self._end, 0)).x() - x), step)
            for step, _, _ in self._moments
        ]
        near = min(apart, default=(math.inf, 0))
        return near[1] if near[0] <= _NEAR else None

    def _point_at(self, step: int | None) -> None:
        if step != self._pointed:
            self._pointed = step
            self._draw_hair()
        self.view.viewport().setCursor(
            Qt.CursorShape.ArrowCursor if step is None else Qt.CursorShape.PointingHandCursor
        )

    def _describe(self, step: int | None) -> str:
        for moment, accuracy, best in self._moments:
            if moment == step:
                share = "" if accuracy is None else f" · accuracy {accuracy:.0%}"
                return f"Step {moment:,}{share}{' · the best' if best else ''}<br>Click to go back to it"
        return _ABOUT

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Follow the mouse over the plot."""
        kind = event.type()
        if kind == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self._point_at(self._moment_at(event.position().x()))
        elif kind == QEvent.Type.Leave:
            self._point_at(None)
        elif kind == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            self._choose(self._moment_at(event.position().x()))
        elif kind == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._describe(self._pointed), self)  # type: ignore[attr-defined]
            return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Go from moment to moment with the arrow keys; Enter chooses."""
        steps = [step for step, _, _ in self._moments]
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and steps:
            here = steps.index(self._pointed) if self._pointed in steps else len(steps)
            there = here + (1 if key == Qt.Key.Key_Right else -1)
            self._point_at(steps[min(max(there, 0), len(steps) - 1)])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self._pointed)
        else:
            super().keyPressEvent(event)

    def _choose(self, step: int | None) -> None:
        if step is not None and self._on_moment is not None:
            self._on_moment(step)


def _curve(losses: Sequence[float], last: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return steps and smoothed decimal logarithms of losses, at most a few hundred."""
    values = np.asarray(losses, dtype=float)
    steps = np.linspace(0, last, len(values) + 1)[1:]
    keep = np.isfinite(values)
    values, steps = np.log10(np.maximum(values[keep], 1e-6)), steps[keep]
    if len(values) > _MOST:
        groups = np.array_split(np.arange(len(values)), _MOST)
        values = np.array([values[group].mean() for group in groups])
        steps = np.array([steps[group[-1]] for group in groups])
    smoothed = values.copy()
    for i in range(1, len(values)):
        smoothed[i] = _SMOOTH * smoothed[i - 1] + (1 - _SMOOTH) * values[i]
    return steps, smoothed


def _step_ticks(end: int) -> list[tuple[float, str]]:
    """Return a few round numbers of steps, as places from 0 to 1 with their labels."""
    rough = end / 4
    size = 10.0 ** math.floor(math.log10(rough)) if rough >= 1 else 1.0
    apart = next((size * factor for factor in (1, 2, 5) if size * factor >= rough), size * 10)
    numbers = [round(apart * i) for i in range(int(end / apart * 0.9) + 1)]
    words = [f"{n / 1000:g}k" if n >= 1000 else str(n) for n in numbers]
    words[-1] += " steps"
    return [(number / end, word) for number, word in zip(numbers, words, strict=True)]
