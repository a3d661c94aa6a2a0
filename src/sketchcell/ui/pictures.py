"""Planes of numbers made ready to be looked at, outside the window's thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Picture:
    """A plane and its range.

    Attributes
    ----------
    values
        float32; NaN, which is not drawn, where there is nothing to see.
    low, high
        Smallest and largest value; 0 if there is none.
    """

    values: NDArray[np.float32]
    low: float
    high: float

    @property
    def signed(self) -> bool:
        """Whether its values lie on both sides of 0, so that 0 deserves a colour of its own."""
        return self.low < -0.05 * abs(self.high)

    @property
    def reach(self) -> float:
        """A round number, at least 1, that no value exceeds."""
        largest = max(abs(self.low), abs(self.high))
        if largest <= 1:
            return 1.0
        decade = 10.0 ** np.floor(np.log10(largest))
        return float(next(decade * step for step in (1, 2, 5, 10) if decade * step >= largest))

    def with_range_of(self, other: Picture) -> Picture:
        """Return the same plane with a range that also holds another's, of which it is a part."""
        return Picture(self.values, min(self.low, other.low), max(self.high, other.high))


def picture(values: NDArray[np.float32], seen: NDArray[np.bool_] | None = None) -> Picture:
    """Return a plane to look at, or only where `seen` says so."""
    if seen is not None:
        values = np.where(seen, values, np.float32(np.nan))
    known = np.isfinite(values)
    if not known.any():
        return Picture(values, 0.0, 0.0)
    low, high = values.min(where=known, initial=np.inf), values.max(where=known, initial=-np.inf)
    return Picture(values, float(low), float(high))
