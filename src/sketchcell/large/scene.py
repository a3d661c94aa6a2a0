"""A plane of an image as a network sees it, read a window at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.images import Limits, Normalization, Planes, as_channels, finite_channels, sampling_step
from sketchcell.inference import Progress, resize_window
from sketchcell.sketch import Window

_SIDE = 2048  # pixels of the windows in which intensities are looked at
_LARGEST_EVEN = 8192**2  # pixels of a plane whose light is evened out, which needs all of it at once


class Scene(Protocol):
    """What the tiles of a plane are read from."""

    @property
    def digest(self) -> str:
        """A hash of all pixels: equal ones are of equal images."""
        ...

    def read(self, window: Window) -> NDArray[np.float32]:
        """Return a window of the working image, normalised, (C, h, w)."""
        ...


@dataclass(frozen=True, eq=False)
class LazyScene:
    """Reads what it is asked for from a file or array, and nothing else.

    Attributes
    ----------
    planes, plane
        What is read.
    limits
        Intensities that become 0 and 1.
    working
        Height and width at which the network sees it.
    digest
        A hash of all pixels.
    """

    planes: Planes
    plane: tuple[int, ...]
    limits: Limits
    working: tuple[int, int]
    digest: str

    def read(self, window: Window) -> NDArray[np.float32]:
        """Return a window of the working image, normalised, (C, h, w)."""

        def normalised(part: Window) -> NDArray[np.float32]:
            return self.limits.apply(read_channels(self.planes, self.plane, part))

        return resize_window(normalised, self.planes.shape, self.working, window)


@dataclass(frozen=True, eq=False)
class HeldScene:
    """Reads from a normalised image (C, H, W) in memory."""

    channels: NDArray[np.float32]
    working: tuple[int, int]
    digest: str

    def read(self, window: Window) -> NDArray[np.float32]:
        """Return a window of the working image, (C, h, w)."""
        old = self.channels.shape[1], self.channels.shape[2]
        return resize_window(lambda part: self.channels[:, *part], old, self.working, window)


def opening_scene(
    planes: Planes, plane: tuple[int, ...], normalization: Normalization, working: tuple[int, int]
) -> Generator[Progress, None, Scene]:
    """Look at the intensities of a plane, and return it as a network sees it.

    All planes of a stack have the same scale: that of a sample of all of them.

    Raises
    ------
    SketchcellError
        When the plane is constant, holds NaN, or its light is to be evened out and it is too large for that.
    """
    sample = as_channels(planes.sample(), constant=True) if planes.leading else None
    if normalization.clahe:
        if planes.shape[0] * planes.shape[1] > _LARGEST_EVEN:
            height, width = planes.shape
            raise SketchcellError(
                "The model evens out the light (CLAHE), which needs the whole plane in memory, and this one "
                f"has {height} × {width} pixels; cut it into parts, or learn without that."
            )
        whole = read_channels(planes, plane, (slice(0, planes.shape[0]), slice(0, planes.shape[1])))
        normalised = normalization.apply(whole, sample)
        return HeldScene(
            normalised, working, hashlib.blake2b(np.ascontiguousarray(normalised).data).hexdigest()
        )
    measured, digest = yield from _measuring(planes, plane, normalization)
    limits = measured if sample is None else normalization.limits(sample)
    return LazyScene(planes, plane, limits, working, digest)


def read_channels(planes: Planes, plane: tuple[int, ...], window: Window) -> NDArray[np.float32]:
    """Return a window of a plane as float32 (C, h, w).

    Raises
    ------
    SketchcellError
        When it holds NaN or infinite values.
    """
    part = planes.read_window(plane, window)
    return finite_channels(part if part.ndim == 3 else part[np.newaxis])


def _measuring(
    planes: Planes, plane: tuple[int, ...], normalization: Normalization
) -> Generator[Progress, None, tuple[Limits, str]]:
    """Return the limits that the whole plane, held in memory, would have, and a hash of it."""
    height, width = planes.shape
    every = sampling_step(height), sampling_step(width)
    tops, lefts = range(0, height, _SIDE), range(0, width, _SIDE)
    samples, lows, highs, digest = [], [], [], hashlib.blake2b()
    for top in tops:
        for left in lefts:
            window = slice(top, min(top + _SIDE, height)), slice(left, min(left + _SIDE, width))
            channels = read_channels(planes, plane, window)
            digest.update(np.ascontiguousarray(channels).data)
            # the pixels of a regular grid that begins at the image's corner
            part = channels[:, -top % every[0] :: every[0], -left % every[1] :: every[1]]
            samples.append(part.reshape(len(channels), -1).copy())
            lows.append(channels.min((1, 2)))
            highs.append(channels.max((1, 2)))
            yield Progress(len(samples), len(tops) * len(lefts), "looking at intensities")
    low, high = np.min(lows, axis=0), np.max(highs, axis=0)
    if (low == high).all() and not planes.leading:
        raise SketchcellError(
            f"The image is constant (every pixel is {low[0]:g}); there is nothing to segment."
        )
    together = np.concatenate(samples, axis=1)
    limits = normalization.limits_of_sample(together, lambda channel: (low[channel], high[channel]))
    return limits, digest.hexdigest()
