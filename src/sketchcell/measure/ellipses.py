"""Area, centroid and the ellipse with the same second moments, of many cells at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sketchcell.measure.runs import Runs

_EQUAL = 1e-12  # moments that differ by less, relatively, do so by rounding
_Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Sums over the pixels of each cell, float64 ``(count,)``: their number, means and central moments."""

    pixels: _Numbers
    row: _Numbers
    column: _Numbers
    rows: _Numbers
    columns: _Numbers
    mixed: _Numbers

    @classmethod
    def of(cls, runs: Runs) -> Moments:
        """Find them from the runs of the cells."""

        def total(weights: _Numbers) -> _Numbers:
            return np.bincount(runs.number, weights, minlength=runs.count).astype(np.float64)

        length = runs.length.astype(np.float64)
        middle = (runs.start + runs.stop - 1) / 2
        pixels = total(length)
        row, column = total(length * runs.row) / pixels, total(length * middle) / pixels
        down, across = runs.row - row[runs.number], middle - column[runs.number]
        return cls(
            pixels,
            row,
            column,
            total(length * down**2) / pixels,
            # The second term is what the pixels of a run add around its own middle.
            total(length * (across**2 + (length**2 - 1) / 12)) / pixels,
            total(length * down * across) / pixels,
        )


@dataclass(frozen=True)
class Ellipses:
    """Axes and directions, float64 ``(count,)``, as scikit-image defines them."""

    major: _Numbers
    minor: _Numbers
    eccentricity: _Numbers
    orientation: _Numbers

    @classmethod
    def of(cls, moments: Moments, spacing: tuple[float, float]) -> Ellipses:
        """Find them for pixels of this height and width."""
        height, width = spacing
        rows, columns = moments.rows * height**2, moments.columns * width**2
        mixed = moments.mixed * height * width
        mixed[np.abs(mixed) <= _EQUAL * (rows + columns)] = 0
        middle, reach = (rows + columns) / 2, np.hypot((rows - columns) / 2, mixed)
        large, small = middle + reach, np.maximum(middle - reach, 0)
        small[small <= _EQUAL * large] = 0
        round_ = np.abs(rows - columns) <= _EQUAL * (rows + columns)
        diagonal = np.where(mixed > 0, np.pi / 4, -np.pi / 4)
        share = np.divide(small, large, out=np.ones_like(large), where=large > 0)
        return cls(
            4 * np.sqrt(large),
            4 * np.sqrt(small),
            np.sqrt(1 - share),
            np.where(round_, diagonal, np.arctan2(2 * mixed, rows - columns) / 2),
        )
