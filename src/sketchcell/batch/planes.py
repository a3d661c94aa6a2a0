"""The planes of one image and the cells found in them: small ones in memory, large ones on the disk."""

from __future__ import annotations

import math
import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from sketchcell.batch.options import Options
from sketchcell.errors import SketchcellError
from sketchcell.images import Opened, Planes, as_channels
from sketchcell.inference import Progress
from sketchcell.large import Threads, Workers, segmenting_large
from sketchcell.learning import confidence, looking_again
from sketchcell.model import Model

_STEPS = 1000
_LARGE = 4096**2  # pixels of a plane: what is larger is segmented in tiles
_CHUNK = 1024
_WAIT = 0.1  # seconds
_UNNAMED = ("i", "q", "s", "r", "")
# Each takes all cores and as much memory as is good for one.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, eq=False)
class FoundPlanes:
    """Labels of all planes of an image, before anything is linked.

    Attributes
    ----------
    planes
        Each ``(H, W)``, in the order of the leading axes: NumPy, or zarr where planes are large.
    warnings
        What the person should know.
    confidence
        For each plane, how likely each of its cells is to be right, by label; None if it was not asked for.
    """

    planes: list[Any]
    warnings: tuple[str, ...] = ()
    confidence: list[NDArray[np.float32]] | None = None


def planes_for(opened: Opened, count: int, channels: Sequence[int] | None) -> Planes:
    """Return an image as planes with as many channels as a model takes.

    Where the file does not say what its only axis before rows and columns is, the model does: one that
    takes a single channel sees planes, one that takes as many channels as the axis is long sees channels.

    Raises
    ------
    SketchcellError
        If the image has another number of channels.
    """
    data = opened.data[0] if isinstance(opened.data, list) else opened.data
    said: dict[str, Any] = {}
    if len(opened.axes) == 3 and opened.axes[0] in _UNNAMED and not opened.rgb:
        enough = count if channels is None else max(channels) + 1
        fits = data.shape[0] == count if channels is None else data.shape[0] >= enough
        said["channel_axis"] = 0 if fits and enough > 1 else None
    chosen = None if channels is None else tuple(channels)
    planes = Planes(data, rgb=opened.rgb, axes=opened.axes, channels=chosen, **said)
    found = planes.channel_count if chosen is None else len(chosen)
    if found != count:
        raise SketchcellError(
            f"The image has {found} channel(s), but the model learned from images with {count}; give images "
            "of the same kind, or choose channels."
        )
    return planes


def segmenting_planes(
    model: Model, planes: Planes, options: Options, place: Path, work: Path, workers: Workers | None = None
) -> Generator[Progress, None, FoundPlanes]:
    """Segment all planes of an image, made equally bright.

    Parameters
    ----------
    model, planes, options
        What is to be done.
    place
        A folder for labels of large planes.
    work
        A folder for what of large planes is done so far; work that was stopped goes on there.
    workers
        Who does the tiles of large planes; None: threads.

    Yields
    ------
    Progress
        After each tile.
    """
    stack = bool(planes.leading)
    large = in_tiles(planes.shape, options)
    sample = as_channels(planes.sample(), constant=True) if stack and not large else None
    count, found = math.prod(planes.leading), []
    sure: list[NDArray[np.float32]] = []
    looks = 2 if options.confidence else 1
    warnings: list[str] = []
    for number, index in enumerate(np.ndindex(*planes.leading)):
        plane = tuple(map(int, index))
        if large:
            places = place / str(number), work / str(number)
            steps = _large_plane(model, planes, plane, options, *places, workers or Threads())
            labels, said = yield from _within(steps, number, count)
            warnings += said
        else:
            channels = as_channels(planes.read(plane), constant=stack)
            normalized = model.config.normalization.apply(channels, sample)
            maps = yield from _within(model.predicting_normalized(normalized), looks * number, looks * count)
            labels = model.decode(maps)
            if options.confidence:
                second = looking_again(model, normalized)
                again = yield from _within(second, looks * number + 1, looks * count)
                sure.append(confidence(labels, again))
        found.append(labels)
    known = sure if options.confidence and not large else None
    return FoundPlanes(found, tuple(dict.fromkeys(warnings)), known)


def in_tiles(shape: tuple[int, int], options: Options) -> bool:
    """Tell whether planes of a shape are segmented in tiles that are kept on the disk."""
    if options.tile is not None:
        return max(shape) > options.tile
    return math.prod(shape) > _LARGE


def _large_plane(
    model: Model,
    planes: Planes,
    plane: tuple[int, ...],
    options: Options,
    place: Path,
    work: Path,
    workers: Workers,
) -> Generator[Progress, None, tuple[zarr.Array[Any], tuple[str, ...]]]:
    while not _one_at_a_time.acquire(timeout=_WAIT):
        yield Progress(0, 1, "waiting")
    try:
        chunks = tuple(min(_CHUNK, side) for side in planes.shape)
        place.parent.mkdir(parents=True, exist_ok=True)
        work.parent.mkdir(parents=True, exist_ok=True)
        labels = zarr.create_array(place, shape=planes.shape, chunks=chunks, dtype=np.int32)
        found = yield from segmenting_large(
            model, planes, plane, labels, work=work, tile=options.tile, halo=options.halo, workers=workers
        )
    finally:
        _one_at_a_time.release()
    return labels, found.warnings


def _within(steps: Generator[Progress, None, Any], number: int, count: int) -> Generator[Progress, None, Any]:
    """Pass on the steps of one plane as steps of them all."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        share = (number + step.done / max(step.total, step.done, 1)) / count
        yield replace(step, done=round(_STEPS * share), total=_STEPS)


def together(labels: Sequence[Any], leading: tuple[int, ...]) -> Any:
    """Return planes as one array ``(…, H, W)``, lazy if they are."""
    if not leading:
        return labels[0]
    if all(isinstance(plane, np.ndarray) for plane in labels):
        stack: NDArray[Any] = np.stack(labels)
        return stack.reshape(*leading, *stack.shape[1:])
    import dask.array as da

    lazy = da.stack([da.from_array(plane, chunks=_CHUNK) for plane in labels])
    return lazy.reshape((*leading, *lazy.shape[1:]))
