"""What the small plots of the dock have in common: pyqtgraph, quietened down, and few repaints."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QColor, QHideEvent, QShowEvent
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

_REST = 150  # ms between two repaints at least, however fast news comes
_HEIGHT = 90  # px with the font at its usual size; it grows with the font
_USUAL_LINE = 15  # px of a line of text at that size


class Plot(QWidget):
    """A caption over a small plot, whose axes run from 0 to 1 and are labelled by hand.

    Subclasses draw in `_draw`; they call `_changed` when there is something new, and it is drawn once, a
    moment later, and only while the plot can be seen.

    Parameters
    ----------
    name
        For people who do not see it.
    right
        Whether there is an axis on the right, too.
    grows
        Whether it takes the room that there is, rather than a few lines' height.
    """

    def __init__(self, name: str, *, right: bool = False, grows: bool = False) -> None:
        import pyqtgraph  # takes a while to load, and nobody who does not see a plot should wait for it

        super().__init__()
        self._pg = pyqtgraph
        self._ink = QColor("#909090")
        self._stale = True
        self.caption, self.note = QLabel(), QLabel()
        for label in (self.caption, self.note):
            label.setProperty("small", True)
            label.setTextFormat(Qt.TextFormat.RichText)
        self.view: Any = pyqtgraph.PlotWidget(background=None)
        # what is kept of the background would stay as it is when the theme changes
        self.view.setCacheMode(self.view.CacheModeFlag.CacheNone)
        self.view.setFrameShape(self.view.Shape.NoFrame)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.viewport().setAutoFillBackground(False)
        self.view.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.item: Any = self.view.getPlotItem()
        self._quieten(right)
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.addWidget(self.caption, 1)
        top.addWidget(self.note)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(top)
        box.addWidget(self.view, 1)
        self._grows = grows
        vertically = QSizePolicy.Policy.Expanding if grows else QSizePolicy.Policy.Fixed
        self.setSizePolicy(QSizePolicy.Policy.Expanding, vertically)
        self.setAccessibleName(name)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REST)
        self._timer.timeout.connect(self._draw_if_seen)

    def _quieten(self, right: bool) -> None:
        item = self.item
        item.setMenuEnabled(False)
        item.ctrlMenu.setParent(self)  # made all the same, and left behind by what is closed
        item.ctrlMenu.hide()
        item.setMouseEnabled(False, False)
        item.hideButtons()
        item.disableAutoRange()
        item.setContentsMargins(0, 4, 0 if right else 14, 0)  # room for half a label beyond an axis
        item.setRange(xRange=(0, 1), yRange=(-0.04, 1.08), padding=0)
        self.axes = [item.getAxis(side) for side in ("left", "bottom", "right")[: 3 if right else 2]]
        item.showAxis("right", right)
        for axis in self.axes:
            axis.setStyle(tickLength=0, tickTextOffset=4, hideOverlappingLabels=False)

    def set_ink(self, color: str) -> None:
        """Use a colour for text and axes that can be read on the theme's background."""
        self._ink = QColor(color)
        faint = QColor(self._ink)
        faint.setAlpha(90)
        for axis in self.axes:
            axis.setPen(self._pg.mkPen(faint))
            axis.setTextPen(self._pg.mkPen(self._ink))
        self._changed()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Catch up with what was not drawn while nobody looked."""
        font = self.font()
        font.setPointSizeF(max(6.0, 0.85 * font.pointSizeF()))
        for axis in self.axes:
            axis.setTickFont(font)
        line = self.fontMetrics().lineSpacing()
        self.axes[1].setHeight(line + 3)
        high = max(_HEIGHT, round(_HEIGHT * line / _USUAL_LINE))
        if self._grows:
            self.setMinimumHeight(high)
        else:
            self.setFixedHeight(high)
        if self._stale:
            self._changed()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Draw nothing while nobody looks."""
        self._timer.stop()
        super().hideEvent(event)

    def _changed(self) -> None:
        self._stale = True
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def _draw_if_seen(self) -> None:
        if self.isVisible():
            self._stale = False
            self._draw()

    def _draw(self) -> None:
        raise NotImplementedError
