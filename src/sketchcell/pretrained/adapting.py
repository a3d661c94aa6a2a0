"""Fitting an imported model to somebody's images: their channels, and the size of their objects."""

from __future__ import annotations

from dataclasses import replace

from sketchcell.errors import SketchcellError
from sketchcell.model import Model
from sketchcell.networks import build_network, place


def with_diameter(model: Model, diameter: float) -> Model:
    """Return a model that brings objects of a diameter to the size that its network knows.

    Parameters
    ----------
    model
        Whose ``config.diameter`` is known; its network is shared.
    diameter
        Of the objects, in pixels of the images to come.

    Raises
    ------
    SketchcellError
        When the diameter is no number above 0, or the network knows no size.
    """
    if not 0 < diameter < float("inf"):
        raise SketchcellError(f"The diameter must be a number of pixels above 0, not {diameter!r}.")
    if model.config.diameter is None:
        raise SketchcellError("These weights know no size of objects; leave out the diameter.")
    scale = model.config.scale * model.config.diameter / diameter
    return Model(replace(model.config, scale=scale, diameter=float(diameter)), model.network)


def with_channels(model: Model, channels: int) -> Model:
    """Return a model for images with another number of channels, with the same weights.

    Parameters
    ----------
    model
        Whose network can take such images.
    channels
        Of the images to come.

    Raises
    ------
    SketchcellError
        When the network's first layer is made for one number of channels only.
    """
    config = model.config
    if channels == config.image_channels:
        return model
    if channels < 1:
        raise SketchcellError(f"An image has at least one channel, not {channels}.")
    network = build_network(
        config.network,
        channels,
        len(model.family.channels(config.params)),
        model.family.learned,
        config.network_options,
    )
    try:
        network.load_state_dict(model.network.state_dict())
    except RuntimeError as error:
        raise SketchcellError(
            f"These weights are for images with {config.image_channels} channel(s), not {channels}; give "
            "such images or other weights."
        ) from error
    device = next(model.network.parameters()).device
    return Model(replace(config, image_channels=channels), place(network, device))
