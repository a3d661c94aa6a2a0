"""What a model family is: targets from a sketch, a loss, and instances from the network's maps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from sketchcell.families.decoding import Parts
from sketchcell.families.traits import MapTraits
from sketchcell.images import Normalization
from sketchcell.sketch import Sketch, Window

ArrayT = TypeVar("ArrayT", NDArray[np.float32], Tensor)


@dataclass(frozen=True)
class Target(Generic[ArrayT]):
    """Named planes that say what a network should predict, and how sure that is, pixel by pixel.

    Values and their weights travel together, so that nothing inside the data has to mean "unknown".
    A plane whose name ends in ``_weight`` says how much a pixel counts in a term of the loss: where all of
    them are 0, nothing is taught. A pair of names ending in ``_y`` and ``_x`` is a vector field: augmentation
    turns it with the image.

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

    def weights(self) -> dict[str, ArrayT]:
        """Return the planes that say how much a pixel counts, by name."""
        return {name: self[name] for name in self.names if name.endswith("_weight")}


class Family(Protocol):
    """One way to turn strokes into something a network can learn, and its maps back into cells.

    Attributes
    ----------
    name, title
        The word for it, and what it is in one line.
    Params
        Frozen dataclass of `param` fields, from which the form, the command line and ``config.json`` are
        made.
    learned
        Scalars of the loss that are learned with the network's weights, with their first values.
    context
        Beyond the window that `Sketch.paint` reports, a stroke changes targets at most this many pixels
        further.
    scale_free
        Whether a target's values stay right when it is zoomed together with its image.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    Params: ClassVar[type[Any]]
    learned: ClassVar[Mapping[str, float]]
    context: ClassVar[int]
    scale_free: ClassVar[bool]

    def channels(self, params: Any) -> tuple[str, ...]:
        """Return the names of the network's maps."""
        ...

    def normalization(self, params: Any) -> Normalization:
        """Return how images are normalised, the same for learning and for use."""
        ...

    def encode(
        self, sketch: Sketch, params: Any, window: Window | None = None
    ) -> Target[NDArray[np.float32]]:
        """Return the target of a sketch, or of a window of it; only the family knows where it is certain.

        A window's target is exactly that part of the whole sketch's target.
        """
        ...

    def loss(
        self, outputs: Tensor, target: Target[Tensor], params: Any, learned: Mapping[str, Tensor]
    ) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Return the loss of a batch of the network's outputs (B, C, H, W), and its terms by name."""
        ...

    def imitate(self, outputs: Tensor, maps: Tensor, weight: Tensor, params: Any) -> Tensor:
        """Return how far a batch of the network's outputs (B, C, H, W) is from another network's maps.

        Least where `activate` of the outputs gives the maps; `weight`, (B, H, W), tells which pixels count.
        """
        ...

    def activate(self, outputs: Tensor) -> Tensor:
        """Return the maps that the network's outputs (B, C, H, W) stand for."""
        ...

    def traits(self, windows: Iterable[NDArray[np.float32]], params: Any) -> MapTraits:
        """Return what maps are like as a whole, from windows (C, h, w) of them."""
        ...

    def part(self, maps: NDArray[np.float32], params: Any, traits: MapTraits) -> Parts:
        """Return all instances in maps (C, H, W), or in a part of them, before it is said which are cells.

        What lies far away has no influence: an instance of a part of an image is that of the whole if its
        neighbours are in the part, too.
        """
        ...

    def decode(
        self, maps: NDArray[np.float32], params: Any, survey: Sequence[Window] | None = None
    ) -> NDArray[np.int32]:
        """Return instance labels (H, W), 0 = background, from maps (C, H, W); see `decoding.decode`."""
        ...
