"""Augmentation on tensors: turns and flips, and the light of a microscope."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from sketchcell.families import Target

# Tried on one image of nuclei, once each: half of this light and twice as much were worse.
_GAIN = 0.3  # natural logarithm, at most
_SHIFT = 0.15
_NOISE = 0.05
_ROTATED = 0.7  # share of the patches that also turn by an angle


def move(images: Tensor, target: Target[Tensor], generator: torch.Generator) -> tuple[Tensor, Target[Tensor]]:
    """Turn, flip and rotate each patch of a batch by itself, and its target with it.

    Parameters
    ----------
    images
        float32, shape (B, C, S, S), normalised intensities.
    target
        Shape (B, N, S, S). Vector fields turn with the image.
    generator
        Where the chances come from.
    """
    vectors = [
        (target.names.index(name), target.names.index(name[:-1] + "x"))
        for name in target.names
        if name.endswith("_y")
    ]
    turns = torch.randint(0, 8, (images.shape[0],), generator=generator).tolist()
    images = torch.stack([_turn(image, code) for image, code in zip(images, turns, strict=True)])
    planes = torch.stack(
        [
            _turn_vectors(_turn(plane, code), code, vectors)
            for plane, code in zip(target.data, turns, strict=True)
        ]
    )
    images, planes = _rotate(images, planes, vectors, generator)
    return images, Target(target.names, planes)


def relight(images: Tensor, generator: torch.Generator) -> Tensor:
    """Change gain and offset of each patch and channel of (B, C, S, S), and add noise: another exposure."""
    count, channels = images.shape[:2]
    gain = torch.exp((torch.rand(count, channels, 1, 1, generator=generator) * 2 - 1) * _GAIN)
    shift = (torch.rand(count, channels, 1, 1, generator=generator) * 2 - 1) * _SHIFT
    strength = torch.rand(count, 1, 1, 1, generator=generator) * _NOISE
    return images * gain + shift + torch.randn(images.shape, generator=generator) * strength


def _turn(x: Tensor, code: int) -> Tensor:
    """Apply a symmetry of the square to the last two axes: bits 0 and 1 flip y and x, bit 2 transposes."""
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
        # copies: a view of one component would change when the other is written
        v_y = -planes[y] if code & 1 else planes[y].clone()
        v_x = -planes[x] if code & 2 else planes[x].clone()
        planes[y], planes[x] = (v_x, v_y) if code & 4 else (v_y, v_x)
    return planes


def _rotate(
    images: Tensor, planes: Tensor, vectors: list[tuple[int, int]], generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Rotate some patches by any angle: images bilinearly, targets to the nearest, weight 0 beyond the patch.

    A rotation keeps distances; a zoom would not keep the depth at which they are cut.
    """
    count = images.shape[0]
    angle = (torch.rand(count, generator=generator) * 2 - 1) * (math.pi / 4)
    angle = angle * (torch.rand(count, generator=generator) < _ROTATED)
    cos, sin = torch.cos(angle), torch.sin(angle)
    zero = torch.zeros_like(cos)
    # from places in the result, (x, y), to places in the patch
    places = torch.stack(
        [torch.stack([cos, -sin, zero], -1), torch.stack([sin, cos, zero], -1)], 1
    )  # (B, 2, 3)
    grid = F.affine_grid(places, list(images.shape), align_corners=False)
    images = F.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    planes = F.grid_sample(planes, grid, mode="nearest", padding_mode="zeros", align_corners=False)
    c, s = cos[:, None, None], sin[:, None, None]
    for y, x in vectors:
        v_y, v_x = planes[:, y].clone(), planes[:, x].clone()
        planes[:, y], planes[:, x] = c * v_y - s * v_x, s * v_y + c * v_x
    return images, planes
