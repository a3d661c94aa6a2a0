"""Keeps the table of cells: measures in the background, and again when cells have changed."""

from __future__ import annotations

import time
from typing import Any

from qtpy.QtCore import QTimer

from sketchcell.errors import SketchcellError
from sketchcell.inference import Progress
from sketchcell.ui.jobs import Job
from sketchcell.ui.layers import SketchLayers
from sketchcell.ui.measuring import pixel_of
from sketchcell.ui.notify import tell
from sketchcell.ui.reading import Reading
from sketchcell.ui.results import Results
from sketchcell.ui.spot import Spot
from sketchcell.ui.state import State
from sketchcell.ui.table.measured import Measured, measuring_cells
from sketchcell.ui.table.state import TableState, no_rows

_REST = 600  # ms without a change of cells before they are measured again
_QUICK = 3.0  # seconds: what takes longer is measured again only when asked for

NO_CELLS = "There are no cells yet: press 'Segment whole image', or let the network learn."


class Measurer:
    """Measures cells while somebody looks at the table.

    Parameters
    ----------
    state, reading, results
        As everywhere.
    """

    def __init__(self, state: State, reading: Reading, results: Results) -> None:
        self.table = TableState()
        self._state, self._reading = state, reading
        self._looked_at = False
        self._took = 0.0
        self._job: Job | None = None
        self._ending: list[Job] = []
        self._soon = QTimer()
        self._soon.setSingleShot(True)
        self._soon.setInterval(_REST)
        self._soon.timeout.connect(self._measure_again)
        self._painted_in: SketchLayers | None = None
        results.changed.connect(self._on_cells)
        state.events.spot.connect(self._on_spot)
        state.events.layers.connect(self._on_layers)
        state.events.learn.connect(self._on_learn)
        state.events.confidence.connect(self._on_confidence)
        self.table.events.all_planes.connect(self._on_spot)
        self.table.events.neighbour_distance.connect(self._on_distance)
        self.table.events.gate.connect(self._sort_out)
        self.table.events.measured.connect(self._sort_out)
        self._on_layers(state.layers)

    def close(self) -> None:
        """Stop, and wait for the threads."""
        self.look(False)
        self._unfollow()
        Job.end_all(self._ending)
        self._ending = []

    def look(self, on: bool) -> None:
        """Keep the table fresh from now on, or let go of it."""
        self._looked_at = on
        if not on:
            self._soon.stop()
            self.cancel()
            self._forget()

    def measure(self) -> None:
        """Measure the cells that are shown.

        Raises
        ------
        SketchcellError
            When there are none, or no plane is in view.
        """
        layers, spot, every = self._state.layers, self._state.spot, self.table.all_planes
        if layers is None or not layers.instances.data.any():
            raise SketchcellError(NO_CELLS)
        if spot is None and not every:
            raise SketchcellError("No plane is in view: leave 3D, or measure all planes.")
        planes = layers.frame.all_planes() if every or spot is None else [spot.plane]
        cells = [
            (Spot(self._state.entry, plane), layers.instances.data[layers.frame.index(plane)])
            for plane in planes
        ]
        self.cancel()
        self._soon.stop()
        self.table.outdated = False
        self._state.measuring = 0.0
        began = time.monotonic()

        def done(measured: Measured) -> None:
            self._took = time.monotonic() - began
            self._take(measured)

        sure = self._state.confidence if self._state.by_confidence else None
        known = {} if sure is None or spot is None else {spot: sure}
        work = measuring_cells(
            cells, self._reading, pixel_of(layers.sketch), known, self.table.neighbour_distance
        )
        self._job = Job(work, on_items=self._on_items, on_done=done, on_error=self._on_error).start()

    def cancel(self) -> None:
        """Stop measuring; the table stays as it was."""
        if self._job is not None:
            self._job.stop()
            self._ending = [job for job in self._ending if job.is_alive] + [self._job]
            self._job = None
            self.table.outdated = self.table.measured is not None
        self._state.measuring = None

    def _take(self, measured: Measured) -> None:
        self._job = None
        self._state.measuring = None
        old, picked = self.table.measured, self.table.picked
        self.table.picked = no_rows()
        self.table.measured = measured
        if old is not None and picked.size:
            self.table.picked = measured.rows_again(old, picked)

    def _on_items(self, items: list[Any]) -> None:
        last = [item for item in items if isinstance(item, Progress)]
        if last:
            self._state.measuring = last[-1].done / max(last[-1].total, 1)

    def _on_error(self, error: Exception) -> None:
        self._job = None
        self._state.measuring = None
        tell(error)

    def _sort_out(self) -> None:
        """Find out which cells the gate holds."""
        table, measured = self.table, self.table.measured
        if table.gate is None or measured is None:
            table.inside = None
        elif table.gate.fits(measured.table):
            table.inside = table.gate.holds(measured.table)
        else:
            table.gate = None

    def _on_cells(self) -> None:
        """Measure again when nothing changes any more; while the network learns, only say that it is due."""
        if not self._looked_at:
            return
        self.table.outdated = self.table.measured is not None
        if not self._state.learn and self._took < _QUICK:
            self._soon.start()

    def _on_learn(self, learn: bool) -> None:
        if not learn and (self.table.outdated or self.table.measured is None):
            self._on_cells()

    def _on_confidence(self) -> None:
        if self._state.by_confidence and self._state.confidence is not None:
            self._on_cells()

    def _on_distance(self) -> None:
        if self._looked_at and self.table.measured is not None:
            self.table.outdated = True
            self._soon.start()

    def _on_spot(self) -> None:
        """Measure the plane that is in view now."""
        spot, measured = self._state.spot, self.table.measured
        wanted = self._state.layers is not None and (self.table.all_planes if spot is None else True)
        if not self._looked_at or not wanted or self._is_of(measured, spot):
            return
        self.table.outdated = measured is not None
        self._soon.start()

    def _is_of(self, measured: Measured | None, spot: Spot | None) -> bool:
        """Tell whether a table is of the planes that are to be measured."""
        layers = self._state.layers
        if measured is None or layers is None:
            return False
        if self.table.all_planes:
            return len(measured.planes) == layers.frame.count
        return spot is not None and measured.planes == (spot.plane,)

    def _on_layers(self, layers: SketchLayers | None) -> None:
        """Forget the cells of another image."""
        self._unfollow()
        self.cancel()
        self._forget()
        self._took = 0.0
        if layers is not None:
            layers.instances.events.paint.connect(self._on_cells)
            layers.instances.events.data.connect(self._on_cells)
            self._painted_in = layers
            self._on_cells()

    def _unfollow(self) -> None:
        if self._painted_in is not None:
            self._painted_in.instances.events.paint.disconnect(self._on_cells)
            self._painted_in.instances.events.data.disconnect(self._on_cells)
            self._painted_in = None

    def _forget(self) -> None:
        self.table.picked = no_rows()
        self.table.measured = None
        self.table.outdated = False

    def _measure_again(self) -> None:
        layers = self._state.layers
        if layers is None:
            return
        spot = self._state.spot
        cells = (
            layers.instances.data if spot is None else layers.instances.data[layers.frame.index(spot.plane)]
        )
        if not (layers.instances.data if self.table.all_planes else cells).any():
            self._forget()
            return
        try:
            self.measure()
        except SketchcellError as error:
            tell(error)
