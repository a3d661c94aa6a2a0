"""A network on an image of any size: overlapping tiles, blended."""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sketchcell.inference.progress import Progress
from sketchcell.networks import Network, mixed_precision

TILE = 512


def predict_tiles(
    network: Network,
    channels: NDArray[np.float32],
    activate: Callable[[Tensor], Tensor],
    tile: int = TILE,
) -> Generator[Progress, None, NDArray[np.float32]]:
    """Run a network over an image.

    Tiles overlap and are blended with a weight that falls linearly towards their rims. Besides the result,
    memory is that of one tile.

    Parameters
    ----------
    network
        In evaluation mode, on its device.
    channels
        float32, shape (C, H, W), normalised.
    activate
        Turns the network's outputs (B, N, h, w) into maps.
    tile
        Side of a tile, in pixels; a network that sees windows decides itself.

    Yields
    ------
    Progress
        After each tile.

    Returns
    -------
    NDArray[np.float32]
        Maps, shape (outputs, H, W).
    """
    height, width = channels.shape[1:]
    # windows may begin anywhere, tiles where the network's poolings do
    tile, step = (tile, network.stride) if network.window is None else (network.window, 1)
    overlap = max(1, min(network.overlap, tile // 2))
    tops, tall = _spans(height, tile, overlap, step)
    lefts, wide = _spans(width, tile, overlap, step)
    total = len(tops) * len(lefts)
    if total == 1:
        maps = run(network, channels, activate)
        yield Progress(1, 1, "predicting")
        return maps
    weight = _ramp(tall, overlap)[:, None] * _ramp(wide, overlap)[None, :]
    maps = np.zeros((0, height, width), np.float32)
    weights = np.zeros((height, width), np.float32)
    for number, (top, left) in enumerate((top, left) for top in tops for left in lefts):
        place = (slice(top, min(top + tall, height)), slice(left, min(left + wide, width)))
        part = run(network, channels[:, place[0], place[1]], activate)
        if number == 0:
            maps = np.zeros((part.shape[0], height, width), np.float32)
        share = weight[: part.shape[1], : part.shape[2]]
        maps[:, place[0], place[1]] += part * share
        weights[place] += share
        yield Progress(number + 1, total, "predicting")
    maps /= weights
    return maps


def run(
    network: Network, channels: NDArray[np.float32], activate: Callable[[Tensor], Tensor]
) -> NDArray[np.float32]:
    """Run a network on one tile (C, h, w) of any size; maps (outputs, h, w)."""
    height, width = channels.shape[1:]
    device = next(network.parameters()).device
    below, right = -height % network.stride, -width % network.stride
    # reflected to and fro where the image is smaller than what is missing
    whole = np.pad(channels, ((0, 0), (0, below), (0, right)), mode="reflect")
    x = torch.from_numpy(whole)[None].to(device)  # (1, C, h, w)
    x = x.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=mixed_precision(device)):
        outputs = network(x)[:, :, :height, :width].float()
        maps: NDArray[np.float32] = activate(outputs)[0].cpu().contiguous().numpy()
    return maps


def _spans(length: int, tile: int, overlap: int, step: int) -> tuple[list[int], int]:
    """Return where tiles start, and their length, so that they share a side evenly."""
    if length <= tile:
        return [0], length
    count = -(-(length - overlap) // (tile - overlap))
    starts = np.linspace(0, length - tile, count)
    return [int(start) // step * step for start in starts[:-1]] + [length - tile], tile


def _ramp(length: int, overlap: int) -> NDArray[np.float32]:
    """Return weights that fall towards both ends over the overlap, never to 0."""
    edge = np.arange(1, length + 1, dtype=np.float32)
    weights = np.minimum(np.minimum(edge, edge[::-1]), overlap) / overlap
    return weights.astype(np.float32)
