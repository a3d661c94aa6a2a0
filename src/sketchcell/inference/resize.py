"""Images and labels at another size."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F


def resize_channels(channels: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Resize (C, H, W) bilinearly, smoothed where it shrinks; the same array if nothing changes."""
    if channels.shape[1:] == tuple(shape):
        return channels
    small = F.interpolate(torch.from_numpy(channels)[None], size=shape, mode="bilinear", antialias=True)[0]
    resized: NDArray[np.float32] = small.numpy()
    return resized


def resize_labels(labels: NDArray[np.int32], shape: tuple[int, int]) -> NDArray[np.int32]:
    """Resize (H, W) labels to the nearest; the same array if nothing changes."""
    if labels.shape == tuple(shape):
        return labels
    rows, columns = (
        ((2 * np.arange(new) + 1) * old) // (2 * new) for new, old in zip(shape, labels.shape, strict=True)
    )
    resized: NDArray[np.int32] = labels[rows[:, None], columns[None, :]]
    return resized
