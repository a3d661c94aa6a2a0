"""The flow of the exact distance, where a partial sketch determines it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def exact_flow(
    labels: NDArray[np.int32],
    boundaries: NDArray[np.bool_],
    distance: NDArray[np.float32],
    valid: NDArray[np.bool_],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return v* = ∇d*/max(‖∇d*‖, 1) inside cells, and where it is known.

    Sketchpose normalises by ‖∇d*‖. The two agree where the distance has a gradient, whose length is 1; on the
    ridge, where it has none, the stencil sees a short one, and to stretch that to length 1 would be noise.
    Short flows on the ridge also tell a cell's narrow neck from the contact of two cells.

    Seen from a pixel, a neighbour of another label or on a boundary has distance 0; an unpainted one is
    unknown, and with it the gradient. At the image's edge the difference is one-sided.
    """
    inside = (labels > 1) & valid & ~boundaries
    gradient = np.zeros((2, *labels.shape), np.float32)
    sure = inside.copy()
    for axis in (0, 1):
        # what each pixel sees on its two sides along the axis
        forward, forward_known, has_next = _seen(labels, boundaries, distance, valid, axis, 1)
        backward, backward_known, has_previous = _seen(labels, boundaries, distance, valid, axis, -1)
        step = has_next.astype(np.float32) + has_previous
        high = np.where(has_next, forward, distance)
        low = np.where(has_previous, backward, distance)
        gradient[axis] = (high - low) / np.maximum(step, 1)
        sure &= (forward_known | ~has_next) & (backward_known | ~has_previous)
    norm = np.sqrt((gradient**2).sum(0))
    flow = gradient / np.maximum(norm, 1) * sure
    return flow, sure


def _seen(
    labels: NDArray[np.int32],
    boundaries: NDArray[np.bool_],
    distance: NDArray[np.float32],
    valid: NDArray[np.bool_],
    axis: int,
    offset: int,
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return a neighbour's distance as a pixel sees it, whether it is known, and whether there is one."""
    here = [slice(None), slice(None)]
    there = [slice(None), slice(None)]
    here[axis] = slice(None, -1) if offset > 0 else slice(1, None)
    there[axis] = slice(1, None) if offset > 0 else slice(None, -1)
    h, t = tuple(here), tuple(there)
    value = np.zeros(labels.shape, np.float32)
    known = np.zeros(labels.shape, bool)
    exists = np.zeros(labels.shape, bool)
    same = (labels[h] == labels[t]) & ~boundaries[t]
    value[h] = np.where(same, distance[t], 0)
    known[h] = np.where(same, valid[t], (labels[t] > 0) | boundaries[t])
    exists[h] = True
    return value, known, exists
