"""Small pictures of the tools, drawn when they are needed."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

from sketchcell.ui.colors import BACKGROUND, BOUNDARY, ERASER, OBJECTS

_SIDE = 36
_DARK = "#202020"


def icon(name: str) -> QIcon:
    """Return the picture of a tool or action."""
    pixmap = QPixmap(_SIDE, _SIDE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(_DARK), 1.5))
    _DRAWINGS[name](painter)
    painter.end()
    return QIcon(pixmap)


def _background(painter: QPainter) -> None:
    painter.setBrush(QColor(BACKGROUND))
    painter.drawRoundedRect(QRectF(3, 3, 30, 30), 5, 5)


def _object(painter: QPainter) -> None:
    painter.setBrush(QColor(OBJECTS[0]))
    painter.drawEllipse(QRectF(3, 3, 30, 30))


def _next_object(painter: QPainter) -> None:
    painter.setBrush(QColor(OBJECTS[0]))
    painter.drawEllipse(QRectF(2, 2, 21, 21))
    painter.setBrush(QColor(OBJECTS[1]))
    painter.drawEllipse(QRectF(13, 13, 21, 21))


def _boundary(painter: QPainter) -> None:
    painter.setBrush(QColor(OBJECTS[0]))
    painter.drawEllipse(QRectF(2, 3, 32, 30))
    _line(painter, QPointF(18, 2), QPointF(18, 34), BOUNDARY, 5)


def _eraser(painter: QPainter) -> None:
    painter.setPen(QPen(QColor(ERASER), 4))
    painter.drawEllipse(QRectF(4, 4, 28, 28))
    painter.drawLine(9, 27, 27, 9)


def _accept(painter: QPainter) -> None:
    painter.setBrush(QColor(OBJECTS[1]))
    painter.drawEllipse(QRectF(3, 3, 30, 30))
    _path(painter, [(10, 19), (16, 25), (27, 11)])


def _reject(painter: QPainter) -> None:
    painter.setBrush(QColor(BACKGROUND))
    painter.drawEllipse(QRectF(3, 3, 30, 30))
    _path(painter, [(12, 12), (24, 24)])
    _path(painter, [(24, 12), (12, 24)])


def _split(painter: QPainter) -> None:
    painter.setBrush(QColor(OBJECTS[0]))
    painter.drawPie(QRectF(0, 4, 30, 28), 90 * 16, 180 * 16)
    painter.setBrush(QColor(OBJECTS[1]))
    painter.drawPie(QRectF(6, 4, 30, 28), -90 * 16, 180 * 16)


def _merge(painter: QPainter) -> None:
    painter.setBrush(QColor(OBJECTS[0]))
    painter.drawEllipse(QRectF(1, 7, 20, 22))
    painter.drawEllipse(QRectF(15, 7, 20, 22))
    _path(painter, [(8, 18), (28, 18)])


def _redraw(painter: QPainter) -> None:
    pen = QPen(QColor(OBJECTS[0]), 4)
    pen.setDashPattern([2.2, 1.4])
    painter.setPen(pen)
    painter.drawEllipse(QRectF(5, 5, 26, 26))


def _line(painter: QPainter, start: QPointF, end: QPointF, color: str, width: float) -> None:
    painter.setPen(QPen(QColor(_DARK), width + 3))
    painter.drawLine(start, end)
    painter.setPen(QPen(QColor(color), width))
    painter.drawLine(start, end)


def _path(painter: QPainter, points: list[tuple[float, float]]) -> None:
    painter.setPen(QPen(QColor("#ffffff"), 4))
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))


_DRAWINGS: dict[str, Callable[[QPainter], None]] = {
    "background": _background,
    "object": _object,
    "next object": _next_object,
    "boundary": _boundary,
    "eraser": _eraser,
    "accept": _accept,
    "reject": _reject,
    "split": _split,
    "merge": _merge,
    "redraw": _redraw,
}
