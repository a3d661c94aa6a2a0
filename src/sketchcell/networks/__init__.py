"""Networks by name, and where they run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

from sketchcell.errors import SketchcellError
from sketchcell.networks.base import Network
from sketchcell.networks.classic_unet import ClassicUNet, unet, unet_small, unet_wide
from sketchcell.networks.cpnet import CPnet
from sketchcell.networks.device import full_precision, mixed_precision, pick_device, place
from sketchcell.networks.embedded import EmbeddedNetwork, keeps_embeddings
from sketchcell.networks.sam import Sam
from sketchcell.networks.unet import CompactUNet


@dataclass(frozen=True)
class NetworkInfo:
    """A network that can be asked for by name.

    Attributes
    ----------
    name, title
        The word for it, and what it is in one line.
    build
        Makes one with random weights, from the number of image channels and of maps, and its own options
        by name.
    """

    name: str
    title: str
    build: Callable[..., Network]


NETWORKS: dict[str, NetworkInfo] = {
    info.name: info
    for info in (
        NetworkInfo(
            "compact", "a small U-Net that learns in seconds, also without a GPU (the default)", CompactUNet
        ),
        NetworkInfo(
            "unet-small", "the classic U-Net at a small size, 1.1 M parameters: to try it out", unet_small
        ),
        NetworkInfo("unet", "the classic U-Net, 31 M parameters: for a GPU", unet),
        NetworkInfo(
            "unet-wide", "the classic U-Net with wider layers, 50 M parameters: for a GPU", unet_wide
        ),
        NetworkInfo(
            "omnipose", "the residual U-Net of Cellpose and Omnipose, 6.6 M parameters: for a GPU", CPnet
        ),
        NetworkInfo("sam", "Segment Anything without prompts, as in SAMCell: start it from its weights", Sam),
    )
}


def build_network(
    name: str,
    inputs: int,
    outputs: int,
    learned: Mapping[str, float] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Network:
    """Return a network with random weights (torch's global generator).

    Parameters
    ----------
    name
        In the registry.
    inputs, outputs
        Channels of the image and of the maps.
    learned
        Scalars that a family's loss learns too, with their first values.
    options
        Of this network, by name; what is left out has its default.

    Raises
    ------
    SketchcellError
        When there is none of that name, or it has no such option.
    """
    if name not in NETWORKS:
        raise SketchcellError(f"There is no network '{name}'; choose from {', '.join(NETWORKS)}.")
    build = NETWORKS[name].build
    options = dict(options or {})
    unknown = sorted(set(options) - set(signature(build).parameters))
    if unknown:
        raise SketchcellError(f"The network '{name}' has no option {', '.join(map(repr, unknown))}.")
    network = build(inputs, outputs, **options)
    network.learn(learned or {})
    return network


__all__ = [
    "NETWORKS",
    "CPnet",
    "ClassicUNet",
    "CompactUNet",
    "EmbeddedNetwork",
    "Network",
    "NetworkInfo",
    "Sam",
    "build_network",
    "full_precision",
    "keeps_embeddings",
    "mixed_precision",
    "pick_device",
    "place",
]
