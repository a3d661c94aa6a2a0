"""A network on an image of any size: overlapping tiles, blended."""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sketchcell.inference.grid import TILE, blend, tile_grid
from sketchcell.inference.progress import Progress
from sketchcell.networks import Network, mixed_precision


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
    grid = tile_grid(network, (height, width), tile)

    def maps_of(number: int) -> NDArray[np.float32]:
        rows, columns = grid.windows[number]
        return run(network, channels[:, rows, columns], activate)

    return (yield from blend(grid, maps_of))


def fill(channels: NDArray[np.float32], network: Network) -> NDArray[np.float32]:
    """Continue an image (C, h, w) by reflection below and to the right, to a size that a network takes."""
    below, right = (-length % network.stride for length in channels.shape[1:])
    # reflected to and fro where the image is smaller than what is missing
    filled: NDArray[np.float32] = np.pad(channels, ((0, 0), (0, below), (0, right)), mode="reflect")
    return filled


def run(
    network: Network, channels: NDArray[np.float32], activate: Callable[[Tensor], Tensor]
) -> NDArray[np.float32]:
    """Run a network on one tile (C, h, w) of any size; maps (outputs, h, w)."""
    height, width = channels.shape[1:]
    device = next(network.parameters()).device
    x = torch.from_numpy(fill(channels, network))[None].to(device)  # (1, C, h, w)
    x = x.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=mixed_precision(device)):
        outputs = network(x)[:, :, :height, :width].float()
        maps: NDArray[np.float32] = activate(outputs)[0].cpu().contiguous().numpy()
    return maps
