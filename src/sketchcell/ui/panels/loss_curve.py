"""A small curve of the loss."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qtpy.QtCore import QPointF, QSize
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QWidget


class LossCurve(QWidget):
    """Draws losses on a logarithmic axis, smoothed, so that learning is seen as a descent."""

    def __init__(self) -> None:
        super().__init__()
        self._points: Sequence[float] = ()
        self._line, self._ink = QColor("#e69f00"), QColor("#909090")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("Loss on your strokes: how much the network still gets wrong (lower is better)")
        self.setAccessibleName("Loss curve")

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the size that it likes."""
        return QSize(200, 40)

    def set_points(self, losses: Sequence[float]) -> None:
        """Show these losses."""
        self._points = losses
        self.update()

    def set_ink(self, color: str) -> None:
        """Use a colour that can be read on the theme's background."""
        self._ink = QColor(color)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        faint = QColor(self._ink)
        faint.setAlpha(70)
        painter.setPen(QPen(faint, 1))
        bottom = self.height() - 1
        painter.drawLine(0, bottom, self.width(), bottom)
        values = _smooth([math.log(max(loss, 1e-6)) for loss in self._points if math.isfinite(loss)])
        if len(values) > 1:
            low, high = min(values), max(values)
            span = max(high - low, 0.5)
            across = (self.width() - 2) / (len(values) - 1)
            line = QPolygonF(
                [
                    QPointF(1 + i * across, 3 + (high - value) / span * (bottom - 6))
                    for i, value in enumerate(values)
                ]
            )
            painter.setPen(QPen(self._line, 1.8))
            painter.drawPolyline(line)
        painter.end()


def _smooth(values: list[float]) -> list[float]:
    smoothed: list[float] = []
    for value in values:
        smoothed.append(value if not smoothed else 0.8 * smoothed[-1] + 0.2 * value)
    return smoothed
