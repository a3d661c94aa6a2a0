"""A second look at an image, turned upside down: what a network is sure of, it finds again."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.inference import Progress
from sketchcell.model import Model


def looking_again(
    model: Model, channels: NDArray[np.float32], params: Any = None
) -> Generator[Progress, None, NDArray[np.int32]]:
    """Segment an image that is turned by 180 degrees, and turn the instances back.

    Parameters
    ----------
    model
        Of any family.
    channels
        float32, shape (C, H, W), normalised.
    params
        Of the family, for decoding; None takes the model's own.

    Yields
    ------
    Progress
        After each tile.

    Returns
    -------
    NDArray[np.int32]
        Shape (H, W), 0 = background; the numbers are other ones than those of the first look.
    """
    turned = np.ascontiguousarray(channels[:, ::-1, ::-1])
    maps = yield from model.predicting_normalized(turned)
    return np.ascontiguousarray(model.decode(maps, params)[::-1, ::-1])


@dataclass(frozen=True, eq=False)
class Shared:
    """Which instances of two looks share pixels, and how many.

    Attributes
    ----------
    first, second
        int64 (K,): the labels of each pair that shares pixels.
    pixels
        int64 (K,): how many.
    first_area, second_area
        int64, by label: pixels of each instance, the background's not counted.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    pixels: NDArray[np.int64]
    first_area: NDArray[np.int64]
    second_area: NDArray[np.int64]

    @classmethod
    def of(cls, labels: NDArray[np.int32], again: NDArray[np.int32]) -> Shared:
        """Compare two label images, int32, shape (H, W), 0 = background."""
        first_area, second_area = _areas(labels), _areas(again)
        both = (labels > 0) & (again > 0)
        pairs, pixels = np.unique(
            labels[both].astype(np.int64) * second_area.size + again[both], return_counts=True
        )
        first, second = np.divmod(pairs, second_area.size)
        return cls(first, second, pixels, first_area, second_area)

    def turned(self) -> Shared:
        """Return the same with the looks exchanged."""
        return Shared(self.second, self.first, self.pixels, self.second_area, self.first_area)

    def found_again(self) -> NDArray[np.float32]:
        """Return for each instance of the first look the largest intersection over union, by label."""
        union = self.first_area[self.first] + self.second_area[self.second] - self.pixels
        best = np.zeros(self.first_area.size, np.float32)
        np.maximum.at(best, self.first, (self.pixels / union).astype(np.float32))
        return best


def _areas(labels: NDArray[np.int32]) -> NDArray[np.int64]:
    area = np.bincount(labels.ravel(), minlength=1)
    area[0] = 0
    return area
