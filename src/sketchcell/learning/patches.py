"""Training patches, drawn around what is painted."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from sketchcell.families import Target
from sketchcell.learning.example import Example
from sketchcell.learning.held_out import HeldOut
from sketchcell.learning.painted import KINDS
from sketchcell.learning.targets import TargetCache
from sketchcell.sketch import Window

_SHARE = {"object": 0.5, "background": 0.25, "edge": 0.25}


def draw_patches(
    examples: Iterable[Example],
    targets: TargetCache,
    *,
    side: int,
    batch: int,
    random: np.random.Generator,
    held_out: HeldOut | None = None,
    judge: bool = False,
) -> tuple[Tensor, Target[Tensor]]:
    """Draw a batch of square patches that each hold paint.

    Examples that hold paint are equally likely, then kinds of paint, then places. An image smaller than a
    patch is continued by reflection, without a target there.

    Parameters
    ----------
    examples
        At least one of them painted.
    targets
        Of the examples, by their numbers.
    side
        Of a patch, in pixels.
    batch
        How many.
    random
        Where the chances come from.
    held_out
        Places that are not to be learned from: their weights are 0.
    judge
        Whether instead only what is held out has weight.

    Returns
    -------
    images : Tensor
        float32, shape (batch, C, side, side).
    target : Target
        Shape (batch, N, side, side).
    """
    # everything may have been erased: then any place does, and nothing is taught there
    examples = list(examples)
    painted = [one for one in examples if one.can_teach] or examples
    images, planes = [], []
    for _ in range(batch):
        example = painted[int(random.integers(len(painted)))]
        corner = _corner(example, side, random)
        images.append(cut_image(example.image, corner, side))
        window = _window(corner, side, example.sketch.shape)
        planes.append(cut_target(targets, example, window, side, held_out, judge))
    return torch.stack(images), Target(targets.names, torch.stack(planes))


def cut_target(
    targets: TargetCache,
    example: Example,
    window: Window,
    side: int,
    held_out: HeldOut | None,
    judge: bool,
) -> Tensor:
    """Return the planes of a patch's target, (N, side, side), with weights only where it may be learned from.

    Parameters
    ----------
    targets, side, held_out, judge
        As for `draw_patches`.
    example
        Where it lies.
    window
        The part of the patch that lies in the image, at the patch's top left.
    """
    target = targets.cut(example.number, example.sketch, window)
    if held_out is not None:
        learned = held_out.mask(example.number, window) == judge
        for weight in target.weights().values():
            weight *= learned
    return F.pad(torch.from_numpy(target.data), _missing(window, side))


def draw_place(
    example: Example, random: np.random.Generator, among: NDArray[np.bool_] | None = None
) -> tuple[int, int]:
    """Return a painted pixel, any if nothing is painted; see `PaintedTiles.draw` for `among`."""
    height, width = example.sketch.shape
    kinds = [kind for kind in KINDS if example.tiles.total(kind, among)]
    if not kinds:
        return int(random.integers(height)), int(random.integers(width))
    shares = np.array([_SHARE[kind] for kind in kinds])
    kind = kinds[int(random.choice(len(kinds), p=shares / shares.sum()))]
    return example.tiles.draw(kind, random, among)


def _corner(example: Example, side: int, random: np.random.Generator) -> tuple[int, int]:
    """Return the top left corner of a patch that holds a painted pixel; inside the image if it can be."""
    height, width = example.sketch.shape
    place = draw_place(example, random)
    jitter = random.integers(side // 8, side - side // 8, 2)
    return (
        min(max(place[0] - int(jitter[0]), 0), max(height - side, 0)),
        min(max(place[1] - int(jitter[1]), 0), max(width - side, 0)),
    )


def cut_image(image: Tensor, corner: tuple[int, int], side: int) -> Tensor:
    """Return a square of an image (C, H, W), continued by reflection where the image is smaller."""
    top, left = corner
    patch = image[:, top : top + side, left : left + side]
    while patch.shape[1] < side or patch.shape[2] < side:
        # reflection can at most double an image, and cannot continue a single row
        missing = [min(side - n, n - 1) if n > 1 else side - n for n in patch.shape[1:]]
        mode = "reflect" if all(m < n for m, n in zip(missing, patch.shape[1:], strict=True)) else "replicate"
        patch = F.pad(patch[None], (0, missing[1], 0, missing[0]), mode=mode)[0]
    return patch


def _window(corner: tuple[int, int], side: int, shape: tuple[int, int]) -> Window:
    rows, columns = (
        slice(start, min(start + side, length)) for start, length in zip(corner, shape, strict=True)
    )
    return rows, columns


def _missing(window: Window, side: int) -> tuple[int, int, int, int]:
    """Return the padding that makes a window at the image's edge a whole patch."""
    rows, columns = window
    return 0, side - (columns.stop - columns.start), 0, side - (rows.stop - rows.start)
