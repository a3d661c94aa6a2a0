"""Augmentation on tensors: the eight turns and flips, and the light of a microscope."""

from __future__ import annotations

import torch
from torch import Tensor

from sketchcell.families import Target

_GAIN = 0.2
_SHIFT = 0.1
_NOISE = 0.03


def augment(
    images: Tensor, target: Target[Tensor], generator: torch.Generator
) -> tuple[Tensor, Target[Tensor]]:
    """Turn, flip and relight each patch of a batch by itself.

    Exact on the pixel grid, so that distances stay exact; vector fields turn with the image.

    Parameters
    ----------
    images
        float32, shape (B, C, S, S), normalised intensities.
    target
        Shape (B, N, S, S).
    generator
        Where the chances come from.
    """
    count, channels = images.shape[:2]
    turns = torch.randint(0, 8, (count,), generator=generator).tolist()
    vectors = [
        (target.names.index(name), target.names.index(name[:-1] + "x"))
        for name in target.names
        if name.endswith("_y")
    ]
    images = torch.stack([_turn(image, code) for image, code in zip(images, turns, strict=True)])
    planes = torch.stack(
        [
            _turn_vectors(_turn(plane, code), code, vectors)
            for plane, code in zip(target.data, turns, strict=True)
        ]
    )
    gain = torch.exp((torch.rand(count, channels, 1, 1, generator=generator) * 2 - 1) * _GAIN)
    shift = (torch.rand(count, channels, 1, 1, generator=generator) * 2 - 1) * _SHIFT
    noise = torch.randn(images.shape, generator=generator) * (
        torch.rand(count, 1, 1, 1, generator=generator) * _NOISE
    )
    return images * gain + shift + noise, Target(target.names, planes)


def _turn(x: Tensor, code: int) -> Tensor:
    """Apply one of the eight symmetries of the square to the last two axes: bit 0, 1 flip y, x; bit 2 transposes."""
    if code & 1:
        x = x.flip(-2)
    if code & 2:
        x = x.flip(-1)
    return x.transpose(-1, -2) if code & 4 else x


def _turn_vectors(planes: Tensor, code: int, vectors: list[tuple[int, int]]) -> Tensor:
    """Turn the components of vector fields as `_turn` turned their places."""
    if not code or not vectors:
        return planes
    planes = planes.clone()
    for y, x in vectors:
        v_y = -planes[y] if code & 1 else planes[y]
        v_x = -planes[x] if code & 2 else planes[x]
        planes[y], planes[x] = (v_x, v_y) if code & 4 else (v_y.clone(), v_x.clone())
    return planes
