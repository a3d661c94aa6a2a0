"""What a network said about an image, kept so that other thresholds cost no inference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sketchcell.inference.resize import resize_channels


@dataclass(frozen=True, eq=False)
class Maps:
    """A network's maps of an image or a part of it.

    Attributes
    ----------
    values
        float32, shape (C, h, w), at the network's working size.
    channels
        One name a map.
    shape
        Height and width of the image or part they belong to, in pixels.
    """

    values: NDArray[np.float32]
    channels: tuple[str, ...]
    shape: tuple[int, int]

    def at_image_size(self, channel: str) -> NDArray[np.float32]:
        """Return one map by name at the image's own size, float32, shape `shape`."""
        index = self.channels.index(channel)
        resized: NDArray[np.float32] = resize_channels(self.values[index : index + 1], self.shape)[0]
        return resized
