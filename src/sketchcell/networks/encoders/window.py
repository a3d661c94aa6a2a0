"""From a window of any image to what an encoder was trained on."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sketchcell.errors import SketchcellError


class Viewfinder(nn.Module):
    """Shows an encoder a window as an image with three colours, of its own size, mean and deviation.

    One channel is shown in all three colours, three are the colours; of two, the second colour is their mean.
    More are averaged in three groups.

    Parameters
    ----------
    image_size
        Side of the encoder's input.
    mean, deviation
        Of the three colours, for intensities from 0 to 1.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self, image_size: int, mean: tuple[float, float, float], deviation: tuple[float, float, float]
    ) -> None:
        super().__init__()
        self.image_size = image_size
        self.register_buffer("mean", torch.tensor(mean)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation)[:, None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, window, window) to (B, 3, image_size, image_size)."""
        batch, channels, height, width = x.shape
        if channels != 3:
            spread = x.flatten(2).transpose(1, 2)  # (B, H · W, C)
            x = F.adaptive_avg_pool1d(spread, 3).transpose(1, 2).reshape(batch, 3, height, width)
        x = x.clamp(0, 1)  # encoders never saw what is darker than black
        if height != self.image_size:
            smaller = height > self.image_size
            size = (self.image_size, self.image_size)
            x = F.interpolate(x, size=size, mode="bilinear", antialias=smaller)
        shown: Tensor = (x - self.mean) / self.deviation
        return shown


def cell_stride(window: int, cells: int) -> int:
    """Return the working pixels for each cell of an embedding, where so many lie side by side.

    Raises
    ------
    SketchcellError
        When the window is not a multiple of them.
    """
    if window % cells or window < cells:
        raise SketchcellError(
            f"A window of {window} pixels does not fit this encoder; give a multiple of {cells}."
        )
    return window // cells
