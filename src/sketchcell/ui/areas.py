"""How many cells there are in a plane, and how large each is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def areas_of(cells: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return the areas in pixels of the ids from 1 on; 0 where an id is in no pixel.

    Runs of pixels are counted, of which there are far fewer than pixels.
    """
    flat = cells.ravel()
    starts = np.append(0, np.flatnonzero(flat[1:] != flat[:-1]) + 1)
    lengths = np.diff(starts, append=flat.size)
    return np.bincount(flat[starts], lengths)[1:].astype(np.int64)
