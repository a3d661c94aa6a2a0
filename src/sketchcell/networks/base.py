"""What every network has."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Network(nn.Module, ABC):
    """A network from image channels to maps of the same height and width."""

    @property
    @abstractmethod
    def stride(self) -> int:
        """The multiple of which an image's sides must be, in pixels."""

    @property
    @abstractmethod
    def reach(self) -> int:
        """How far an output pixel sees, in pixels to each side."""

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, inputs, H, W) to maps (B, outputs, H, W)."""
