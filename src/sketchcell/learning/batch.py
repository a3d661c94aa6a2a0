"""What one step learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sketchcell.families import Target


@dataclass(frozen=True)
class Batch:
    """Patches to learn from.

    Attributes
    ----------
    images
        float32, shape (B, C, S, S).
    target
        Shape (B, N, S, S).
    embeddings
        float16, shape (B, channels, s, s), for a network with a frozen encoder.
    """

    images: Tensor
    target: Target[Tensor]
    embeddings: Tensor | None = None


def together(batches: Sequence[Batch]) -> Batch:
    """Return several batches as one."""
    embeddings = [batch.embeddings for batch in batches if batch.embeddings is not None]
    return Batch(
        torch.cat([batch.images for batch in batches]),
        Target(batches[0].target.names, torch.cat([batch.target.data for batch in batches])),
        torch.cat(embeddings) if embeddings else None,
    )
