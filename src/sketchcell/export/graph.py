"""A model as one graph from image to maps, which every format is made of."""

from __future__ import annotations

import copy
from fractions import Fraction

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sketchcell.errors import SketchcellError
from sketchcell.export.tensors import cropped, filled, normalized, resized, scaled, widened
from sketchcell.families import Family
from sketchcell.images.normalization import SAMPLE_SIDE
from sketchcell.model import Model
from sketchcell.networks import CPnet, Network
from sketchcell.networks.local_contrast import LEAST, STRENGTH, WIDER, LocalContrast, gaussian

_FINEST = 10**6  # denominator of a scale


class Graph(nn.Module):
    """Normalise, resize, fill up to the network's stride, run, crop, resize back.

    Parameters
    ----------
    core
        Network and activation.
    model
        Whose settings it takes.
    normalise
        Whether it takes an image as it is, or one that is normalised.
    """

    def __init__(self, core: nn.Module, model: Model, normalise: bool) -> None:
        super().__init__()
        self.core = core
        self.stride = int(model.network.stride)
        self.least = model.network.smallest if isinstance(model.network, CPnet) else 1
        scale = Fraction(model.config.scale).limit_denominator(_FINEST)
        self.numerator, self.denominator = scale.numerator, scale.denominator
        self.low, self.high = float(model.config.normalization.low), float(model.config.normalization.high)
        self.side = SAMPLE_SIDE
        self.normalise = normalise

    def forward(self, image: Tensor) -> Tensor:
        """Map images float32 (B, C, H, W) to maps (B, N, H, W)."""
        maps = self.working(image)
        if self.numerator != self.denominator:
            maps = resized(maps, image.shape[2], image.shape[3])
        return maps

    def working(self, image: Tensor) -> Tensor:
        """Return maps at the network's working size (B, N, h, w)."""
        if self.normalise:
            image = normalized(image, self.low, self.high, self.side)
        height, width = image.shape[2], image.shape[3]
        if self.numerator != self.denominator:
            height = scaled(height, self.numerator, self.denominator)
            width = scaled(width, self.numerator, self.denominator)
            image = resized(image, height, width)
        maps: Tensor = self.core(widened(filled(image, self.stride), self.least))
        return cropped(maps, height, width)


class Core(nn.Module):
    """A network with its family's activation."""

    def __init__(self, network: Network, family: Family) -> None:
        super().__init__()
        self.network, self.family = network, family

    def forward(self, image: Tensor) -> Tensor:
        """Map (B, C, H, W), sides multiples of the stride, to maps (B, N, H, W)."""
        return self.family.activate(self.network(image))


def core_of(model: Model) -> Core:
    """Return a copy of a model's network, on the processor, that can become part of a graph.

    Raises
    ------
    SketchcellError
        When the network cannot.
    """
    if model.network.window is not None:
        raise SketchcellError(
            f"The network '{model.config.network}' sees windows of {model.network.window} pixels, which no "
            "exported graph can blend; teach a small network with `sketchcell distill` and export that one, "
            "or give others the model folder."
        )
    network = copy.deepcopy(model.network).to("cpu", torch.float32).eval()
    _plain_contrast(network)
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    return Core(network, model.family).eval()


class _Contrast(nn.Module):
    """`LocalContrast` by convolutions: the same values, without a matrix for each size of image."""

    def __init__(self, contrast: LocalContrast) -> None:
        super().__init__()
        self.near = nn.ParameterList(_kernel(sigma) for sigma in contrast.sigmas)
        self.far = nn.ParameterList(_kernel(WIDER * sigma) for sigma in contrast.sigmas)

    def forward(self, x: Tensor) -> Tensor:
        found = [x]
        for near, far in zip(self.near, self.far, strict=True):
            difference = x - _blur(x, near)
            spread = _blur(difference.square(), far).sqrt()
            found.append(STRENGTH * difference / (spread + LEAST))
        return torch.cat(found, 1)


def _kernel(sigma: float) -> nn.Parameter:
    return nn.Parameter(gaussian(sigma).float(), requires_grad=False)


def _blur(x: Tensor, kernel: Tensor) -> Tensor:
    radius = kernel.shape[0] // 2
    apart = x.flatten(0, 1)[:, None]  # (B · C, 1, H, W)
    apart = F.pad(apart, (radius, radius, radius, radius), mode="replicate")
    apart = F.conv2d(F.conv2d(apart, kernel[None, None, :, None]), kernel[None, None, None, :])
    return apart.reshape(x.shape)


def _plain_contrast(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, LocalContrast):
            setattr(module, name, _Contrast(child))
        else:
            _plain_contrast(child)
