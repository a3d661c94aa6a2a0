"""The residual U-Net of Cellpose and Omnipose."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sketchcell.networks.base import Network

WIDTHS = (32, 64, 128, 256)

Padding = Literal["zeros", "reflect"]


def _unit(inputs: int, outputs: int, size: int = 3, padding: Padding = "zeros") -> nn.Sequential:
    """Batch normalisation, activation, convolution, in this order."""
    norm = nn.BatchNorm2d(inputs, eps=1e-5, momentum=0.05)
    convolution = nn.Conv2d(inputs, outputs, size, padding=size // 2, padding_mode=padding)
    return nn.Sequential(norm, nn.ReLU(), convolution)


class _ResDown(nn.Module):
    """Four convolutions with two residual sums."""

    def __init__(self, inputs: int, outputs: int, padding: Padding) -> None:
        super().__init__()
        sizes = [(inputs, outputs)] + [(outputs, outputs)] * 3
        self.conv = nn.ModuleDict({f"conv_{i}": _unit(*size, 3, padding) for i, size in enumerate(sizes)})
        self.proj = nn.Sequential(
            nn.BatchNorm2d(inputs, eps=1e-5, momentum=0.05), nn.Conv2d(inputs, outputs, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.proj(x) + self.conv["conv_1"](self.conv["conv_0"](x))
        result: Tensor = x + self.conv["conv_3"](self.conv["conv_2"](x))
        return result


class _StyledUnit(nn.Module):
    """Adds the image's style, and a skip if there is one, before a unit."""

    def __init__(self, inputs: int, outputs: int, style: int, padding: Padding) -> None:
        super().__init__()
        self.conv = _unit(inputs, outputs, 3, padding)
        self.full = nn.Linear(style, inputs)

    def forward(self, style: Tensor, x: Tensor, skip: Tensor | None = None) -> Tensor:
        x = x if skip is None else x + skip
        result: Tensor = self.conv(x + self.full(style)[:, :, None, None])
        return result


class _ResUp(nn.Module):
    """Four convolutions, the last three styled, with two residual sums."""

    def __init__(self, inputs: int, outputs: int, style: int, padding: Padding) -> None:
        super().__init__()
        self.conv = nn.ModuleDict({"conv_0": _unit(inputs, outputs, 3, padding)})
        self.conv.update({f"conv_{i}": _StyledUnit(outputs, outputs, style, padding) for i in (1, 2, 3)})
        self.proj = nn.Sequential(
            nn.BatchNorm2d(inputs, eps=1e-5, momentum=0.05), nn.Conv2d(inputs, outputs, 1)
        )

    def forward(self, x: Tensor, skip: Tensor, style: Tensor) -> Tensor:
        x = self.proj(x) + self.conv["conv_1"](style, self.conv["conv_0"](x), skip)
        result: Tensor = x + self.conv["conv_3"](style, self.conv["conv_2"](style, x))
        return result


class CPnet(Network):
    """Residual U-Net with a style vector (Stringer et al. 2021), as Cellpose 1–3 and Omnipose use it.

    Skips are added, not concatenated; the style is the normalised mean of the deepest map. Sketchpose keeps
    this network without its boundary channel (section 2.3.4).

    Parameters
    ----------
    inputs
        Channels of the image.
    outputs
        Channels of the maps.
    first_layer
        Channels of the first layer, None for as many as the image has. An image with fewer gets channels of
        zeros after its own; of one with more, the mean is taken for one grey channel.
    padding
        Around images and features: ``zeros``, as in Cellpose 1–3 and in Omnipose before 1.0, or ``reflect``,
        as in Omnipose since.
    frozen_norm
        Whether the statistics of batch normalisation stay as they are while learning: those of weights that
        have seen many images are better than those of a few patches.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        first_layer: int | None = None,
        padding: Padding = "zeros",
        frozen_norm: bool = False,
    ) -> None:
        super().__init__()
        self.first_layer = inputs if first_layer is None else first_layer
        self.frozen_norm = frozen_norm
        self.smallest = 1 if padding == "zeros" else 2 * self.stride  # one pixel has no mirror image
        before = (self.first_layer, *WIDTHS[:-1])
        self.downsample = nn.ModuleList(_ResDown(a, b, padding) for a, b in zip(before, WIDTHS, strict=True))
        deeper = (*WIDTHS[1:], WIDTHS[-1])
        self.upsample = nn.ModuleList(
            _ResUp(a, b, WIDTHS[-1], padding) for a, b in zip(deeper, WIDTHS, strict=True)
        )
        self.output = _unit(WIDTHS[0], outputs, 1)

    @property
    def stride(self) -> int:
        """Three poolings: 8 pixels."""
        return int(2 ** (len(WIDTHS) - 1))

    @property
    def reach(self) -> int:
        """Four convolutions a level each way; the style sees the whole tile."""
        return 8 * int(2 ** len(WIDTHS) - 1)

    def train(self, mode: bool = True) -> CPnet:
        """Set learning or use; `frozen_norm` keeps batch normalisation in use."""
        super().train(mode)
        if self.frozen_norm:
            for module in self.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, inputs, H, W) to maps (B, outputs, H, W); H and W multiples of `stride`."""
        height, width = x.shape[2:]
        x = self._fitted(x)  # (B, first_layer, H, W)
        skips: list[Tensor] = []
        for level, block in enumerate(self.downsample):
            x = block(F.max_pool2d(x, 2) if level else x)
            skips.append(x)
        style = x.mean((2, 3))
        style = style / torch.linalg.vector_norm(style, dim=1, keepdim=True).clamp_min(1e-6)
        for level in reversed(range(len(WIDTHS))):
            x = self.upsample[level](x, skips[level], style)
            if level:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
        maps: Tensor = self.output(x)[:, :, :height, :width]
        return maps

    def _fitted(self, x: Tensor) -> Tensor:
        """Give images the channels of the first layer, and the least size."""
        if x.shape[1] > self.first_layer:
            x = x.mean(1, keepdim=True)
        below, right = (max(self.smallest - side, 0) for side in x.shape[2:])
        if below or right:
            x = F.pad(x, (0, right, 0, below), mode="replicate")
        missing = self.first_layer - x.shape[1]
        return F.pad(x, (0, 0, 0, 0, 0, missing)) if missing else x
