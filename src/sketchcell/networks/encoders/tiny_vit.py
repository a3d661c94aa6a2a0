"""TinyViT, the small encoder of MobileSAM and LiteMedSAM.

The library `timm` has TinyViT too, but only for classification, under other names and with another last
stage, and it cannot be imported without torchvision; `transformers` has none. The names here are those of
the published weights.
"""

from __future__ import annotations

import math
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sketchcell.networks.encoders.base import ImageEncoder
from sketchcell.networks.encoders.sizes import TinyViTSize
from sketchcell.networks.encoders.window import Viewfinder, cell_stride


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation over the channels of (B, C, H, W)."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise each pixel by itself."""
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNorm(nn.Sequential):
    """A convolution and batch normalisation."""

    def __init__(self, inputs: int, outputs: int, size: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.c = nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(outputs)


class Stem(nn.Module):
    """Two convolutions, which halve the resolution twice or leave it as it is."""

    def __init__(self, outputs: int, size: int) -> None:
        super().__init__()
        stride = 2 if size > 1 else 1
        self.stride = stride**2
        self.seq = nn.Sequential(
            ConvNorm(3, outputs // 2, size, stride), nn.GELU(), ConvNorm(outputs // 2, outputs, size, stride)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, 3, H, W) to (B, outputs, H / stride, W / stride)."""
        result: Tensor = self.seq(x)
        return result


class MBConv(nn.Module):
    """An inverted bottleneck: widen, convolve each channel, narrow; with a residual path."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        wide = 4 * channels
        self.conv1 = ConvNorm(channels, wide)
        self.conv2 = ConvNorm(wide, wide, 3, groups=wide)
        self.conv3 = ConvNorm(wide, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        y = F.gelu(self.conv2(F.gelu(self.conv1(x))))
        return F.gelu(x + self.conv3(y))


class Merging(nn.Module):
    """The way to the next stage: other channels, and half the resolution if the stride is 2."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.conv1 = ConvNorm(inputs, outputs)
        self.conv2 = ConvNorm(outputs, outputs, 3, stride, groups=outputs)
        self.conv3 = ConvNorm(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H / stride, W / stride)."""
        result: Tensor = self.conv3(F.gelu(self.conv2(F.gelu(self.conv1(x)))))
        return result


class WindowAttention(nn.Module):
    """Attention within windows, with a learned bias for each distance between two of their cells."""

    offsets: Tensor

    def __init__(self, channels: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads, self.window = heads, window
        self.norm = nn.LayerNorm(channels)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)
        self.attention_biases = nn.Parameter(torch.zeros(heads, window**2))
        place = torch.stack(torch.meshgrid(2 * [torch.arange(window)], indexing="ij")).flatten(1)
        rows, columns = (place[:, :, None] - place[:, None, :]).abs()
        self.register_buffer("offsets", rows * window + columns, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map cells (B, H, W, C), H and W multiples of the window, to the same shape."""
        batch, height, width, channels = x.shape
        side = self.window
        rows, columns = height // side, width // side
        cells = x.reshape(batch, rows, side, columns, side, channels).transpose(2, 3)
        cells = cells.reshape(-1, side**2, channels)  # (B · windows, N, C)
        # in the published weights, query, key and value of a head lie side by side
        qkv = self.qkv(self.norm(cells)).reshape(len(cells), side**2, self.heads, 3, channels // self.heads)
        query, key, value = qkv.permute(3, 0, 2, 1, 4)  # (B · windows, heads, N, C / heads) each
        bias = self.attention_biases[:, self.offsets].to(query.dtype)  # (heads, N, N)
        seen = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        cells = self.proj(seen.transpose(1, 2).reshape(len(cells), side**2, channels))
        cells = cells.reshape(batch, rows, columns, side, side, channels).transpose(2, 3)
        result: Tensor = cells.reshape(batch, height, width, channels)
        return result


class Perceptron(nn.Module):
    """Two linear layers a cell."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.fc1 = nn.Linear(channels, 4 * channels)
        self.fc2 = nn.Linear(4 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., C) to the same shape."""
        result: Tensor = self.fc2(F.gelu(self.fc1(self.norm(x))))
        return result


class TinyViTBlock(nn.Module):
    """Windowed attention, a convolution of each channel, a perceptron."""

    def __init__(self, channels: int, heads: int, window: int) -> None:
        super().__init__()
        self.attn = WindowAttention(channels, heads, window)
        self.mlp = Perceptron(channels)
        self.local_conv = ConvNorm(channels, channels, 3, groups=channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        height, width = x.shape[2:]
        below, right = (-side % self.attn.window for side in (height, width))
        cells = x.permute(0, 2, 3, 1)
        seen = self.attn(F.pad(cells, (0, 0, 0, right, 0, below)))[:, :height, :width]
        cells = self.local_conv((cells + seen).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        result: Tensor = (cells + self.mlp(cells)).permute(0, 3, 1, 2)
        return result


class Stage(nn.Module):
    """Blocks at one resolution, and the way to the next."""

    def __init__(self, blocks: list[nn.Module], merging: Merging | None) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.downsample = merging

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to what the next stage takes."""
        for block in self.blocks:
            x = block(x)
        return x if self.downsample is None else self.downsample(x)


class TinyViT(ImageEncoder):
    """TinyViT (Wu et al. 2022) with SAM's neck, as MobileSAM (Zhang et al. 2023) trains it.

    Batch normalisation keeps the averages it was trained with, also while it learns: those of a few patches
    would make early previews jump.

    Parameters
    ----------
    size
        Of the network.
    window
        Side of a window, in working pixels; a multiple of the cells that lie side by side, 64 in SAM.

    Raises
    ------
    SketchcellError
        When the window does not fit.
    """

    def __init__(self, size: TinyViTSize, window: int) -> None:
        super().__init__()
        self.patch_embed = Stem(size.widths[0], size.stem)
        last = len(size.widths) - 1
        stages, scale = [], self.patch_embed.stride
        for number, (width, depth) in enumerate(zip(size.widths, size.depths, strict=True)):
            if number == 0:
                blocks: list[nn.Module] = [MBConv(width) for _ in range(depth)]
            else:
                attention = size.heads[number - 1], size.windows[number - 1]
                blocks = [TinyViTBlock(width, *attention) for _ in range(depth)]
            merging = None
            if number < last:
                merging = Merging(width, size.widths[number + 1], 1 if number == last - 1 else 2)
                scale *= merging.stride
            stages.append(Stage(blocks, merging))
        self.layers = nn.ModuleList(stages)
        self.neck = nn.Sequential(
            nn.Conv2d(size.widths[-1], size.channels, 1, bias=False),
            ChannelNorm(size.channels, eps=1e-6),
            nn.Conv2d(size.channels, size.channels, 3, padding=1, bias=False),
            ChannelNorm(size.channels, eps=1e-6),
        )
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
        self.window = window
        self.stride = cell_stride(window, math.ceil(size.image_size / scale))
        self.channels = size.channels
        self.view = Viewfinder(size.image_size, size.mean, size.deviation)

    def train(self, mode: bool = True) -> Self:
        """Learn or predict, in both cases with the batch normalisation's averages as they are."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, window, window) to (B, channels, window // stride, window // stride)."""
        x = self.patch_embed(self.view(x))
        for stage in self.layers:
            x = stage(x)
        embedding: Tensor = self.neck(x)
        return embedding
