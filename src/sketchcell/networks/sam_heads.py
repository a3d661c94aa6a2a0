"""From an encoder's embedding to maps."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sketchcell.networks.encoders.base import ImageEncoder
from sketchcell.networks.encoders.transformers_library import sam_library
from sketchcell.networks.local_contrast import LocalContrast
from sketchcell.networks.unet import Block

Head = Literal["full", "cut"]
EncoderMode = Literal["full", "lora", "frozen"]

_MASKS = 3  # of SAM's multimask output
_FIRST_SCALE = 0.1  # of masks, whose logits are about ten times as large as what maps begin with
_WIDTHS = (16, 32, 64, 64, 64)


class PromptlessDecoder(nn.Module):
    """SAM's mask decoder with the empty prompt, from the library `transformers`.

    Map k is mask k of the multimask output, each of which has a token of its own (SAMCell: one map, mask 0).
    Where there are more maps than SAM has masks, tokens are added. Masks have no bias: a scale and a shift
    each, which are learned, make them maps. What SAM predicts about the quality of its masks is left out.

    Parameters
    ----------
    encoder
        Whose embedding it takes.
    outputs
        Channels of the maps.
    depth, heads, mlp
        Of the decoder's transformer.

    Raises
    ------
    SketchcellError
        When `transformers` is missing.
    """

    no_mask: Tensor
    frequencies: Tensor

    def __init__(self, encoder: ImageEncoder, outputs: int, *, depth: int, heads: int, mlp: int) -> None:
        super().__init__()
        library = sam_library()
        channels = encoder.channels
        config = library.SamMaskDecoderConfig(
            hidden_size=channels,
            num_hidden_layers=depth,
            num_attention_heads=heads,
            mlp_dim=mlp,
            num_multimask_outputs=max(_MASKS, outputs),
            attn_implementation="sdpa",
        )
        self.decoder = library.SamMaskDecoder(config)
        self.decoder.iou_prediction_head = nn.Identity()
        # the prompt encoder, of which an empty prompt leaves this; it never learns
        self.register_buffer("no_mask", torch.randn(channels))
        self.register_buffer("frequencies", torch.randn(2, channels // 2))
        self.scale = nn.Parameter(torch.full((outputs,), _FIRST_SCALE))
        self.shift = nn.Parameter(torch.zeros(outputs))

    def forward(self, embedding: Tensor, image: Tensor) -> Tensor:
        """Draw maps.

        Parameters
        ----------
        embedding
            Of windows, shape (B, channels, h, w).
        image
            The windows, shape (B, C, window, window); only their size counts.

        Returns
        -------
        Tensor
            Shape (B, outputs, window, window).
        """
        masks, _ = self.decoder(
            image_embeddings=embedding,
            image_positional_embeddings=self._positions(embedding),
            sparse_prompt_embeddings=None,
            dense_prompt_embeddings=self.no_mask[:, None, None].expand_as(embedding),
            multimask_output=True,
        )  # (B, 1, masks, 4 h, 4 w)
        maps: Tensor = masks[:, 0, : len(self.scale)]
        if maps.shape[2:] != image.shape[2:]:
            maps = F.interpolate(maps, size=image.shape[2:], mode="bilinear")
        return maps * self.scale[:, None, None] + self.shift[:, None, None]

    def _positions(self, embedding: Tensor) -> Tensor:
        """Return sines and cosines of random frequencies of each cell's place; shape of the embedding."""
        y, x = ((torch.arange(n, device=embedding.device) + 0.5) * (2 / n) - 1 for n in embedding.shape[2:])
        places = torch.stack((x.expand(len(y), -1), y[:, None].expand(-1, len(x))), -1)  # (h, w, 2)
        angles = 2 * math.pi * (places.to(self.frequencies.dtype) @ self.frequencies)
        waves = torch.cat((angles.sin(), angles.cos()), -1).permute(2, 0, 1)  # (channels, h, w)
        return waves.expand_as(embedding)


class MapsFromEmbedding(nn.Module):
    """The upper half of a U-Net, whose depth is an encoder's embedding.

    Embeddings are coarse: the image itself, and its local contrast, tell where edges are. Each level halves
    the resolution, down to that of the embedding.

    Parameters
    ----------
    encoder
        Whose embedding it takes.
    inputs
        Channels of the image.
    outputs
        Channels of the maps.
    """

    def __init__(self, encoder: ImageEncoder, inputs: int, outputs: int) -> None:
        super().__init__()
        levels = max(1, math.ceil(math.log2(encoder.stride)))
        widths = (_WIDTHS + _WIDTHS[-1:] * levels)[:levels]
        self.contrast = LocalContrast()
        seen = (inputs * self.contrast.channels, *widths[:-1])
        self.down = nn.ModuleList(Block(before, after) for before, after in zip(seen, widths, strict=True))
        deeper = (*widths[1:], encoder.channels)
        self.lift = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(deeper, widths, strict=True))
        self.up = nn.ModuleList(Block(width, width) for width in widths)
        self.stride = 2 ** (levels - 1)  # of its poolings together
        self.head = nn.Conv2d(widths[0], outputs, 1)
        for parameter in self.head.parameters():  # a network that knows nothing says nothing
            nn.init.zeros_(parameter)

    def forward(self, embedding: Tensor, image: Tensor) -> Tensor:
        """Draw maps.

        Parameters
        ----------
        embedding
            Of windows, shape (B, channels, h, w).
        image
            The windows, shape (B, inputs, window, window).

        Returns
        -------
        Tensor
            Shape (B, outputs, window, window).
        """
        skips: list[Tensor] = []
        x = self.contrast(image)
        for level, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if level else x)
            skips.append(x)
        x = embedding
        for lift, block in zip(reversed(self.lift), reversed(self.up), strict=True):
            skip = skips.pop()
            x = block(F.interpolate(lift(x), size=skip.shape[2:], mode="bilinear") + skip)
        maps: Tensor = self.head(x)
        return maps
