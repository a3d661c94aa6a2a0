"""From maps to instances: parts first, then which of them are cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.families.specks import are_specks

if TYPE_CHECKING:
    from sketchcell.families.protocol import Family
    from sketchcell.sketch import Window


@dataclass(frozen=True, eq=False)
class Parts:
    """The instances that maps hold, before it is said which of them are cells.

    Attributes
    ----------
    labels
        int32, shape (H, W), 0 = background; not all numbers need be used.
    evidence
        float, shape (H, W): the higher the more it speaks for a cell.
    """

    labels: NDArray[np.int32]
    evidence: NDArray[np.floating]

    def census(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the area of each label in pixels and the highest evidence in it, both of shape (n + 1,)."""
        inside = self.labels > 0
        ids = self.labels[inside]
        area = np.bincount(ids, minlength=1)
        peak = np.full(area.size, -np.inf, np.float32)
        np.maximum.at(peak, ids, self.evidence[inside].astype(np.float32, copy=False))
        return area, peak


def decode(
    family: Family,
    maps: NDArray[np.float32],
    params: Any,
    survey: Sequence[Window] | None = None,
) -> NDArray[np.int32]:
    """Return the cells of a whole image.

    Parameters
    ----------
    family
        Of the maps.
    maps
        float32, shape (C, H, W).
    params
        Of the family.
    survey
        Windows that tell what the maps are like as a whole; None: all of them.

    Returns
    -------
    NDArray[np.int32]
        Shape (H, W), ids 1…n, 0 = background.
    """
    windows: Iterable[NDArray[np.float32]] = [maps] if survey is None else [maps[:, *one] for one in survey]
    traits = family.traits(windows, params)
    parts = family.part(maps, params, traits)
    area, peak = parts.census()
    there = np.flatnonzero(area)
    keep = are_cells(area[there], peak[there], traits.exact, params)
    numbers = np.zeros(area.size, np.int32)
    numbers[there[keep]] = np.arange(1, int(keep.sum()) + 1)
    return numbers[parts.labels]


def are_cells(
    area: NDArray[np.int64], peak: NDArray[np.float32], exact: float, params: Any
) -> NDArray[np.bool_]:
    """Tell which of all instances of an image are cells.

    Parameters
    ----------
    area, peak
        Shape (N,): pixels, and the highest evidence.
    exact
        Of the image's `MapTraits`: in exact maps what is small is a cell all the same.
    params
        ``minimum_size`` and ``speck_size`` are read.
    """
    keep: NDArray[np.bool_] = area >= max(params.minimum_size, 1)
    return keep if exact >= 1 else keep & ~are_specks(area, peak, params.speck_size)
