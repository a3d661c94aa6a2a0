"""Euler integration of a flow field, and clustering of where its paths end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_HOP = 4  # Euler steps of one pixel before an end point is rounded to the grid
_NEAR = 2  # of these, for judging whether two parts belong together
_DOUBLINGS = 6  # a path is followed for _HOP · 2^_DOUBLINGS pixels: longer than any cell is wide


def euler_hop(
    flow: NDArray[np.float32], mask: NDArray[np.bool_], steps: int = _HOP
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Follow the flow from every pixel of a mask for a few Euler steps.

    x_{l+1} = x_l + v[x_l] (Sketchpose, section 2.2.3, Δt = 1), v read bilinearly. A path that would leave the
    mask stays.

    Parameters
    ----------
    flow
        float32, shape (2, H, W), (y, x) components of at most unit length, pixels per step.
    mask
        bool, shape (H, W).
    steps
        How many Euler steps.

    Returns
    -------
    landed : NDArray[np.int64]
        For each pixel of the mask, in ``np.flatnonzero`` order, the index *within the mask's pixels* where
        its path is.
    velocity : NDArray[np.float32]
        Mean velocity along that path, shape (2, H, W), (y, x); 0 outside the mask.
    """
    height, width = mask.shape
    start = np.flatnonzero(mask)
    index = np.full(mask.size, -1, np.int64)
    index[start] = np.arange(start.size)
    rows, columns = np.divmod(start, width)
    field = _Field(flow)
    # How far paths have come, not where they are: a part of an image gives the same numbers as the whole.
    y, x = np.zeros((2, start.size), np.float32)
    for step in range(steps):
        move_y, move_x = field.read(rows, columns, y, x)
        y = np.clip(y + move_y, (-rows).astype(np.float32), (height - 1 - rows).astype(np.float32))
        x = np.clip(x + move_x, (-columns).astype(np.float32), (width - 1 - columns).astype(np.float32))
        if step + 1 == _NEAR:
            near = y, x
    landed = index[(rows + np.rint(y).astype(np.int64)) * width + columns + np.rint(x).astype(np.int64)]
    velocity = np.zeros((2, mask.size), np.float32)
    velocity[0, start], velocity[1, start] = near[0] / _NEAR, near[1] / _NEAR
    return np.where(landed >= 0, landed, np.arange(start.size)), velocity.reshape(2, height, width)


class _Field:
    """A vector field (2, H, W) that is read between pixels; both components in one look-up."""

    def __init__(self, flow: NDArray[np.float32]) -> None:
        # a row and a column more: at the image's edge a pixel's neighbour is itself
        padded = np.pad(flow, ((0, 0), (0, 1), (0, 1)), mode="edge")
        self._width = padded.shape[2]
        values = np.empty(padded.shape[1:], np.complex64)
        values.real, values.imag = padded
        self._values: NDArray[np.complex64] = values.ravel()

    def read(
        self,
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        y: NDArray[np.float32],
        x: NDArray[np.float32],
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the components bilinearly at rows + y, columns + x; all of shape (N,)."""
        above, left = np.floor(y), np.floor(x)
        down, across = y - above, x - left
        corner = (rows + above.astype(np.int64)) * self._width + columns + left.astype(np.int64)
        values, below = self._values, corner + self._width
        upper = values[corner] + (values[corner + 1] - values[corner]) * across
        lower = values[below] + (values[below + 1] - values[below]) * across
        found = upper + (lower - upper) * down
        return found.real, found.imag


def follow(hop: NDArray[np.int64], doublings: int = _DOUBLINGS) -> NDArray[np.int64]:
    """Compose a hop with itself 2^doublings times: long paths at the cost of a few look-ups."""
    for _ in range(doublings):
        hop = hop[hop]
    return hop


def cluster_end_points(end: NDArray[np.int64], mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Give pixels whose paths end in one connected spot one label.

    Parameters
    ----------
    end
        int64, shape (N,), the result of `follow`.
    mask
        bool, shape (H, W), with N pixels set.

    Returns
    -------
    labels : NDArray[np.int32]
        Shape (H, W), 0 outside the mask.
    count : int
        The number of labels.
    """
    pixels = np.flatnonzero(mask)
    spots = np.zeros(mask.size, bool)
    spots[pixels[end]] = True
    spot_labels = np.empty(mask.shape, np.int32)
    count = ndimage.label(spots.reshape(mask.shape), np.ones((3, 3), int), output=spot_labels)
    labels = np.zeros(mask.size, np.int32)
    labels[pixels] = spot_labels.ravel()[pixels[end]]
    return labels.reshape(mask.shape), int(count)
