"""A small box beside a widget, with an arrow to it and a frame around it."""

from __future__ import annotations

from napari.utils.theme import Theme
from qtpy.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from sketchcell.ui.theme import faint_ink, small_font

_ARROW = 12  # px, its length
_EDGE = 8  # px that the box keeps from the window's edge
_WIDTH = 300  # px of text with the font at its usual size
_MARK = "#e69f00"  # the frame and the arrow's edge; seen on light and on dark
_USUAL_LINE = 15
_STYLE = """
QLabel {{ background: transparent; color: {ink}; }}
QLabel#calloutTitle {{ font-weight: bold; font-size: {large}; }}
QLabel#calloutDo {{ color: {ink}; font-weight: bold; }}
QLabel#calloutCount {{ color: {faint}; font-size: {small}; }}
QPushButton {{ padding: 0.25em 0.9em; border-radius: 0.3em; background: {button}; color: {ink}; }}
QPushButton:hover, QPushButton:focus {{ background: {hover}; }}
QPushButton#calloutNext {{ background: #0072b2; color: #ffffff; font-weight: bold; }}
QPushButton#calloutNext:hover, QPushButton#calloutNext:focus {{ background: #005a8e; }}
"""


class Callout(QWidget):
    """Lies over a window as a part of it: it has no frame, takes no focus and covers nothing but its own box.

    Parameters
    ----------
    window
        The window.
    theme
        napari's theme of it.
    """

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self.hide()
        self._side: str | None = None
        self._tip = QPoint()
        self.frame = _Frame(window)
        self.title, self.text, self.task, self.count = (QLabel() for _ in range(4))
        self.skip, self.back, self.next = QPushButton("Skip"), QPushButton("Back"), QPushButton("Next")
        names = ("calloutTitle", "calloutText", "calloutDo", "calloutCount")
        for label, name in zip((self.title, self.text, self.task, self.count), names, strict=True):
            label.setObjectName(name)
            label.setTextFormat(Qt.TextFormat.PlainText)
        for label in (self.title, self.text, self.task):
            label.setWordWrap(True)
        self.next.setObjectName("calloutNext")
        self.skip.setToolTip("End the tour (Esc)")
        buttons = QHBoxLayout()
        buttons.addWidget(self.count, 1)
        for button in (self.skip, self.back, self.next):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the image
            buttons.addWidget(button)
        box = QVBoxLayout(self)
        margin = _ARROW + 12
        box.setContentsMargins(margin, margin, margin, margin)
        box.setSpacing(6)
        for part in (self.title, self.text, self.task):
            box.addWidget(part)
        box.addLayout(buttons)
        self.set_theme(theme)

    @property
    def _window(self) -> QWidget:
        window = self.parentWidget()
        assert window is not None
        return window

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme of napari."""
        self._ground = QColor(theme.foreground.as_hex(format="long"))
        size = int(theme.font_size.removesuffix("pt"))
        self.setStyleSheet(
            _STYLE.format(
                ink=theme.text.as_hex(format="long"),
                faint=faint_ink(theme),
                small=small_font(theme),
                large=f"{size + 2}pt",
                button=theme.primary.as_hex(format="long"),
                hover=theme.secondary.as_hex(format="long"),
            )
        )
        self.update()

    def say(self, title: str, text: str, task: str, count: str) -> None:
        """Show other words."""
        for label, words in ((self.title, title), (self.text, text), (self.task, task), (self.count, count)):
            label.setText(words)
        self.task.setVisible(bool(task))
        self.setAccessibleName(f"{title}. {text} {task}")

    def point_at(self, target: QWidget | None) -> None:
        """Move beside a widget of the window; in the middle of it if the widget is none, or not seen."""
        self._resize_to_text()
        seen = _seen(target, self._window)
        room = self._window.rect().adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
        if seen is None:
            side, place = None, room.center() - QPoint(self.width() // 2, self.height() // 2)
        else:
            side, place = _beside(seen, self.size(), room)
            self._tip = seen.center() - place
        if (side, place) != (self._side, self.pos()):
            self._side = side
            self.move(place)
            self.update()
        self.frame.surround(seen if side is not None else None)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the box and its arrow."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(_ARROW, _ARROW, -_ARROW, -_ARROW)
        painter.setPen(QPen(QColor(_MARK), 1.5))
        painter.setBrush(self._ground)
        painter.drawRoundedRect(body, 7, 7)
        arrow = self._arrow(body)
        if arrow is not None:
            painter.drawPolyline(arrow)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawPolygon(arrow)
        painter.end()

    def _arrow(self, body: QRectF) -> QPolygonF | None:
        """Return base, tip and base of the arrow on the side of the box that faces the target."""
        if self._side in (None, "inside"):
            return None
        half, inside = _ARROW * 0.8, 1.0
        x = min(max(float(self._tip.x()), body.left() + 20), body.right() - 20)
        y = min(max(float(self._tip.y()), body.top() + 20), body.bottom() - 20)
        if self._side in ("left", "right"):
            base, tip = (
                (body.right() - inside, body.right() + _ARROW - 1)
                if self._side == "left"
                else (body.left() + inside, body.left() - _ARROW + 1)
            )
            return QPolygonF([QPointF(base, y - half), QPointF(tip, y), QPointF(base, y + half)])
        base, tip = (
            (body.bottom() - inside, body.bottom() + _ARROW - 1)
            if self._side == "above"
            else (body.top() + inside, body.top() - _ARROW + 1)
        )
        return QPolygonF([QPointF(x - half, base), QPointF(x, tip), QPointF(x + half, base)])

    def _resize_to_text(self) -> None:
        self.ensurePolished()
        margins = self.contentsMargins()
        inner = round(_WIDTH * self.fontMetrics().lineSpacing() / _USUAL_LINE)
        width = min(inner + 2 * (_ARROW + 12), self._window.width() - 2 * _EDGE)
        layout = self.layout()
        if layout is not None:
            self.resize(width, layout.totalHeightForWidth(width) + margins.top())


class _Frame(QWidget):
    """A frame around a widget; the mouse does not notice it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def surround(self, seen: QRect | None) -> None:
        if seen is None:
            self.hide()
            return
        window = self.parentWidget()
        around = seen.adjusted(-3, -3, 3, 3)
        around = around if window is None else around & window.rect()
        if around != self.geometry():
            self.setGeometry(around)
        if not self.isVisible():
            self.show()
            self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(_MARK), 2))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)
        painter.end()


def _seen(target: QWidget | None, window: QWidget) -> QRect | None:
    """Return the part of a widget that is seen, in the window's coordinates."""
    if target is None or not target.isVisible():
        return None
    seen = target.visibleRegion().boundingRect()
    if seen.isEmpty():
        return None
    return QRect(target.mapTo(window, seen.topLeft()), seen.size())


def _beside(seen: QRect, size: QSize, room: QRect) -> tuple[str | None, QPoint]:
    """Return on which side of a widget the box has room, and where; in the corner of a large one."""
    inside = ("inside", _kept(seen.topLeft() + QPoint(_EDGE, _EDGE), size, room))
    if min(seen.width() / size.width(), seen.height() / size.height()) > 1.5:
        return inside
    middle = seen.center() - QPoint(size.width() // 2, size.height() // 2)
    places = {
        "left": QPoint(seen.left() - size.width(), middle.y()),
        "right": QPoint(seen.right() + 1, middle.y()),
        "below": QPoint(middle.x(), seen.bottom() + 1),
        "above": QPoint(middle.x(), seen.top() - size.height()),
    }
    for side, place in places.items():
        kept = _kept(place, size, room)
        if not QRect(kept, size).intersects(seen):
            return side, kept
    return inside


def _kept(place: QPoint, size: QSize, room: QRect) -> QPoint:
    return QPoint(
        min(max(place.x(), room.left()), room.right() - size.width()),
        min(max(place.y(), room.top()), room.bottom() - size.height()),
    )
