"""Augmentation on tensors: turns and flips, and the light of a microscope."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from sketchcell.families import Target


@dataclass(frozen=True)
class Augmentation:
    """What is varied from patch to patch; flips and quarter turns always are.

    Attributes
    ----------
    rotated
        Share of the patches that also turn by any angle.
    zoom
        Patches are zoomed by a factor between 1 − zoom and 1 + zoom; only for families whose targets stay
        right then.
    gain
        Natural logarithm of the largest factor of intensities.
    shift
        Largest offset of normalised intensities.
    noise
        Largest standard deviation of added noise.
    inverted
        Share of the patches whose light is turned into dark (SAMCell).
    """

    # Tried with strokes on 10 % of five images: twice the gain and three times the shift cost up to .08 of
    # AP50 on some and brought up to .03 on others; noise of .05 drowned dim cells (.49 instead of .73).
    rotated: float = 0.7
    zoom: float = 0.0
    gain: float = 0.15
    shift: float = 0.05
    noise: float = 0.02
    inverted: float = 0.0


def move(
    images: Tensor, target: Target[Tensor], generator: torch.Generator, how: Augmentation
) -> tuple[Tensor, Target[Tensor]]:
    """Turn, flip and rotate each patch of a batch by itself, and its target with it.

    Parameters
    ----------
    images
        float32, shape (B, C, S, S), normalised intensities.
    target
        Shape (B, N, S, S). Vector fields turn with the image.
    generator
        Where the chances come from.
    how
        What is varied.
    """
    images, target, _ = turn(images, target, generator)
    images, planes = _rotate(images, target.data, _vectors(target.names), generator, how)
    return images, Target(target.names, planes)


def turn(
    images: Tensor, target: Target[Tensor], generator: torch.Generator, beside: Tensor | None = None
) -> tuple[Tensor, Target[Tensor], Tensor | None]:
    """Flip each patch of a batch and turn it by quarters, its target with it, and what lies beside them.

    Parameters
    ----------
    images, target, generator
        As for `move`.
    beside
        Shape (B, N, s, s): of the same patches, at another resolution, turned without a change of values.
    """
    vectors = _vectors(target.names)
    turns = torch.randint(0, 8, (images.shape[0],), generator=generator).tolist()
    images = torch.stack([_turn(image, code) for image, code in zip(images, turns, strict=True)])
    planes = torch.stack(
        [
            _turn_vectors(_turn(plane, code), code, vectors)
            for plane, code in zip(target.data, turns, strict=True)
        ]
    )
    if beside is not None:
        beside = torch.stack([_turn(one, code) for one, code in zip(beside, turns, strict=True)])
    return images, Target(target.names, planes), beside


def relight(images: Tensor, generator: torch.Generator, how: Augmentation) -> Tensor:
    """Change gain and offset of each patch and channel of (B, C, S, S), and add noise: another exposure."""
    count, channels = images.shape[:2]
    if how.inverted:
        turned = torch.rand(count, 1, 1, 1, generator=generator) < how.inverted
        images = torch.where(turned, 1 - images, images)
    gain = torch.exp((torch.rand(count, channels, 1, 1, generator=generator) * 2 - 1) * how.gain)
    shift = (torch.rand(count, channels, 1, 1, generator=generator) * 2 - 1) * how.shift
    strength = torch.rand(count, 1, 1, 1, generator=generator) * how.noise
    return images * gain + shift + torch.randn(images.shape, generator=generator) * strength


def _vectors(names: tuple[str, ...]) -> list[tuple[int, int]]:
    """Return the places of the components, y and x, of the vector fields among named planes."""
    return [(names.index(name), names.index(name[:-1] + "x")) for name in names if name.endswith("_y")]


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
    images: Tensor,
    planes: Tensor,
    vectors: list[tuple[int, int]],
    generator: torch.Generator,
    how: Augmentation,
) -> tuple[Tensor, Tensor]:
    """Rotate and zoom some patches: images bilinearly, targets to the nearest, weight 0 beyond the patch."""
    count = images.shape[0]
    angle = (torch.rand(count, generator=generator) * 2 - 1) * (math.pi / 4)
    angle = angle * (torch.rand(count, generator=generator) < how.rotated)
    cos, sin = torch.cos(angle), torch.sin(angle)
    step = 1 / (1 + (torch.rand(count, generator=generator) * 2 - 1) * how.zoom) if how.zoom else 1.0
    zero = torch.zeros_like(cos)
    # from places in the result, (x, y), to places in the patch
    places = torch.stack(
        [torch.stack([cos * step, -sin * step, zero], -1), torch.stack([sin * step, cos * step, zero], -1)], 1
    )  # (B, 2, 3)
    grid = F.affine_grid(places, list(images.shape), align_corners=False)
    images = F.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    planes = F.grid_sample(planes, grid, mode="nearest", padding_mode="zeros", align_corners=False)
    c, s = cos[:, None, None], sin[:, None, None]
    for y, x in vectors:
        v_y, v_x = planes[:, y].clone(), planes[:, x].clone()
        planes[:, y], planes[:, x] = c * v_y - s * v_x, s * v_y + c * v_x
    return images, planes
