"""One image and its sketch, at the size the network works on."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.images import Normalization, as_channels
from sketchcell.inference import resize_channels
from sketchcell.learning.painted import PaintedTiles
from sketchcell.sketch import Sketch, Stroke, Window


class Example:
    """An image and a sketch that follow each other to any working scale.

    Parameters
    ----------
    image
        As `sketchcell.images.as_channels` accepts it.
    sketch
        Of the image's height and width; copied, later strokes come through `paint`.
    normalization
        Applied to the whole image.

    Raises
    ------
    SketchcellError
        When image and sketch differ in shape.
    """

    def __init__(self, image: NDArray[np.generic], sketch: Sketch, normalization: Normalization) -> None:
        channels = as_channels(image)
        if sketch.shape != channels.shape[1:]:
            raise SketchcellError(
                f"The sketch has the shape {sketch.shape} but its image {channels.shape[1:]}; "
                "give each image the sketch that was painted on it."
            )
        self.normalized = normalization.apply(channels)  # (C, H, W), in pixels of the image
        self._painted = Sketch(sketch.labels, sketch.boundaries)
        self.scale = 0.0
        self.rescale(1.0)

    @property
    def painted(self) -> Sketch:
        """The sketch in pixels of the image."""
        return self._painted

    def rescale(self, scale: float) -> bool:
        """Bring image and sketch to a working scale; return whether that is another one."""
        if scale == self.scale:
            return False
        self.scale = scale
        shape = self.normalized.shape[1:]
        size = (max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale)))
        self._resized = size != shape
        self.sketch = self._painted.resized(size) if self._resized else self._painted
        self.image = torch.from_numpy(resize_channels(self.normalized, size))  # (C, H, W)
        self.tiles = PaintedTiles(self.sketch)
        return True

    def paint(self, stroke: Stroke) -> Window:
        """Apply a stroke, given in pixels of the image; return where the sketch at working scale changed."""
        changed = self._painted.paint(stroke.window, stroke.labels, stroke.boundaries)
        if self._resized:
            changed = self.sketch.paint(*self._painted.resized_window(stroke.window, self.sketch.shape))
        self.tiles.update(changed)
        return changed
