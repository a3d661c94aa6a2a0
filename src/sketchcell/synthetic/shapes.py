"""Outlines of cells: round, ragged, rods, filaments."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Outline = NDArray[np.float64]

_POINTS = 64
_HARMONICS = np.arange(2, 8)


def _closed_wave(random: np.random.Generator, strength: float, decay: float) -> NDArray[np.float64]:
    """Return a random function on the circle, shape (64,), whose overtones fall by order to `decay`."""
    angle = np.linspace(0, 2 * math.pi, _POINTS, endpoint=False)
    size = strength * random.standard_normal(_HARMONICS.size) / (_HARMONICS - 1.0) ** decay
    phase = random.uniform(0, 2 * math.pi, _HARMONICS.size)
    wave: NDArray[np.float64] = (size[:, None] * np.cos(_HARMONICS[:, None] * angle + phase[:, None])).sum(0)
    return wave


def _blob(random: np.random.Generator, stretch: float, strength: float, decay: float) -> Outline:
    angle = np.linspace(0, 2 * math.pi, _POINTS, endpoint=False)
    radius = np.exp(np.clip(_closed_wave(random, strength, decay), -0.7, 0.7))
    return np.stack([radius * np.sin(angle) * stretch, radius * np.cos(angle)], 1)


def round_cell(random: np.random.Generator) -> Outline:
    """Return the outline of a nucleus or a yeast cell: an ellipse that is hardly dented."""
    return _blob(random, random.uniform(1, 1.7), random.uniform(0, 0.08), 1.5)


def ragged_cell(random: np.random.Generator) -> Outline:
    """Return the outline of an adherent cell: dented, drawn out, with protrusions."""
    return _blob(random, random.uniform(1, 2.5), random.uniform(0.1, 0.3), 1.0)


def rod(random: np.random.Generator, length: float | None = None) -> Outline:
    """Return the outline of a rod with round ends, straight or a little bent."""
    length = random.uniform(1.5, 6) if length is None else length
    return _tube(random, length, bend=random.uniform(0, 0.6))


def filament(random: np.random.Generator) -> Outline:
    """Return the outline of a long, winding cell."""
    return _tube(random, random.uniform(7, 20), bend=random.uniform(0.5, 2.5))


def _tube(random: np.random.Generator, length: float, bend: float) -> Outline:
    """Return a tube of width 2 and of a length in widths, whose direction wanders by `bend` radians."""
    count = _POINTS // 2
    wander = ndimage.gaussian_filter1d(random.standard_normal(count), count / 5, mode="nearest")
    direction = bend * (wander - wander.mean()) / (np.abs(wander - wander.mean()).max() + 1e-9)
    step = 2 * max(length - 1, 0.1) / count
    spine = np.cumsum(np.stack([np.sin(direction), np.cos(direction)], 1) * step, 0)
    across = np.stack([np.cos(direction), -np.sin(direction)], 1)
    width = np.exp(0.1 * random.uniform() * np.sin(np.linspace(0, 2 * math.pi, count)))[:, None]
    turn = np.linspace(math.pi / 2, -math.pi / 2, 10)[1:-1]
    caps = []
    for end, sign in ((-1, 1), (0, -1)):
        along = np.array([np.sin(direction[end]), np.cos(direction[end])])
        caps.append(
            spine[end]
            + width[end] * sign * (np.cos(turn)[:, None] * along + np.sin(turn)[:, None] * across[end])
        )
    return np.concatenate([spine + width * across, caps[0], (spine - width * across)[::-1], caps[1]])


SHAPES: dict[str, Callable[[np.random.Generator], Outline]] = {
    "round": round_cell,
    "ragged": ragged_cell,
    "rod": rod,
    "filament": filament,
}


def placed(outline: Outline, diameter: float, random: np.random.Generator) -> Outline:
    """Return an outline turned by any angle, around (0, 0), with the area of a disk of that diameter."""
    y, x = outline.T
    area = abs(float(np.dot(y, np.roll(x, 1)) - np.dot(x, np.roll(y, 1)))) / 2
    size = diameter / 2 * math.sqrt(math.pi / max(area, 1e-9))
    angle = random.uniform(0, 2 * math.pi)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    turned: Outline = (outline - outline.mean(0)) * size @ turn
    return turned
