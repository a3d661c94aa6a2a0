"""Euler integration of a flow field, and clustering of where its paths end."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

_HOP = 4  # Euler steps of one pixel before an end point is rounded to the grid
_NEAR = 2  # of these, for judging whether two parts belong together
_DOUBLINGS = 6  # a path is followed for _HOP · 2^_DOUBLINGS pixels: longer than any cell is wide


def euler_hop(
    flow: NDArray[np.float32], mask: NDArray[np.bool_], steps: int = _HOP
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Follow the flow from every pixel of a mask for a few Euler steps.

    x_{l+1} = x_l + v[x_l] (Sketchpose, section 2.2.3, Δt = 1), v read bilinearly. A path that would leave the
    mask stays.

    Parameters
    ----------
    flow
        float32, shape (2, H, W), (y, x) components of at most unit length, pixels per step.
    mask
        bool, shape (H, W).
    steps
        How many Euler steps.

    Returns
    -------
    landed : NDArray[np.int64]
        For each pixel of the mask, in ``np.flatnonzero`` order, the index *within the mask's pixels* where
        its path is.
    velocity : NDArray[np.float32]
        Mean velocity along that path, shape (2, H, W), (y, x); 0 outside the mask.
    """
    height, width = mask.shape
    start = np.flatnonzero(mask)
    index = np.full(mask.size, -1, np.int64)
    index[start] = np.arange(start.size)
    y0, x0 = np.divmod(start, width)
    size = torch.tensor([2 / max(width - 1, 1), 2 / max(height - 1, 1)])
    position = torch.from_numpy(np.stack([x0, y0], -1).astype(np.float32))  # (N, 2)
    # grid_sample wants (x, y) in [-1, 1]
    field = torch.from_numpy(np.ascontiguousarray(flow[::-1]))[None]  # (1, 2, H, W)
    for step in range(steps):
        if step == 0:
            move = field[0].reshape(2, -1)[:, torch.from_numpy(start)].T
        else:
            grid = (position * size - 1)[None, None]  # (1, 1, N, 2)
            move = torch.nn.functional.grid_sample(
                field, grid, mode="bilinear", padding_mode="border", align_corners=True
            )[0, :, 0].T
        position = position + move
        position[:, 0].clamp_(0, width - 1)
        position[:, 1].clamp_(0, height - 1)
        if step + 1 == _NEAR:
            near = position.numpy().copy()
    end = position.round().to(torch.int64).numpy()
    landed = index[end[:, 1] * width + end[:, 0]]
    velocity = np.zeros((2, mask.size), np.float32)
    velocity[0, start] = (near[:, 1] - y0) / _NEAR
    velocity[1, start] = (near[:, 0] - x0) / _NEAR
    return np.where(landed >= 0, landed, np.arange(start.size)), velocity.reshape(2, height, width)


def follow(hop: NDArray[np.int64], doublings: int = _DOUBLINGS) -> NDArray[np.int64]:
    """Compose a hop with itself 2^doublings times: long paths at the cost of a few look-ups."""
    for _ in range(doublings):
        hop = hop[hop]
    return hop


def cluster_end_points(end: NDArray[np.int64], mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Give pixels whose paths end in one connected spot one label.

    Parameters
    ----------
    end
        int64, shape (N,), the result of `follow`.
    mask
        bool, shape (H, W), with N pixels set.

    Returns
    -------
    labels : NDArray[np.int32]
        Shape (H, W), 0 outside the mask.
    count : int
        The number of labels.
    """
    pixels = np.flatnonzero(mask)
    spots = np.zeros(mask.size, bool)
    spots[pixels[end]] = True
    spot_labels = np.empty(mask.shape, np.int32)
    count = ndimage.label(spots.reshape(mask.shape), np.ones((3, 3), int), output=spot_labels)
    labels = np.zeros(mask.size, np.int32)
    labels[pixels] = spot_labels.ravel()[pixels[end]]
    return labels.reshape(mask.shape), int(count)
