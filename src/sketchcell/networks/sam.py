"""Segment Anything without prompts: an encoder that knows many images, and a head that draws maps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, get_args

from torch import Tensor, nn

from sketchcell.errors import SketchcellError
from sketchcell.networks.embedded import EmbeddedNetwork
from sketchcell.networks.encoders import build_encoder
from sketchcell.networks.encoders.low_rank import add_low_rank, is_low_rank, merge_low_rank
from sketchcell.networks.sam_heads import EncoderMode, Head, MapsFromEmbedding, PromptlessDecoder

_CAREFUL = 1e-4  # SAMCell's: faster, what the weights know is lost
_CAREFUL_LORA = 5e-4  # beside a head that begins anew


class Sam(EmbeddedNetwork):
    """SAM's image encoder (Kirillov et al. 2023) with its mask decoder, or with a light head of ours.

    It sees an image in windows, which its encoder enlarges to the size that it was trained at: 256 pixels to
    1024 in SAMCell. Larger inputs are parted into such windows.

    Parameters
    ----------
    inputs
        Channels of the image.
    outputs
        Channels of the maps.
    variant
        The encoder: ``vit-b``, ``vit-l``, ``vit-h`` (SAM), ``mobile-sam``, ``lite-medsam``, or a description
        as `sketchcell.networks.encoders.describe_size` gives it.
    head
        What draws maps from the embedding: ``full``, SAM's mask decoder with its empty prompt, as in SAMCell;
        or ``cut``, a few convolutions that see the image at full resolution as well.
    encoder
        How much of the encoder learns: ``full``, all of it; ``lora``, thin matrices beside the queries, keys
        and values of its attention; ``frozen``, nothing.
    rank
        Of those matrices.
    window
        Side of a window, in working pixels; a multiple of 64 for all published encoders.
    overlap
        Pixels that neighbouring windows share when an image is predicted: 64 in SAMCell, 32 of each window.
    decoder
        Of SAM's mask decoder: ``depth`` 2, ``heads`` 8, ``mlp`` 2048.

    Raises
    ------
    SketchcellError
        When an option is unknown or does not fit, or `transformers` is missing, which all but a ``cut``
        head on TinyViT (``mobile-sam``, ``lite-medsam``) needs.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        variant: str | Mapping[str, Any] = "mobile-sam",
        head: Head = "full",
        encoder: EncoderMode = "full",
        rank: int = 8,
        window: int = 256,
        overlap: int = 64,
        decoder: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__()
        _require("head", head, get_args(Head))
        _require("encoder", encoder, get_args(EncoderMode))
        for name, value, least in (("rank", rank, 1), ("window", window, 1), ("overlap", overlap, 0)):
            if type(value) is not int or value < least:
                raise SketchcellError(f"The {name} must be a whole number of at least {least}.")
        self.window = window
        self._overlap = overlap
        self.encoder = build_encoder(variant, window)
        self.head: nn.Module
        if head == "full":
            self.head = PromptlessDecoder(self.encoder, outputs, **_decoder_size(decoder))
        else:
            self.head = MapsFromEmbedding(self.encoder, inputs, outputs)
        if encoder == "frozen":
            self.encoder.requires_grad_(False)
        elif encoder == "lora":
            add_low_rank(self.encoder, rank)
        if head == "full" or encoder == "full":
            self.learning_rate = _CAREFUL
        elif encoder == "lora":
            self.learning_rate = _CAREFUL_LORA
        self.tuning_rate = self.learning_rate  # what it knows is in its encoder in any case

    @property
    def stride(self) -> int:
        """One window."""
        assert self.window is not None
        return self.window

    @property
    def reach(self) -> int:
        """An output pixel sees all of its window."""
        return self.stride

    @property
    def overlap(self) -> int:
        """Pixels that neighbouring windows share when an image is predicted."""
        return self._overlap

    @property
    def part_stride(self) -> int:
        """A ``cut`` head runs on parts of windows, SAM's mask decoder on whole ones only."""
        if isinstance(self.head, MapsFromEmbedding):
            return math.lcm(self.encoder.stride, self.head.stride)
        return self.stride

    def from_embedding(self, x: Tensor, embedding: Tensor) -> Tensor:
        """Map parts of windows to maps, the encoder's work being done."""
        maps: Tensor = self.head(embedding.to(x.dtype), x)
        return maps

    def adopt(self, state: Mapping[str, Tensor]) -> None:
        """Take the weights of a network of this kind, whichever part of its encoder learned."""
        missing, unexpected = self.load_state_dict(merge_low_rank(state), strict=False)
        if unexpected or not all(map(is_low_rank, missing)):
            raise RuntimeError(f"missing: {missing}; unexpected: {unexpected}")

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, inputs, H, W) to maps (B, outputs, H, W); H and W multiples of `stride`."""
        batch, channels, height, width = x.shape
        side = self.stride
        rows, columns = height // side, width // side
        x = x.reshape(batch, channels, rows, side, columns, side).permute(0, 2, 4, 1, 3, 5)
        x = x.reshape(-1, channels, side, side)  # (B · windows, inputs, window, window)
        maps: Tensor = self.head(self.encoder(x), x)
        maps = maps.reshape(batch, rows, columns, -1, side, side).permute(0, 3, 1, 4, 2, 5)
        return maps.reshape(batch, -1, height, width)


def _require(name: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise SketchcellError(f"There is no {name} {value!r} of SAM; choose from {', '.join(known)}.")


def _decoder_size(described: Mapping[str, int] | None) -> dict[str, int]:
    size = {"depth": 2, "heads": 8, "mlp": 2048}
    for name, value in (described or {}).items():
        if name not in size or type(value) is not int or value < 1:
            raise SketchcellError(f"SAM's mask decoder cannot have the {name} {value!r}.")
        size[name] = value
    return size
