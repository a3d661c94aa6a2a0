"""What a model family is: targets from a sketch, a loss, and instances from the network's maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from sketchcell.sketch import Sketch

ArrayT = TypeVar("ArrayT", NDArray[np.float32], Tensor)


@dataclass(frozen=True)
class Target(Generic[ArrayT]):
    """Named planes that say what a network should predict, and how sure that is, pixel by pixel.

    Values and their weights travel together, so that nothing inside the data has to mean "unknown".
    A pair of names ending in ``_y`` and ``_x`` is a vector field: augmentation turns it with the image.

    Parameters
    ----------
    names
        One name a plane.
    data
        float32, shape (..., N, H, W), N the number of names.
    """

    names: tuple[str, ...]
    data: ArrayT

    def __getitem__(self, name: str) -> ArrayT:
        """Return the plane of that name, shape (..., H, W)."""
        plane: ArrayT = self.data[..., self.names.index(name), :, :]
        return plane


class Family(Protocol):
    """One way to turn strokes into something a network can learn, and its maps back into cells."""

    name: ClassVar[str]
    title: ClassVar[str]
    channels: ClassVar[tuple[str, ...]]
    Params: ClassVar[type[Any]]

    def encode(self, sketch: Sketch, params: Any) -> Target[NDArray[np.float32]]:
        """Return the target of a sketch; only the family knows where it is certain."""
        ...

    def loss(self, maps: Tensor, target: Target[Tensor], params: Any) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Return the loss of a batch of maps (B, C, H, W), and its terms by name."""
        ...

    def decode(self, maps: NDArray[np.float32], params: Any) -> NDArray[np.int32]:
        """Return instance labels (H, W), 0 = background, from maps (C, H, W)."""
        ...
