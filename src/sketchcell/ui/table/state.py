"""What the parts of the dock *Cells* share: panels subscribe to it, and none of them holds the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from psygnal import SignalGroupDescriptor

from sketchcell.ui.table.gates import Gate
from sketchcell.ui.table.measured import Measured


def no_rows() -> NDArray[np.int64]:
    """Return rows of no cell."""
    return np.empty(0, np.int64)


@dataclass(eq=False)
class TableState:
    """Everything that more than one part of the table knows; only the window's thread touches it.

    Attributes
    ----------
    all_planes
        Whether all planes of a stack are measured, or the one in view.
    neighbour_distance
        How far apart neighbours may be, in µm where the size of a pixel is known, else in pixels; 0: they
        touch.
    measured
        The newest table; None if there is none of the image in view.
    outdated
        Whether cells have changed since.
    picked
        Rows of the cells that are selected, in ascending order.
    gate
        What was drawn into a plot.
    inside
        Of each row, whether the gate chooses it; None without a gate.
    only_inside, dim
        Whether other cells are left out of the list, and whether they are pale in the image.
    color_by, limits
        The column that colours the cells, empty for none, and between which values; None: chosen to fit.
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    all_planes: bool = False
    neighbour_distance: float = 0.0
    measured: Measured | None = None
    outdated: bool = False
    picked: NDArray[np.int64] = field(default_factory=no_rows)
    gate: Gate | None = None
    inside: NDArray[np.bool_] | None = None
    only_inside: bool = False
    dim: bool = True
    color_by: str = ""
    limits: tuple[float, float] | None = None
