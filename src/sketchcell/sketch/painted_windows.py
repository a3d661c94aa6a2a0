"""Windows around connected paint, so that a few strokes on a huge image cost little."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sketchcell.sketch.window import Window, area, expand, within

_TILE = 64


def painted_windows(
    labels: NDArray[np.int32], boundaries: NDArray[np.bool_]
) -> Iterator[tuple[Window, NDArray[np.bool_] | bool]]:
    """Yield windows with connected paint and a pixel around it, and the pixels each is to be used for."""
    height, width = labels.shape
    tiles = np.zeros((-(-height // _TILE), -(-width // _TILE)), np.bool_)
    starts = np.arange(0, width, _TILE)
    for row in range(tiles.shape[0]):
        strip = slice(row * _TILE, (row + 1) * _TILE)
        painted = labels[strip].any(axis=0) | boundaries[strip].any(axis=0)
        tiles[row] = np.logical_or.reduceat(painted, starts)
    groups, _ = ndimage.label(tiles, structure=np.ones((3, 3), np.bool_))
    boxes = ndimage.find_objects(groups)
    if sum(area(box) for box in boxes) > tiles.size:
        yield (slice(0, height), slice(0, width)), True
        return
    for group, (rows, columns) in enumerate(boxes, start=1):
        box = (
            slice(rows.start * _TILE, min(rows.stop * _TILE, height)),
            slice(columns.start * _TILE, min(columns.stop * _TILE, width)),
        )
        window = expand(box, 1, (height, width))
        own = groups[rows, columns] == group
        yield window, True if own.all() else _own_pixels(own, box, window)


def _own_pixels(own: NDArray[np.bool_], box: Window, window: Window) -> NDArray[np.bool_]:
    """Return the pixels of `window` that lie in the tiles `own` of `box`."""
    pixels = np.zeros((window[0].stop - window[0].start, window[1].stop - window[1].start), np.bool_)
    target = pixels[within(box, window)]
    full = own.repeat(_TILE, axis=0).repeat(_TILE, axis=1)
    target[...] = full[: target.shape[0], : target.shape[1]]
    return pixels
