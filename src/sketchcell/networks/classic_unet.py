"""The classic U-Net, in the sizes of the papers and of a laptop."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sketchcell.networks.base import Network
from sketchcell.networks.unet import PixelNorm

Norm = Literal["none", "batch", "pixel"]


class ClassicUNet(Network):
    """U-Net (Ronneberger et al. 2015): convolve twice, pool, and on the way up, up-convolve and concatenate.

    Each level has two 3 × 3 convolutions with ReLU in each direction; 2 × 2 max-pooling leads down, a 2 × 2
    up-convolution leads up, beside which the level's own features are put. Two things differ from 2015:
    convolutions are padded with zeros, so that maps are as large as the image, and the weights start as in
    Guerrero-Peña et al. (2018), from Glorot and Bengio's normal distribution ("Xavier") with biases of 0.

    Parameters
    ----------
    inputs
        Channels of the image.
    outputs
        Channels of the maps.
    widths
        Channels a level; each level halves the resolution.
    deepest
        Convolutions at the last level.
    norm
        After each 3 × 3 convolution: ``none``, as in 2015; ``batch`` (Ioffe and Szegedy 2015), which predicts
        from running averages that lag behind the batches it learns from, so that early previews jump; or
        ``pixel``, which knows neither batch nor neighbours.
    """

    def __init__(
        self, inputs: int, outputs: int, widths: Sequence[int], *, deepest: int = 2, norm: Norm = "none"
    ) -> None:
        super().__init__()
        self.widths = tuple(widths)
        self.deepest = deepest
        counts = [2] * (len(self.widths) - 1) + [deepest]
        before = (inputs, *self.widths[:-1])
        self.down = nn.ModuleList(
            _convolutions(*sizes, norm) for sizes in zip(before, self.widths, counts, strict=True)
        )
        pairs = list(pairwise(self.widths))
        self.lift = nn.ModuleList(nn.ConvTranspose2d(deep, shallow, 2, stride=2) for shallow, deep in pairs)
        self.up = nn.ModuleList(_convolutions(2 * shallow, shallow, 2, norm) for shallow, _ in pairs)
        self.head = nn.Conv2d(self.widths[0], outputs, 1)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 4:
                nn.init.xavier_normal_(parameter)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    @property
    def stride(self) -> int:
        """Halved between any two levels: 8 pixels for four levels, 16 for five."""
        return int(2 ** (len(self.widths) - 1))

    @property
    def reach(self) -> int:
        """How far an output pixel sees, in pixels to each side.

        Four convolutions at each level but the last, `deepest` there, and the rest of the pixels that are
        pooled into one there.
        """
        return 4 * (self.stride - 1) + self.deepest * self.stride + self.stride - 1

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, inputs, H, W) to maps (B, outputs, H, W); H and W multiples of `stride`."""
        skips: list[Tensor] = []
        for level, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if level else x)
            skips.append(x)
        x = skips.pop()
        for lift, block in zip(reversed(self.lift), reversed(self.up), strict=True):
            x = block(torch.cat((skips.pop(), lift(x)), 1))
        maps: Tensor = self.head(x)
        return maps


def unet(inputs: int, outputs: int) -> ClassicUNet:
    """Return the U-Net of 2015, which Guerrero-Peña et al. (2018) learn three classes with.

    Five levels, 31 031 k parameters.
    """
    return ClassicUNet(inputs, outputs, (64, 128, 256, 512, 1024))


def unet_wide(inputs: int, outputs: int) -> ClassicUNet:
    """Return the U-Net of "Boundary-aware instance segmentation in microscopy imaging" (ISBI 2026).

    Signed distances are learned there with 128, 256, 512 and 1024 channels. The paper counts "approximately
    49.7M learnable parameters": that takes three poolings, between these four widths, and at the deepest
    level a bottleneck of two more convolutions of 1024 channels, at the same resolution (49 653 k). Without
    it there would be 30.8 M; with a fourth pooling and up-convolution around a bottleneck of 1024 or 2048
    channels, 82.2 or 124.1 M.
    """
    return ClassicUNet(inputs, outputs, (128, 256, 512, 1024), deepest=4)


def unet_small(inputs: int, outputs: int) -> ClassicUNet:
    """Return a U-Net of four levels and 1.1 M parameters, to try things out without a GPU."""
    return ClassicUNet(inputs, outputs, (24, 48, 96, 192))


def _convolutions(inputs: int, outputs: int, count: int, norm: Norm) -> nn.Sequential:
    """Return 3 × 3 convolutions, each with its normalisation and ReLU."""
    steps: list[nn.Module] = []
    for channels in (inputs, *[outputs] * (count - 1)):
        steps.append(nn.Conv2d(channels, outputs, 3, padding=1))
        if norm != "none":
            steps.append(nn.BatchNorm2d(outputs) if norm == "batch" else PixelNorm(outputs))
        steps.append(nn.ReLU())
    return nn.Sequential(*steps)
