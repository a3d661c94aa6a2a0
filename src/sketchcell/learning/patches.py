"""Training patches, drawn around what is painted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from sketchcell.families import Family, Target
from sketchcell.learning.example import Example
from sketchcell.learning.painted import KINDS

_SHARE = {"object": 0.5, "background": 0.25, "edge": 0.25}
_STENCIL = 1  # pixels around a patch that its targets depend on


def draw_patches(
    examples: Sequence[Example],
    family: Family,
    params: Any,
    *,
    side: int,
    batch: int,
    random: np.random.Generator,
) -> tuple[Tensor, Target[Tensor]]:
    """Draw a batch of square patches that each hold paint.

    Examples that hold paint are equally likely, then kinds of paint, then places. An image smaller than a
    patch is continued by reflection, without a target there.

    Parameters
    ----------
    examples
        At least one of them painted.
    family, params
        Make the targets.
    side
        Of a patch, in pixels.
    batch
        How many.
    random
        Where the chances come from.

    Returns
    -------
    images : Tensor
        float32, shape (batch, C, side, side).
    target : Target
        Shape (batch, N, side, side).
    """
    # everything may have been erased: then any place does, and nothing is taught there
    painted = [e for e in examples if any(e.tiles.total(kind) for kind in KINDS)] or examples
    images, planes = [], []
    names: tuple[str, ...] = ()
    for _ in range(batch):
        example = painted[int(random.integers(len(painted)))]
        corner = _corner(example, side, random)
        images.append(_cut_image(example.image, corner, side))
        target = _cut_target(example, family, params, corner, side)
        names = target.names
        planes.append(torch.from_numpy(target.data))
    return torch.stack(images), Target(names, torch.stack(planes))


def _corner(example: Example, side: int, random: np.random.Generator) -> tuple[int, int]:
    """Return the top left corner of a patch that holds a painted pixel; inside the image if it can be."""
    height, width = example.sketch.shape
    kinds = [kind for kind in KINDS if example.tiles.total(kind)]
    if kinds:
        shares = np.array([_SHARE[kind] for kind in kinds])
        place = example.tiles.draw(kinds[int(random.choice(len(kinds), p=shares / shares.sum()))], random)
    else:
        place = int(random.integers(height)), int(random.integers(width))
    jitter = random.integers(side // 8, side - side // 8, 2)
    return (
        min(max(place[0] - int(jitter[0]), 0), max(height - side, 0)),
        min(max(place[1] - int(jitter[1]), 0), max(width - side, 0)),
    )


def _cut_image(image: Tensor, corner: tuple[int, int], side: int) -> Tensor:
    top, left = corner
    patch = image[:, top : top + side, left : left + side]
    while patch.shape[1] < side or patch.shape[2] < side:
        # reflection can at most double an image, and cannot continue a single row
        missing = [min(side - n, n - 1) if n > 1 else side - n for n in patch.shape[1:]]
        mode = "reflect" if all(m < n for m, n in zip(missing, patch.shape[1:], strict=True)) else "replicate"
        patch = F.pad(patch[None], (0, missing[1], 0, missing[0]), mode=mode)[0]
    return patch


def _cut_target(
    example: Example, family: Family, params: Any, corner: tuple[int, int], side: int
) -> Target[NDArray[np.float32]]:
    """Encode a patch with its stencil around it; outside the image all weights are 0."""
    (top, left), (height, width) = corner, example.sketch.shape
    bottom, right = min(top + side, height), min(left + side, width)
    window = (
        slice(max(top - _STENCIL, 0), min(bottom + _STENCIL, height)),
        slice(max(left - _STENCIL, 0), min(right + _STENCIL, width)),
    )
    target = family.encode(example.sketch.crop(window), params)
    offset_y, offset_x = top - window[0].start, left - window[1].start
    data = np.zeros((len(target.names), side, side), np.float32)
    data[:, : bottom - top, : right - left] = target.data[
        :, offset_y : offset_y + bottom - top, offset_x : offset_x + right - left
    ]
    return Target(target.names, data)
