"""The residual U-Net of Cellpose and Omnipose."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sketchcell.networks.base import Network

WIDTHS = (32, 64, 128, 256)


def _unit(inputs: int, outputs: int, size: int = 3, *, activate: bool = True) -> nn.Sequential:
    """Batch normalisation, activation, convolution, in this order."""
    norm = nn.BatchNorm2d(inputs, eps=1e-5, momentum=0.05)
    convolution = nn.Conv2d(inputs, outputs, size, padding=size // 2)
    return nn.Sequential(norm, nn.ReLU() if activate else nn.Identity(), convolution)


class _ResDown(nn.Module):
    """Four convolutions with two residual sums."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        sizes = [(inputs, outputs)] + [(outputs, outputs)] * 3
        self.conv = nn.ModuleDict({f"conv_{i}": _unit(*size) for i, size in enumerate(sizes)})
        self.proj = nn.Sequential(
            nn.BatchNorm2d(inputs, eps=1e-5, momentum=0.05), nn.Conv2d(inputs, outputs, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.proj(x) + self.conv["conv_1"](self.conv["conv_0"](x))
        result: Tensor = x + self.conv["conv_3"](self.conv["conv_2"](x))
        return result


class _StyledUnit(nn.Module):
    """Adds the image's style, and a skip if there is one, before a unit."""

    def __init__(self, inputs: int, outputs: int, style: int) -> None:
        super().__init__()
        self.conv = _unit(inputs, outputs)
        self.full = nn.Linear(style, inputs)

    def forward(self, style: Tensor, x: Tensor, skip: Tensor | None = None) -> Tensor:
        x = x if skip is None else x + skip
        result: Tensor = self.conv(x + self.full(style)[:, :, None, None])
        return result


class _ResUp(nn.Module):
    """Four convolutions, the last three styled, with two residual sums."""

    def __init__(self, inputs: int, outputs: int, style: int) -> None:
        super().__init__()
        self.conv = nn.ModuleDict({"conv_0": _unit(inputs, outputs)})
        self.conv.update({f"conv_{i}": _StyledUnit(outputs, outputs, style) for i in (1, 2, 3)})
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
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        before = (inputs, *WIDTHS[:-1])
        self.downsample = nn.ModuleList(_ResDown(a, b) for a, b in zip(before, WIDTHS, strict=True))
        deeper = (*WIDTHS[1:], WIDTHS[-1])
        self.upsample = nn.ModuleList(_ResUp(a, b, WIDTHS[-1]) for a, b in zip(deeper, WIDTHS, strict=True))
        self.output = _unit(WIDTHS[0], outputs, 1)

    @property
    def stride(self) -> int:
        """Three poolings: 8 pixels."""
        return int(2 ** (len(WIDTHS) - 1))

    @property
    def reach(self) -> int:
        """Four convolutions a level each way; the style sees the whole tile."""
        return 8 * int(2 ** len(WIDTHS) - 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, inputs, H, W) to maps (B, outputs, H, W); H and W multiples of `stride`."""
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
        maps: Tensor = self.output(x)
        return maps
