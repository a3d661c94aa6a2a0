"""What every network has."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import torch
from torch import Tensor, nn

_LARGEST_OVERLAP = 128


class Network(nn.Module, ABC):
    """A network from image channels to maps of the same height and width.

    Attributes
    ----------
    learned
        Scalars that a family's loss learns together with the weights, by name.
    window
        Side of the windows that it sees an image in, in pixels; None if it takes images of any size.
    learning_rate, tuning_rate
        With which AdamW teaches it best, as far as is known: from random weights, and from weights that know
        cells, which a higher rate destroys.
    """

    learned: nn.ParameterDict
    window: int | None = None
    learning_rate: float = 2e-3
    tuning_rate: float = 1e-3

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

    @property
    def overlap(self) -> int:
        """Pixels that neighbouring tiles share: near its rim a tile does not see all that counts."""
        return min(self.reach, _LARGEST_OVERLAP)

    def adopt(self, state: Mapping[str, Tensor]) -> None:
        """Take the weights of a network of this kind that may have been built with other options.

        Raises
        ------
        RuntimeError
            When they do not fit.
        """
        self.load_state_dict(dict(state))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy what can learn; frozen weights, which nobody changes, are shared by all copies."""
        for parameter in self.parameters():
            if not parameter.requires_grad:
                memo[id(parameter)] = nn.Parameter(parameter.detach(), requires_grad=False)
        copied = self.__class__.__new__(self.__class__)
        memo[id(self)] = copied
        copied.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return copied

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, inputs, H, W) to maps (B, outputs, H, W)."""
