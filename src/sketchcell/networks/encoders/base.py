"""What every image encoder has."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn


class ImageEncoder(nn.Module, ABC):
    """From square windows of an image to an embedding.

    It turns any number of channels into those it was made for, brings them to its own mean and deviation,
    and enlarges a window to its own input size by itself.

    Attributes
    ----------
    window
        Side of a window, in working pixels of the image.
    stride
        Working pixels for each cell of the embedding, to each side.
    channels
        Of the embedding.
    """

    window: int
    stride: int
    channels: int

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Embed windows.

        Parameters
        ----------
        x
            Shape (B, C, window, window), normalised as `sketchcell.images.Normalization` does.

        Returns
        -------
        Tensor
            Shape (B, channels, window // stride, window // stride).
        """
