"""Steps of a graph for any size of image, in plain tensor operations that every format knows."""

from __future__ import annotations

import torch
from torch import Tensor


def count(size: int, like: Tensor) -> Tensor:
    """Return a size as a tensor, int64, shape (1,): arithmetic with it stays part of the graph."""
    return torch.arange(size, device=like.device)[-1:] + 1


def scaled(size: int, numerator: int, denominator: int) -> int:
    """Return ``max(1, round(size · numerator / denominator))``, halves to the even number as Python does."""
    up = (2 * numerator * size + denominator) // (2 * denominator)
    down = (2 * numerator * size + denominator - 1) // (2 * denominator)
    return max(1, down + (up - down) * (down % 2))


def percentile(ordered: Tensor, percent: float) -> Tensor:
    """Return a percentile of values (…, N) that are in order, shape (…, 1), interpolated linearly."""
    last = count(ordered.shape[-1], ordered) - 1
    place = last.double() * (percent / 100)
    below = place.floor().long()
    above = torch.minimum(below + 1, last)
    low, high = ordered.index_select(-1, below), ordered.index_select(-1, above)
    return low + (high - low) * (place - below).to(ordered.dtype)


def normalized(image: Tensor, low: float, high: float, side: int) -> Tensor:
    """Map percentiles of each channel of images (B, C, H, W) to 0 and 1; see `images.Normalization`.

    The percentiles are those of at most about `side` rows and columns, on a regular grid.
    """
    height, width = image.shape[2], image.shape[3]
    rows = torch.arange(0, height, (height + side - 1) // side, device=image.device)
    columns = torch.arange(0, width, (width + side - 1) // side, device=image.device)
    sample = image.index_select(2, rows).index_select(3, columns).flatten(2)
    ordered = sample.sort(dim=-1)[0]
    bottom, top = percentile(ordered, low), percentile(ordered, high)  # (B, C, 1)
    flat = top <= bottom
    bottom = torch.where(flat, image.flatten(2).amin(-1, keepdim=True), bottom)
    top = torch.where(flat, image.flatten(2).amax(-1, keepdim=True), top)
    span = top - bottom
    factor = torch.where(span > 0, 1 / torch.where(span > 0, span, torch.ones_like(span)), 0 * span)
    return (image - bottom[..., None]) * factor[..., None]


def resized(image: Tensor, height: int, width: int) -> Tensor:
    """Resize (B, C, H, W) bilinearly, smoothed where it shrinks; see `inference.resize_channels`."""
    return _weights(image.shape[2], height, image) @ image @ _weights(image.shape[3], width, image).T


def filled(image: Tensor, stride: int) -> Tensor:
    """Continue (B, C, H, W) by reflection below and to the right, to multiples of a stride."""
    height, width = image.shape[2], image.shape[3]
    rows = _mirrored(height, (height + stride - 1) // stride * stride, image)
    columns = _mirrored(width, (width + stride - 1) // stride * stride, image)
    return image.index_select(2, rows).index_select(3, columns)


def widened(image: Tensor, least: int) -> Tensor:
    """Continue (B, C, H, W) by its last row and column, where a side is shorter than `least`."""
    if least > 1:
        for axis in (2, 3):
            size = image.shape[axis]
            places = torch.arange(max(size, least), device=image.device).clamp(max=size - 1)
            image = image.index_select(axis, places)
    return image


def cropped(image: Tensor, height: int, width: int) -> Tensor:
    """Return the first rows and columns of (B, C, H, W)."""
    rows = torch.arange(height, device=image.device)
    # not a slice: a slice that happens to take everything is another graph than one that does not
    return image.index_select(2, rows).index_select(3, torch.arange(width, device=image.device))


def _weights(before: int, after: int, like: Tensor) -> Tensor:
    """Return the matrix (after, before) that resizes a row of pixels."""
    ratio = count(before, like).double() / count(after, like).double()
    centre = (torch.arange(after, device=like.device) + 0.5) * ratio
    pixel = torch.arange(before, device=like.device) + 0.5
    weights = (1 - ((pixel[None] - centre[:, None]) / ratio.clamp(min=1)).abs()).clamp(min=0)
    return (weights / weights.sum(1, keepdim=True)).to(like.dtype)


def _mirrored(size: int, wanted: int, like: Tensor) -> Tensor:
    """Return which pixels of a row follow each other when it is reflected to and fro."""
    last = count(size, like) - 1
    place = torch.arange(wanted, device=like.device) % (2 * last).clamp(min=1)
    return torch.minimum(torch.minimum(place, 2 * last - place).clamp(min=0), last)
