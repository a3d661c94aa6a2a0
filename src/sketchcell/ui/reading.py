"""Planes of the project's images, read where they are needed: in the learner's thread, or another one."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sketchcell.images import Planes, as_channels
from sketchcell.ui.spot import Spot


class Reading:
    """Reads planes of images that are open, and of those that are only listed in the project.

    Parameters
    ----------
    open_entry
        Returns the planes of an image of the project that is not open; called in the reader's thread.
    """

    def __init__(self, open_entry: Callable[[str], Planes]) -> None:
        self._open_entry = open_entry
        self._planes: dict[str, Planes] = {}
        self._samples: dict[str, NDArray[np.float32] | None] = {}
        self._lock = threading.Lock()

    def use(self, entry: str, planes: Planes) -> None:
        """Read an image from these planes from now on: it is open, or its channels were chosen anew."""
        with self._lock:
            self._planes[entry] = planes
            self._samples.pop(entry, None)

    def forget(self) -> None:
        """Let go of all images."""
        with self._lock:
            self._planes.clear()
            self._samples.clear()

    def planes(self, entry: str) -> Planes:
        """Return an image plane by plane.

        Raises
        ------
        SketchcellError
            When its file is gone or cannot be read.
        """
        with self._lock:
            planes = self._planes.get(entry)
        if planes is None:
            planes = self._open_entry(entry)
            with self._lock:
                planes = self._planes.setdefault(entry, planes)
        return planes

    def plane(self, spot: Spot) -> NDArray[np.generic]:
        """Return the pixels of a plane, (H, W) or (C, H, W)."""
        return self.planes(spot.entry).read(spot.plane)

    def sample(self, spot: Spot) -> NDArray[np.float32] | None:
        """Return a part of all planes, by whose percentiles each is normalised; None for a single plane."""
        planes = self.planes(spot.entry)
        if not planes.leading:
            return None
        with self._lock:
            if spot.entry in self._samples:
                return self._samples[spot.entry]
        sample = as_channels(planes.sample(), constant=True)
        with self._lock:
            self._samples[spot.entry] = sample
        return sample
