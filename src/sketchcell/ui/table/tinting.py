"""Which colours the cells in view have, by the table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sketchcell.ui.state import State, Tint
from sketchcell.ui.table.gates import numbers
from sketchcell.ui.table.state import TableState

_TAILS = (1, 99)  # percentiles that have the first and the last colour, unless a person says otherwise


class Tinting:
    """Colours cells by a column, and makes those outside the gate pale.

    Parameters
    ----------
    state
        As everywhere.
    table
        What is measured, and how it is to be shown.
    """

    def __init__(self, state: State, table: TableState) -> None:
        self._state, self._table = state, table
        events = table.events
        self._events = (
            events.measured,
            events.color_by,
            events.limits,
            events.inside,
            events.dim,
            state.events.spot,
        )
        for event in self._events:
            event.connect(self._show)
        state.events.by_confidence.connect(self._on_confidence)

    def close(self) -> None:
        """Give the cells their own colours back."""
        for event in self._events:
            event.disconnect(self._show)
        self._state.events.by_confidence.disconnect(self._on_confidence)
        self._state.tint = None

    def _on_confidence(self, on: bool) -> None:
        if on:
            self._table.color_by = ""

    def _show(self) -> None:
        table, measured, spot = self._table, self._table.measured, self._state.spot
        if table.color_by:
            self._state.by_confidence = False
        pales = table.inside is not None and table.dim
        known = measured is not None and spot is not None
        by = table.color_by if measured is not None and table.color_by in measured.table else ""
        if not known or not (by or pales):
            if self._state.tint is not None:
                self._state.tint = None
            return
        assert measured is not None
        assert spot is not None
        rows = measured.rows_in(spot.plane)
        labels = measured.labels[rows]
        count = int(labels.max(initial=0)) + 1
        pale, values = np.zeros(count, np.bool_), np.full(count, np.nan, np.float32)
        if pales and table.inside is not None:
            pale[labels] = ~table.inside[rows]
        low, high = 0.0, 1.0
        if by:
            column = numbers(measured.table, by)
            values[labels] = column[rows]
            low, high = table.limits or usual_limits(column)
        self._state.tint = Tint(by, values, low, high, pale)


def usual_limits(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return limits that leave few extreme values out, so that the others can be told apart."""
    kept = values[np.isfinite(values)]
    if not kept.size:
        return 0.0, 1.0
    low, high = np.percentile(kept, _TAILS)
    return float(low), float(high)
