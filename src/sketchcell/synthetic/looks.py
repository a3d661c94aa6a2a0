"""How drawn cells look under a microscope: in fluorescence, phase contrast, relief, and stained."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from edt import edt
from numpy.typing import NDArray
from scipy import ndimage

from sketchcell.synthetic.noise import Field, between, smooth_noise

Labels = NDArray[np.int32]
_HAEMATOXYLIN = np.array([0.65, 0.70, 0.29])
_EOSIN = np.array([0.07, 0.99, 0.11])


def _for_each_cell(random: np.random.Generator, labels: Labels, spread: float) -> Field:
    """Return a brightness around 1 for each cell, 0 outside."""
    values = np.exp(random.normal(0, spread, int(labels.max()) + 1)).astype(np.float32)
    values[0] = 0
    result: Field = values[labels]
    return result


def _depth(labels: Labels) -> tuple[Field, float]:
    """Return how far inside its cell each pixel lies, in pixels, and how far that is in a typical cell."""
    depth: Field = edt(labels.astype(np.uint32), black_border=False)
    inside = depth[labels > 0]
    return depth, max(float(np.percentile(inside, 90)), 1.0) if inside.size else 1.0


def _texture(random: np.random.Generator, labels: Labels, strength: float) -> Field:
    """Return granules of some size, as a factor around 1."""
    _, size = _depth(labels)
    fine = smooth_noise(random, labels.shape, max(0.7, size * between(random, 0.1, 0.5)))
    result: Field = np.exp(strength * fine).astype(np.float32)
    return result


def _exposed(random: np.random.Generator, light: Field, noise: float) -> Field:
    """Return an image as a camera takes it: blurred, unevenly lit, noisy."""
    blurred = ndimage.gaussian_filter(light, between(random, 0.3, 1.6))
    if random.uniform() < 0.5:
        blurred = blurred * np.exp(
            random.uniform(0, 0.4) * smooth_noise(random, light.shape, max(light.shape) / 3)
        )
    level = max(float(np.percentile(blurred, 99)), 1e-6)
    photons = between(random, 20, 2000)
    shot = random.poisson(np.clip(blurred / level, 0, 50) * photons) / photons
    result: Field = (shot + noise * random.standard_normal(light.shape)).astype(np.float32)
    return result


def fluorescence(random: np.random.Generator, labels: Labels) -> Field:
    """Return bright cells on a dark field, filled, textured, or lit at their rims."""
    depth, size = _depth(labels)
    cells = _for_each_cell(random, labels, random.uniform(0.05, 0.6))
    if random.uniform() < 0.25:  # a stained membrane
        rim = np.exp(-(((depth - 1) / (size * between(random, 0.1, 0.3))) ** 2))
        cells = cells * (random.uniform(0.05, 0.4) + rim)
    else:  # a dome, more or less flat
        cells = cells * (1 - np.exp(-depth / (size * between(random, 0.05, 1.0))))
    cells = cells * _texture(random, labels, random.uniform(0, 0.4))
    if random.uniform() < 0.3:  # bright grains inside
        grains = smooth_noise(random, labels.shape, max(0.7, size / 8)) > random.uniform(1.5, 2.5)
        cells = cells * (1 + random.uniform(-0.7, 1.5) * grains)
    haze = ndimage.gaussian_filter(cells, size * between(random, 0.5, 4)) * random.uniform(0, 0.5)
    ground = between(random, 0.005, 0.4) * np.exp(0.3 * smooth_noise(random, labels.shape, size * 3))
    return _exposed(
        random, cells + haze + ground + _specks(random, labels, size), between(random, 0.002, 0.06)
    )


def phase(random: np.random.Generator, labels: Labels) -> Field:
    """Return dark or bright cells with halos on a grey field."""
    depth, size = _depth(labels)
    mask = (labels > 0).astype(np.float32)
    cells = _for_each_cell(random, labels, random.uniform(0.05, 0.4))
    sign = random.choice([-1, -1, 1])
    body = cells * (1 - np.exp(-depth / (size * between(random, 0.05, 0.6)))) * random.uniform(0, 1)
    light = 1.0 + sign * 0.5 * body
    near = ndimage.gaussian_filter(mask, max(0.7, size * between(random, 0.1, 0.5)))
    halo = np.clip(near * (1 - mask), 0, None)
    light = light - sign * halo * random.uniform(0, 1.2)
    rim = np.exp(-(((depth - 1) / max(0.8, size * between(random, 0.05, 0.25))) ** 2)) * mask
    light = light + random.choice([-1, 1]) * rim * random.uniform(0, 0.5)
    grains = smooth_noise(random, labels.shape, max(0.7, size * between(random, 0.08, 0.4)))
    light = light + mask * grains * random.uniform(0, 0.25)
    if random.uniform() < 0.4:  # a nucleus, or a vacuole
        core = ndimage.gaussian_filter((depth > size * random.uniform(0.4, 0.8)).astype(np.float32), 1)
        light = light + core * random.uniform(-0.4, 0.4)
    ground = 0.05 * random.uniform() * smooth_noise(random, labels.shape, size * between(random, 0.2, 3))
    return _exposed(
        random, light + ground + 0.3 * _specks(random, labels, size), between(random, 0.002, 0.04)
    )


def relief(random: np.random.Generator, labels: Labels) -> Field:
    """Return cells lit from one side, as in differential interference contrast."""
    depth, size = _depth(labels)
    height = size * np.tanh(depth / size) * (labels > 0) * _texture(random, labels, random.uniform(0, 0.2))
    height = ndimage.gaussian_filter(height, between(random, 0.5, max(0.6, size / 4)))
    angle = random.uniform(0, 2 * np.pi)
    slope = np.sin(angle) * ndimage.sobel(height, 0) + np.cos(angle) * ndimage.sobel(height, 1)
    ground = 0.3 * smooth_noise(random, labels.shape, size * between(random, 0.3, 3)) * random.uniform()
    return _exposed(random, (3 + 0.2 * slope + ground + 0.1 * height).clip(0), between(random, 0.002, 0.03))


def stained(random: np.random.Generator, labels: Labels) -> Field:
    """Return dark nuclei in stained tissue, shape (3, H, W): red, green, blue."""
    _, size = _depth(labels)
    shape = labels.shape
    nuclei = _for_each_cell(random, labels, random.uniform(0.1, 0.5)) * _texture(
        random, labels, random.uniform(0.05, 0.5)
    )
    rim = np.exp(-(_depth(labels)[0] - 1) / 1.5) * (labels > 0)
    nuclei = ndimage.gaussian_filter(nuclei * (1 + random.uniform(0, 0.5) * rim), between(random, 0.4, 1.2))
    fibres = smooth_noise(random, shape, size * between(random, 0.1, 0.4))
    patches = smooth_noise(random, shape, size * between(random, 1, 4))
    tissue = np.clip(random.uniform(0.2, 1) + 0.3 * fibres + random.uniform(0, 0.6) * patches, 0, None)
    blue = np.clip(0.15 + 0.1 * fibres + 0.1 * patches, 0, None) * random.uniform(0, 1)
    stains = []
    for vector in (_HAEMATOXYLIN, _EOSIN):
        varied = np.clip(vector + random.normal(0, 0.08, 3), 0.02, None)
        stains.append((varied / np.linalg.norm(varied)).astype(np.float32)[:, None, None])
    density = stains[0] * (between(random, 0.4, 1.6) * nuclei + blue) + stains[1] * (
        between(random, 0.1, 0.7) * tissue
    )
    light = np.exp(-density).astype(np.float32)
    result: Field = (light + between(random, 0.005, 0.04) * random.standard_normal(light.shape)).astype(
        np.float32
    )
    return result


def _specks(random: np.random.Generator, labels: Labels, size: float) -> Field:
    """Return dirt that is no cell: points and smears."""
    dirt = np.zeros(labels.shape, np.float32)
    if random.uniform() < 0.5:
        return dirt
    count = int(random.integers(1, 30))
    rows, columns = (random.integers(0, side, count) for side in labels.shape)
    dirt[rows, columns] = random.exponential(1, count)
    spread = between(random, 0.5, max(0.6, size / 5))
    blurred: Field = ndimage.gaussian_filter(dirt, spread) * 2 * np.pi * spread**2 * random.uniform(0, 1)
    return blurred


LOOKS: dict[str, Callable[[np.random.Generator, Labels], Field]] = {
    "fluorescence": fluorescence,
    "phase": phase,
    "relief": relief,
    "stained": stained,
}
