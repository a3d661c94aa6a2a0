"""The prior, fitted to images: it looks for the size at which it knows the objects best."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sketchcell.images import as_channels
from sketchcell.inference import Maps, Progress
from sketchcell.model import Model
from sketchcell.networks.scale import WORKING_DIAMETER, working_scale
from sketchcell.pretrained.prior import prior_model
from sketchcell.sketch import Diameter

_SCALES = (2.0, 1.0, 0.5, 0.25, 0.125)
_SIDE = 384  # pixels of the part that is looked at, at each scale
_KNOWN = (0.6, 1.7)  # of the working diameter: objects that the prior has seen in that size
_FARTHER = 1.15  # times, for each factor of two in size, must another size be better to be believed
_UNKNOWN = 0.5  # agreement with nothing
_LEAST = 3  # objects, to say anything about their size
_MOST_IMAGES = 3
_SMALLEST = 64  # pixels of the shorter side, at which there is something to see
_SPECK = 0.2  # of a large object's area


def prior_for(
    images: Sequence[NDArray[np.generic]], family: str, params: Any = None
) -> Generator[Progress, None, Model]:
    """Return the prior of a family at the scale that the images ask for.

    Parameters
    ----------
    images
        Of one kind, at least one; the first few are looked at.
    family, params
        As in `prior_model`.

    Yields
    ------
    Progress
        After each look.
    """
    looked_at = [as_channels(image) for image in images[:_MOST_IMAGES]]
    diameters = []
    for channels in looked_at:
        diameter = yield from estimated_diameter(channels)
        if diameter is not None:
            diameters.append(diameter)
    model = prior_model(family, looked_at[0].shape[0], params)
    size = Diameter(float(np.median(diameters)) if diameters else None, 0.0, len(diameters))
    scale = working_scale(size)
    return Model(replace(model.config, scale=scale), model.network)


def estimated_diameter(channels: NDArray[np.float32]) -> Generator[Progress, None, float | None]:
    """Return the typical diameter of what the prior takes for cells, in pixels; None if it finds too few.

    The image is looked at in several sizes. Those count in which objects come out as large as those that the
    prior knows. Among them the one is believed at which its flow is longest, as it is where the prior is
    sure, and which agrees with what is found in the next size: a clump of cells looks like one large cell,
    and a grain like a small one, but not in every size. The nearer to the image's own size, the better.

    Parameters
    ----------
    channels
        float32, shape (C, H, W): an image, not normalised.
    """
    model = prior_model("flow", channels.shape[0])
    normalization = model.config.normalization
    looks: list[_Look] = []
    scales = [scale for scale in _SCALES if scale >= 1 or min(channels.shape[1:]) * scale >= _SMALLEST]
    for number, scale in enumerate(scales):
        part = normalization.apply(_eventful_part(channels, round(_SIDE / scale)), channels)
        maps = yield from Model(replace(model.config, scale=scale), model.network).predicting_normalized(part)
        diameter, sure = _typical(maps, model)
        looks.append(_Look(scale, None if diameter is None else diameter / scale, sure))
        yield Progress(number + 1, len(scales), "looking")
    best: tuple[float, float] | None = None
    for finer, look, coarser in zip([None, *looks], looks, [*looks[1:], None], strict=False):
        if look.diameter is None:
            continue
        if not _KNOWN[0] < look.diameter * look.scale / WORKING_DIAMETER < _KNOWN[1]:
            continue
        agreed = max(look.agreement(finer), look.agreement(coarser))
        score = look.sure * agreed / _FARTHER ** abs(math.log2(look.scale))
        if best is None or score > best[0]:
            best = score, look.diameter
    return None if best is None else best[1]


@dataclass(frozen=True)
class _Look:
    """What was found in one size of an image; the diameter in pixels of the image."""

    scale: float
    diameter: float | None
    sure: float

    def agreement(self, other: _Look | None) -> float:
        """Return how well the diameters agree, 0…1."""
        if other is None or other.diameter is None or self.diameter is None:
            return _UNKNOWN
        return min(self.diameter / other.diameter, other.diameter / self.diameter)


def _eventful_part(channels: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Return the square of an image in which most differs from the rest; the whole of a small one."""
    height, width = channels.shape[1:]
    if height <= side and width <= side:
        return channels
    step = max(1, side // 16)
    coarse = channels[:, ::step, ::step].mean(0)
    events = ndimage.uniform_filter(np.abs(coarse - np.median(coarse)), side // step, mode="constant")
    row, column = np.unravel_index(int(events.argmax()), events.shape)
    top, left = (
        min(max(int((place + 0.5) * step) - side // 2, 0), max(length - side, 0))
        for place, length in zip((row, column), (height, width), strict=True)
    )
    return np.ascontiguousarray(channels[:, top : top + side, left : left + side])


def _typical(maps: Maps, model: Model) -> tuple[float | None, float]:
    """Return a typical object's diameter in pixels of the maps, if there are a few, and how sure that is."""
    labels = model.family.decode(maps.values, model.config.params)
    areas = np.bincount(labels.ravel())[1:]
    if not areas.size:
        return None, 0.0
    # specks are not objects: those are left out that are small beside what a pixel of a cell belongs to
    by_size = np.sort(areas)
    large = by_size[np.searchsorted(np.cumsum(by_size), by_size.sum() / 2)]
    objects = areas[areas > _SPECK * large]
    length = np.sqrt((maps.values[1:] ** 2).sum(0))[labels > 0]
    if objects.size < _LEAST:
        return None, 0.0
    return 2 * math.sqrt(float(np.median(objects)) / math.pi), float(length.mean())
