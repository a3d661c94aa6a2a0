"""What every network has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor, nn


class Network(nn.Module, ABC):
    """A network from image channels to maps of the same height and width.

    Attributes
    ----------
    learned
        Scalars that a family's loss learns together with the weights, by name.
    """

    learned: nn.ParameterDict

    def learn(self, start: Mapping[str, float]) -> None:
        """Add the scalars of a loss, with their first values."""
        self.learned = nn.ParameterDict(
            {name: nn.Parameter(torch.tensor(float(value))) for name, value in start.items()}
        )

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
