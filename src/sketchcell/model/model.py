"""A trained model: a network, and all that is needed to use it."""

from __future__ import annotations

import copy
import os
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.families import Family, checked_params, get_family
from sketchcell.images import Normalization, as_channels
from sketchcell.inference import (
    Maps,
    Progress,
    drain,
    predict_tiles,
    resize_channels,
    resize_labels,
    tile_grid,
)
from sketchcell.networks import Network


@dataclass(frozen=True)
class ModelConfig:
    """All that describes a model beside its weights.

    Attributes
    ----------
    family, params
        What the maps mean, and how they are decoded.
    network, network_options
        Its name in the registry, and the options that it was built with.
    image_channels
        How many channels an image must have.
    normalization
        Of intensities, for each image and channel.
    scale
        Working pixels for each image pixel.
    diameter
        Of the objects it learned from, in image pixels, if any were painted whole.
    provenance
        How it came to be: program version, date, steps, seconds, start, final loss.
    """

    family: str
    params: Any
    network: str
    image_channels: int
    normalization: Normalization = field(default_factory=Normalization)
    scale: float = 1.0
    diameter: float | None = None
    network_options: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)


def at_working_size(params: Any, shape: tuple[int, int], working: tuple[int, int]) -> Any:
    """Return parameters whose ``minimum_size`` counts working pixels, not those of an image of a shape."""
    zoom = working[0] * working[1] / (shape[0] * shape[1])
    return replace(params, minimum_size=round(params.minimum_size * zoom))


class Model:
    """Segments images; made by `sketchcell.train` or `sketchcell.load_model`.

    Parameters
    ----------
    config
        Describes it.
    network
        With the inputs and outputs that the config asks for.
    """

    def __init__(self, config: ModelConfig, network: Network) -> None:
        self.config = config
        self.network = network.eval()

    @property
    def family(self) -> Family:
        """What turns its maps into instances."""
        return get_family(self.config.family)

    def predict(self, image: NDArray[np.generic]) -> Maps:
        """Return the network's maps of an image; decode them as often as you like."""
        return drain(self.predicting(image))

    def predicting(self, image: NDArray[np.generic]) -> Generator[Progress, None, Maps]:
        """Predict an image, tile by tile.

        Parameters
        ----------
        image
            Of any size, with the channels the model learned from.

        Yields
        ------
        Progress
            After each tile.

        Returns
        -------
        Maps

        Raises
        ------
        SketchcellError
            When the image has other channels, is constant or holds NaN.
        """
        return (yield from self.predicting_normalized(self.config.normalization.apply(as_channels(image))))

    def predicting_normalized(self, channels: NDArray[np.float32]) -> Generator[Progress, None, Maps]:
        """Predict an image that is normalised already, or a part of one, float32, shape (C, H, W)."""
        if channels.shape[0] != self.config.image_channels:
            raise SketchcellError(
                f"The model learned from images with {self.config.image_channels} channel(s), this one has "
                f"{channels.shape[0]}; give images of the same kind."
            )
        shape = channels.shape[1], channels.shape[2]
        values = yield from predict_tiles(
            self.network, resize_channels(channels, self.working_shape(shape)), self.family.activate
        )
        return self.as_maps(values, shape)

    def working_shape(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Return the size, in working pixels, at which it sees an image of a height and width."""
        height, width = (max(1, round(side * self.config.scale)) for side in shape)
        return height, width

    def as_maps(self, values: NDArray[np.float32], shape: tuple[int, int]) -> Maps:
        """Return values of the network's maps, (C, h, w), as those of an image of a shape.

        Raises
        ------
        SketchcellError
            When some are not finite.
        """
        if not np.isfinite(values).all():
            raise SketchcellError(
                "The network's maps hold values that are not finite: its learning went astray. Learn anew, "
                "with a lower learning rate if it happens again."
            )
        return Maps(values, self.family.channels(self.config.params), shape)

    def decode(self, maps: Maps, params: Any = None) -> NDArray[np.int32]:
        """Return instance labels from maps; costs no inference.

        Parameters
        ----------
        maps
            From `predict`.
        params
            Of the family; None takes the model's own. ``minimum_size`` counts pixels of the image.

        Returns
        -------
        NDArray[np.int32]
            Shape of the image, ids 1…n, 0 = background.

        Raises
        ------
        SketchcellError
            When the maps are of another model, or the parameters of another family or out of range.
        """
        names = self.family.channels(self.config.params)
        if not isinstance(maps, Maps) or maps.channels != names or maps.values.shape[0] != len(names):
            raise SketchcellError(
                f"These are not the model's maps ({', '.join(names)}); decode what its `predict` returned."
            )
        params = self.config.params if params is None else checked_params(self.family.Params, params)
        working = maps.values.shape[1], maps.values.shape[2]
        params = at_working_size(params, maps.shape, working)
        survey = tile_grid(self.network, working).survey()
        return resize_labels(self.family.decode(maps.values, params, survey), maps.shape)

    def segment(self, image: NDArray[np.generic], params: Any = None) -> NDArray[np.int32]:
        """Return instance labels of an image, int32, shape (H, W), 0 = background."""
        return self.decode(self.predict(image), params)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model as a folder; see `sketchcell.model.folder`."""
        from sketchcell.model.folder import save_model

        save_model(self, path)

    def copy(self) -> Model:
        """Return a model with weights of its own."""
        return Model(self.config, copy.deepcopy(self.network))
