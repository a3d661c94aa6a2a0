"""The line of a gesture, seen while it is drawn."""

from __future__ import annotations

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QWidget


class LinePreview(QWidget):
    """A sheet of glass over the canvas; the mouse goes through it.

    Parameters
    ----------
    canvas
        What it covers.
    """

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._points = QPolygonF()
        self._closed = self._box = False
        self.hide()

    def begin(self, at: tuple[float, ...], *, closed: bool = False, box: bool = False) -> None:
        """Begin a line at a point of the canvas, in pixels; it is shown as a line, an outline or a box."""
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())
        self._closed, self._box = closed, box
        self._points = QPolygonF([QPointF(at[0], at[1])])
        self.show()
        self.raise_()

    def go_on(self, at: tuple[float, ...]) -> None:
        """Draw on to a point."""
        self._points.append(QPointF(at[0], at[1]))
        self.update()

    def end(self) -> None:
        """Show nothing any more."""
        self._points = QPolygonF()
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw a white line in a dark one, seen on any image."""
        if self._points.size() < 2:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for color, width in (("#202020", 4.0), ("#ffffff", 2.0)):
            pen = QPen(QColor(color), width)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            if self._box:
                painter.drawRect(QRectF(self._points.first(), self._points.last()).normalized())
            elif self._closed:
                painter.drawPolygon(self._points)
            else:
                painter.drawPolyline(self._points)
        painter.end()
