"""Omnipose's distance field: a smooth solution of the eikonal equation inside each cell.

Pretrained Omnipose and Cellpose networks speak this language; the exact distance is better defined on a
sketch.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from sketchcell.sketch import PaintedObject

_CONVERGED = 1e-3  # mean squared change of an iteration, in pixels²
_SQRT2 = float(np.sqrt(2))

_Field = NDArray[np.float32]
_cache: WeakKeyDictionary[PaintedObject, _Field] = WeakKeyDictionary()


def smooth_field(one: PaintedObject) -> _Field:
    """Return the smooth distance of an object and its direction.

    The eikonal equation ‖∇φ‖ = 1 with φ = 0 outside is solved by iteration (Cutler et al., Nature Methods
    2022, Methods; the form in which Omnipose trains): on the cardinal and on the diagonal neighbours, in
    steps of h = 1 and √2, with a and b the smaller one of each opposing pair,

        φ = (a + b + √max(2h² − (a − b)², 0)) / 2,

    and the geometric mean of the two. The flow is ∇φ/‖∇φ‖, where there is a gradient, from both stencils.
    The image's edge is no boundary: beyond it the field goes on as it is at the edge.

    Parameters
    ----------
    one
        An object whose outline is known all round.

    Returns
    -------
    NDArray[np.float32]
        Shape (3, h, w) of the object's box: φ in pixels, flow y and x; 0 outside the object.
    """
    if one not in _cache:
        distance = _solve(one)
        _cache[one] = np.concatenate([distance[None], _direction(distance, one)])
    return _cache[one]


def _solve(one: PaintedObject) -> _Field:
    field = np.zeros(one.mask.shape, np.float32)
    for iteration in range(2 * sum(one.mask.shape) + 10):
        east, west, south, north = _neighbours(field, one, ((0, 1), (0, -1), (1, 0), (-1, 0)))
        se, nw, sw, ne = _neighbours(field, one, ((1, 1), (-1, -1), (1, -1), (-1, 1)))
        cardinal = _update(np.minimum(east, west), np.minimum(south, north), 1)
        diagonal = _update(np.minimum(se, nw), np.minimum(sw, ne), _SQRT2)
        new = np.sqrt(cardinal * diagonal) * one.mask
        if iteration == 0:
            around = _neighbours(new, one, [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)])
            new = np.mean(around, axis=0, dtype=np.float32) * one.mask
        change = float(((new - field) ** 2).sum()) / one.area
        field = new
        if change < _CONVERGED:
            break
    return field


def _update(a: _Field, b: _Field, step: float) -> _Field:
    root: _Field = np.sqrt(np.maximum(2 * step**2 - (a - b) ** 2, 0))
    return np.asarray((a + b + root) / 2, np.float32)


def _direction(field: _Field, one: PaintedObject) -> _Field:
    east, west, south, north = _neighbours(field, one, ((0, 1), (0, -1), (1, 0), (-1, 0)))
    se, nw, sw, ne = _neighbours(field, one, ((1, 1), (-1, -1), (1, -1), (-1, 1)))
    # a diagonal difference is 2√2 px long and counts for both axes by 1/√2
    down = (south - north) / 2 + ((se - nw) + (sw - ne)) / 4
    right = (east - west) / 2 + ((se - nw) - (sw - ne)) / 4
    gradient = np.stack([down, right]) * one.mask
    length = np.sqrt((gradient**2).sum(0))
    return np.asarray(gradient / np.maximum(length, 1e-6), np.float32)


def _neighbours(
    field: _Field, one: PaintedObject, offsets: list[tuple[int, int]] | tuple[tuple[int, int], ...]
) -> list[_Field]:
    """Return the field as pixels see it at each offset: 0 outside the object, continued at image edges."""
    padded = np.pad(field, 1)
    top, bottom, left, right = one.edges
    if top:
        padded[0] = padded[1]
    if bottom:
        padded[-1] = padded[-2]
    if left:
        padded[:, 0] = padded[:, 1]
    if right:
        padded[:, -1] = padded[:, -2]
    height, width = field.shape
    return [padded[1 + y : 1 + y + height, 1 + x : 1 + x + width] for y, x in offsets]
