"""The legend of colours: a strip of them, and the values at its ends."""

from __future__ import annotations

import numpy as np
from napari.utils.colormaps import ensure_colormap
from psygnal import Signal
from qtpy.QtCore import QLocale, Qt
from qtpy.QtGui import QDoubleValidator, QImage, QPainter, QPaintEvent
from qtpy.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QToolButton, QWidget

from sketchcell.ui.cell_colors import RAMP

_STEPS = 128


class ColorBar(QWidget):
    """Shows the limits of the colours, which a person may change."""

    changed = Signal(object)
    """Other limits, ``(low, high)``, or None for those that fit."""

    def __init__(self) -> None:
        super().__init__()
        self.low, self.high = _line("first"), _line("last")
        self.fit = QToolButton()
        self.fit.setText("Fit")
        self.fit.setToolTip("Choose limits that fit: one cell in a hundred lies beyond each")
        self.fit.clicked.connect(lambda: self.changed.emit(None))
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.low)
        box.addWidget(_Strip(), 1)
        box.addWidget(self.high)
        box.addWidget(self.fit)
        for line in (self.low, self.high):
            line.editingFinished.connect(self._on_edited)

    def show_limits(self, low: float, high: float) -> None:
        """Show the values of the first and of the last colour."""
        self._limits = low, high
        self.low.setText(f"{low:.4g}")
        self.high.setText(f"{high:.4g}")

    def _on_edited(self) -> None:
        limits = float(self.low.text()), float(self.high.text())
        shown = tuple(float(f"{limit:.4g}") for limit in self._limits)
        if limits != shown and limits[0] < limits[1]:
            self.changed.emit(limits)
        else:
            self.show_limits(*self._limits)


class _Strip(QWidget):
    def __init__(self) -> None:
        super().__init__()
        colors = (255 * ensure_colormap(RAMP).map(np.linspace(0, 1, _STEPS))[:, :3]).astype(np.uint8)
        self._bytes = np.ascontiguousarray(colors).tobytes()
        self._image = QImage(self._bytes, _STEPS, 1, 3 * _STEPS, QImage.Format.Format_RGB888)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumSize(40, 12)
        self.setToolTip(
            "Cells of the first value are dark violet, those of the last one yellow, unknown ones grey"
        )

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.rect().adjusted(0, 4, 0, -4), self._image)
        painter.end()


def _line(which: str) -> QLineEdit:
    line = QLineEdit()
    validator = QDoubleValidator(line)
    validator.setLocale(QLocale.c())
    line.setValidator(validator)
    line.setFixedWidth(line.fontMetrics().horizontalAdvance("-0.00000") + 8)
    line.setAlignment(Qt.AlignmentFlag.AlignRight)
    line.setToolTip(f"The value of the {which} colour")
    line.setAccessibleName(line.toolTip())
    return line
