"""Encoders that were trained on millions of images, as parts of networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sketchcell.networks.encoders.base import ImageEncoder
from sketchcell.networks.encoders.sam_vit import SamViT
from sketchcell.networks.encoders.sizes import SIZES, TinyViTSize, ViTSize, describe_size, encoder_size
from sketchcell.networks.encoders.tiny_vit import TinyViT


def build_encoder(variant: str | Mapping[str, Any], window: int = 256) -> ImageEncoder:
    """Return an encoder with random weights (torch's global generator).

    Parameters
    ----------
    variant
        One of `SIZES`, or a description as `describe_size` gives it.
    window
        Side of what it takes, in working pixels of an image.

    Raises
    ------
    SketchcellError
        When there is no such encoder, the window does not fit it, or a library is missing.
    """
    size = encoder_size(variant)
    return SamViT(size, window) if isinstance(size, ViTSize) else TinyViT(size, window)


__all__ = [
    "SIZES",
    "ImageEncoder",
    "SamViT",
    "TinyViT",
    "TinyViTSize",
    "ViTSize",
    "build_encoder",
    "describe_size",
    "encoder_size",
]
