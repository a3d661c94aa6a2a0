"""Weights of a CPnet from a seed, named as Cellpose names them, and images for it.

The whole file would be 26 MB: made from a seed, only images and maps need to be recorded.
"""

import numpy as np
import torch

WIDTHS = (32, 64, 128, 256)
#: Program, channels of the first layer, outputs, seed, whether it keeps a diameter in its file.
CASES = {
    "cellpose": ("cellpose", 2, 3, 1, True),
    "omnipose": ("omnipose", 2, 4, 2, False),
    "omnipose_grey": ("omnipose", 1, 3, 3, False),
    "omnipose_0": ("omnipose before 1.0", 2, 4, 4, False),
}


def cpnet_state(channels: int, outputs: int, seed: int, diameter: float | None = None) -> dict:
    """Return a state dict of a CPnet, float32."""
    random = np.random.RandomState(seed)  # whose numbers never change
    state = {}

    def norm(name, width):
        state[f"{name}.weight"] = 1 + 0.1 * random.randn(width)
        state[f"{name}.bias"] = 0.1 * random.randn(width)
        state[f"{name}.running_mean"] = 0.3 * random.randn(width)
        state[f"{name}.running_var"] = 0.5 + random.rand(width)
        state[f"{name}.num_batches_tracked"] = np.array(100)

    def layer(name, before, after, size):
        shape = (after, before, size, size) if size else (after, before)
        fan = before * max(size, 1) ** 2
        state[f"{name}.weight"] = random.randn(*shape) / np.sqrt(fan)
        state[f"{name}.bias"] = 0.1 * random.randn(after)

    def unit(name, before, after, size=3, place=2):
        norm(f"{name}.0", before)
        layer(f"{name}.{place}", before, after, size)

    before = channels
    for level, width in enumerate(WIDTHS):
        name = f"downsample.down.res_down_{level}"
        for part in range(4):
            unit(f"{name}.conv.conv_{part}", width if part else before, width)
        unit(f"{name}.proj", before, width, 1, 1)
        before = width
    for level, width in enumerate(WIDTHS):
        name = f"upsample.up.res_up_{level}"
        deeper = WIDTHS[min(level + 1, 3)]
        unit(f"{name}.conv.conv_0", deeper, width)
        for part in (1, 2, 3):
            unit(f"{name}.conv.conv_{part}.conv", width, width)
            layer(f"{name}.conv.conv_{part}.full", WIDTHS[-1], width, 0)
        unit(f"{name}.proj", deeper, width, 1, 1)
    unit("output", WIDTHS[0], outputs, 1)
    if diameter is not None:
        state["diam_mean"] = np.array([diameter])
        state["diam_labels"] = np.array([2 * diameter])
    return {
        name: torch.from_numpy(value.astype(np.int64 if name.endswith("tracked") else np.float32))
        for name, value in ((name, np.asarray(value)) for name, value in state.items())
    }


def image(channels: int, seed: int = 0, shape: tuple[int, int] = (48, 64)) -> np.ndarray:
    """Return a normalised image with structure, float32, shape (channels, H, W)."""
    random = np.random.RandomState(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    planes = [np.sin(y / (3 + c)) * np.cos(x / (4 - c)) + 0.2 * random.randn(*shape) for c in range(channels)]
    return np.stack(planes).astype(np.float32)
