"""The table of cells."""

from __future__ import annotations

from pictures.stage import Picture, live, stage, wait_until
from sketchcell.samples import load_sample
from sketchcell.ui.commands import open_table
from sketchcell.ui.frame import whole
from sketchcell.ui.table.gates import Gate, Polygon

_SELECTED = 6
_MANY_SIDED = ((215, 32), (290, 24), (430, 31), (455, 44), (330, 56), (240, 51))


def table() -> Picture:
    """Large cells in a gate, coloured by area, one of them selected."""
    with stage(1280, 860) as on:
        on.open_sample(strokes=False)
        cells = load_sample().truth
        on.dock.results.corrected(on.state.spot, cells, whole(cells.shape))
        opened = open_table(on.dock)
        wait_until(lambda: opened.table.measured is not None)
        live(0.5)
        opened.plot_panel.up.setCurrentText("intensity_mean")
        opened.table.gate = Gate(Polygon("area", "intensity_mean", _MANY_SIDED))
        opened.table.color_by = "area"
        opened.table.only_inside = True
        on.look_at()
        opened.list_panel.view.selectRow(_SELECTED)
        on.look_at()
        return on.picture()
