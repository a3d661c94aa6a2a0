"""A compact U-Net that learns in seconds on a laptop's processor."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sketchcell.networks.base import Network
from sketchcell.networks.local_contrast import LocalContrast


class PixelNorm(nn.Module):
    """Layer normalisation over the channels of each pixel by itself.

    It knows neither the batch nor the rest of the image: the same at batch size one, under fine-tuning, in
    a training patch and in a tile of any size, so that tiles meet without seams.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (B, C, H, W)."""
        last = x.permute(0, 2, 3, 1)  # (B, H, W, C): no copy when channels-last
        return F.layer_norm(last, self.weight.shape, self.weight, self.bias).permute(0, 3, 1, 2)


class Block(nn.Module):
    """Two 3 × 3 convolutions and a residual path."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm = PixelNorm(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.path = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.norm_out = PixelNorm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H, W)."""
        y = F.relu(self.norm(self.first(x)))
        return F.relu(self.norm_out(self.second(y) + self.path(x)))


class CompactUNet(Network):
    """U-Net with one residual block a level each way (Ronneberger et al. 2015, made small).

    It sees the image and its local contrast, which saves most of the steps from random weights to cells.
    Larger first weights (He's) save as many, but let deep layers decide: from few strokes it then learned
    where strokes are, not what cells are.

    Parameters
    ----------
    inputs
        Channels of the image.
    outputs
        Channels of the maps.
    widths
        Channels a level; each level halves the resolution.
    """

    def __init__(self, inputs: int, outputs: int, widths: tuple[int, ...] = (16, 32, 64, 160)) -> None:
        super().__init__()
        self.widths = tuple(widths)
        self.contrast = LocalContrast()
        seen = (inputs * self.contrast.channels, *widths[:-1])
        self.down = nn.ModuleList(Block(before, after) for before, after in zip(seen, widths, strict=True))
        pairs = list(pairwise(widths))
        self.lift = nn.ModuleList(nn.Conv2d(deep, shallow, 1) for shallow, deep in pairs)
        self.up = nn.ModuleList(Block(shallow, shallow) for shallow, _ in pairs)
        self.head = nn.Conv2d(widths[0], outputs, 1)
        for parameter in self.head.parameters():  # a network that knows nothing says nothing
            nn.init.zeros_(parameter)

    @property
    def stride(self) -> int:
        """The multiple of which a tile's sides must be, in pixels."""
        return int(2 ** (len(self.widths) - 1))

    @property
    def reach(self) -> int:
        """How far an output pixel sees, in pixels to each side."""
        level = [2**i for i in range(len(self.widths))]
        return int(2 * sum(level) * 2) + self.contrast.reach

    def forward(self, x: Tensor) -> Tensor:
        """Map an image (B, inputs, H, W) to maps (B, outputs, H, W); H and W multiples of `stride`."""
        skips: list[Tensor] = []
        x = self.contrast(x)
        for level, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if level else x)
            skips.append(x)
        x = skips.pop()
        for lift, block in zip(reversed(self.lift), reversed(self.up), strict=True):
            x = block(F.interpolate(lift(x), scale_factor=2, mode="nearest") + skips.pop())
        maps: Tensor = self.head(x)
        return maps
