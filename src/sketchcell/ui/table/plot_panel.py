"""Plots of the cells, the gate that is drawn on them, and the colours in the image."""

from __future__ import annotations

import dataclasses

import numpy as np
from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
)

from sketchcell.ui.cell_colors import MOST_COLORS
from sketchcell.ui.panels.section import Section, row, sentence
from sketchcell.ui.panels.wheel import calm
from sketchcell.ui.state import State
from sketchcell.ui.table.color_bar import ColorBar
from sketchcell.ui.table.gates import Gate, Polygon, Region, Span, numbers, numeric_columns
from sketchcell.ui.table.histogram import Histogram
from sketchcell.ui.table.scatter import Scatter
from sketchcell.ui.table.state import TableState
from sketchcell.ui.table.tinting import usual_limits

_COUNT, _NUMBER = "number of cells", "its number"
_FIRST = ("area_um2", "area")


class PlotPanel(Section):
    """Chooses what is plotted, and says how many cells the gate holds.

    Parameters
    ----------
    state
        As everywhere.
    table
        What is measured, selected and gated.
    """

    def __init__(self, state: State, table: TableState) -> None:
        super().__init__()
        self._state, self._table = state, table
        self._names: list[str] = []
        self.across = _chooser("What the plot shows from left to right")
        self.up = _chooser(f"What it shows upwards: '{_COUNT}' is a histogram, anything else a scatter plot")
        self.histogram, self.scatter = Histogram(), Scatter()
        self.plots = QStackedWidget()
        self.plots.addWidget(self.histogram)
        self.plots.addWidget(self.scatter)
        self.count = QLabel()
        self.box = _button("Box", "Draw a box in the scatter plot", checkable=True)
        self.lasso = _button("Lasso", "Draw around points in the scatter plot, freehand", checkable=True)
        self._shapes = QButtonGroup(self)
        for button in (self.box, self.lasso):
            self._shapes.addButton(button)
        self.box.setChecked(True)
        self.invert = _button("Invert", "Choose the cells outside instead")
        self.clear = _button("Clear", "Take the gate away: all cells are chosen")
        self.only = QCheckBox("List only these")
        self.only.setToolTip(
            "Leave cells that the gate does not choose out of the table, not out of the file"
        )
        self.dim = QCheckBox("Others pale")
        self.dim.setToolTip("Let the cells that the gate does not choose step back in the image")
        self.color_by = _chooser("What the colours of the cells in the image mean")
        self.bar = ColorBar()
        self.shared = sentence(f"Cells with numbers from {MOST_COLORS:,} on share colours with others.", True)
        over, colored = QLabel("over"), QLabel("Colour by")
        over.setBuddy(self.across)
        colored.setBuddy(self.color_by)
        axes = row(self.up, over, self.across)
        axes.setStretch(0, 1)
        axes.setStretch(2, 1)
        self.add(axes)
        self.add(self.plots)
        self.add(row(self.count, self.box, self.lasso, self.invert, self.clear, stretch=0))
        below = row(self.only, self.dim)
        below.addStretch(1)
        self.add(below)
        self.add(row(colored, self.color_by, stretch=1))
        self.add(self.bar)
        self.add(self.shared)
        self._connect()
        self._show_all()

    def _connect(self) -> None:
        self.across.currentIndexChanged.connect(self._show_plot)
        self.up.currentIndexChanged.connect(self._show_plot)
        self.color_by.currentIndexChanged.connect(self._on_color_by)
        self.only.toggled.connect(lambda on: setattr(self._table, "only_inside", on))
        self.dim.toggled.connect(lambda on: setattr(self._table, "dim", on))
        self.lasso.toggled.connect(lambda on: setattr(self.scatter, "lasso", on))
        self.invert.clicked.connect(self._on_invert)
        self.clear.clicked.connect(self._on_clear)
        self.bar.changed.connect(self._on_limits)
        for plot in (self.histogram, self.scatter):
            plot.gated.connect(self._on_gated)
        self.scatter.picked.connect(self._on_picked)
        events = self._table.events
        self._followed = (
            (events.measured, self._show_all),
            (events.inside, self._show_plot),
            (events.gate, self._show_plot),
            (events.only_inside, self._show_count),
            (events.dim, self._show_count),
            (events.dim, self._show_colors),
            (events.inside, self._show_colors),
            (events.picked, self._show_picked),
            (events.color_by, self._show_colors),
            (events.limits, self._show_colors),
        )
        for event, show in self._followed:
            event.connect(show)

    def close_down(self) -> None:
        """Let go of what is measured."""
        for event, show in self._followed:
            event.disconnect(show)

    def set_ink(self, color: str) -> None:
        """Use a colour that can be read on the theme's background."""
        self.histogram.set_ink(color)
        self.scatter.set_ink(color)

    def _show_all(self) -> None:
        measured = self._table.measured
        names = [] if measured is None else numeric_columns(measured.table)
        if measured is not None and names != self._names:
            self._names = names
            first = next((name for name in _FIRST if name in names), names[0] if names else "")
            _fill(self.across, names, first)
            _fill(self.up, [_COUNT, *names], _COUNT)
            _fill(self.color_by, [_NUMBER, *names], self._table.color_by or _NUMBER)
        self._show_plot()
        self._show_colors()

    def _show_plot(self) -> None:
        table, measured = self._table, self._table.measured
        x, y = self.across.currentText(), self.up.currentText()
        as_histogram = y in ("", _COUNT)
        self.plots.setCurrentWidget(self.histogram if as_histogram else self.scatter)
        self.box.setVisible(not as_histogram)
        self.lasso.setVisible(not as_histogram)
        region = None if table.gate is None else table.gate.region
        none = np.empty(0)
        known = measured is not None and x in measured.table
        values = numbers(measured.table, x) if measured is not None and known else none
        inside = table.inside if table.inside is not None and table.inside.size == values.size else None
        if as_histogram:
            mine = region if isinstance(region, Span) and region.column == x else None
            self.histogram.show_values(x, values, inside, mine)
        else:
            upwards = numbers(measured.table, y) if measured is not None and known else none
            drawn = region if isinstance(region, Polygon) and region.columns == (x, y) else None
            self.scatter.show_values((x, y), values, upwards, inside, drawn)
        self._show_picked()
        self._show_count()

    def _show_picked(self) -> None:
        self.scatter.show_picked(self._table.picked)

    def _show_count(self) -> None:
        inside, gate = self._table.inside, self._table.gate
        for widget in (self.invert, self.clear, self.only, self.dim):
            widget.setEnabled(gate is not None)
        with QSignalBlocker(self.only), QSignalBlocker(self.dim):
            self.only.setChecked(self._table.only_inside)
            self.dim.setChecked(self._table.dim)
        if gate is None or inside is None:
            self.count.setText("No gate: drag over the plot")
            self.count.setToolTip("A gate chooses the cells of a part of the plot")
            return
        self.count.setText(f"{np.count_nonzero(inside):,} of {inside.size:,} cells")
        outside = "outside of " if gate.inverted else ""
        self.count.setToolTip(f"Cells that are {outside or 'in '}the gate: {_words(gate.region)}")

    def _show_colors(self) -> None:
        table, measured = self._table, self._table.measured
        with QSignalBlocker(self.color_by):
            self.color_by.setCurrentText(table.color_by or _NUMBER)
        shown = measured is not None and table.color_by in measured.table
        self.bar.setVisible(shown)
        many = measured is not None and int(measured.labels.max(initial=0)) >= MOST_COLORS
        self.shared.setVisible(many and (shown or (table.inside is not None and table.dim)))
        if shown and measured is not None:
            self.bar.show_limits(*(table.limits or usual_limits(numbers(measured.table, table.color_by))))

    def _on_gated(self, region: Region) -> None:
        self._table.gate = Gate(region)

    def _on_invert(self) -> None:
        gate = self._table.gate
        if gate is not None:
            self._table.gate = dataclasses.replace(gate, inverted=not gate.inverted)

    def _on_clear(self) -> None:
        self._table.gate = None

    def _on_picked(self, row: int, adds: bool) -> None:
        rows = np.array([row])
        self._table.picked = np.setxor1d(self._table.picked, rows) if adds else rows

    def _on_color_by(self) -> None:
        by = self.color_by.currentText()
        self._table.limits = None
        self._table.color_by = "" if by == _NUMBER else by

    def _on_limits(self, limits: tuple[float, float] | None) -> None:
        self._table.limits = limits


def _words(region: Region) -> str:
    if isinstance(region, Span):
        return f"{region.column} from {region.low:.4g} to {region.high:.4g}"
    return f"a part of the plot of {' and '.join(region.columns)}"


def _fill(box: QComboBox, names: list[str], first: str) -> None:
    """Offer other names; what was chosen stays if it is there."""
    chosen = box.currentText() if box.currentText() in names else first
    with QSignalBlocker(box):
        box.clear()
        box.addItems(names)
        box.setCurrentText(chosen)


def _chooser(tip: str) -> QComboBox:
    box = QComboBox()
    box.setToolTip(tip)
    box.setAccessibleName(tip)
    box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    box.setMinimumContentsLength(8)
    calm(box)
    return box


def _button(text: str, tip: str, *, checkable: bool = False) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setCheckable(checkable)
    return button
