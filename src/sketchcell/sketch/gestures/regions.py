"""Connected pixels, found at the cost of the window that they span, and what lies around them."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sketchcell.sketch.gestures.plane import Pixel, Plane
from sketchcell.sketch.window import Window, expand, union

Region = tuple[Window, NDArray[np.bool_]]
"""The tight window around connected pixels, and which of its pixels they are."""

_FIRST_MARGIN = 24
_ALIKE = 1 / 3  # intersection over union


def pixel_inside(at: tuple[float, float], shape: tuple[int, int]) -> Pixel | None:
    """Return the pixel of an image at a place, None if there is none."""
    if not np.isfinite(at).all():
        return None
    row, column = round(at[0]), round(at[1])
    return (row, column) if 0 <= row < shape[0] and 0 <= column < shape[1] else None


def instance_at(plane: Plane, at: tuple[float, float]) -> Region | None:
    """Return the instance under a place, diagonal neighbours counted as connected; None if there is none."""
    pixel = pixel_inside(at, plane.shape)
    if pixel is None or plane.instances[pixel] == 0:
        return None
    number = plane.instances[pixel]
    return connected(lambda window: plane.instances[window] == number, pixel, plane.shape, diagonal=True)


def instances_along(plane: Plane, path: NDArray[np.intp]) -> Iterator[Region]:
    """Yield the instances that a path (N, 2) of pixels runs through, in its order, each once."""
    left = path[plane.instances[path[:, 0], path[:, 1]] != 0]
    while len(left):
        region = instance_at(plane, (int(left[0, 0]), int(left[0, 1])))
        if region is None:
            raise AssertionError("a pixel with an instance has one")
        yield region
        left = left[~covers(region, left)]


def meant_instance(plane: Plane, region: Region) -> Region | None:
    """Return the instance that is much like `region`, None if there is none.

    It is the one with which `region` shares most, if that is a third of what the two cover together.
    """
    box, mask = region
    numbers, counts = np.unique(plane.instances[box][mask], return_counts=True)
    counts[numbers == 0] = 0
    number = numbers[counts.argmax()]
    if number == 0:
        return None
    rows, columns = np.nonzero(mask & (plane.instances[box] == number))
    found = instance_at(plane, (int(rows[0]) + box[0].start, int(columns[0]) + box[1].start))
    if found is None:
        raise AssertionError("a pixel with an instance has one")
    window = union([box, found[0]])
    one, other = placed(region, window), placed(found, window)
    alike = np.count_nonzero(one & other) / np.count_nonzero(one | other)
    return found if alike >= _ALIKE else None


def covers(region: Region, pixels: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which of `pixels` (N, 2) lie in `region`."""
    (rows, columns), mask = region
    at = pixels - (rows.start, columns.start)
    inside: NDArray[np.bool_] = np.all((at >= 0) & (at < mask.shape), axis=1)
    inside[inside] = mask[at[inside, 0], at[inside, 1]]
    return inside


def connected(
    holds: Callable[[Window], NDArray[np.bool_]], at: Pixel, shape: tuple[int, int], *, diagonal: bool
) -> Region:
    """Return the pixels that are connected with `at`.

    Parameters
    ----------
    holds
        Says of a window which pixels may belong to it; `at` must.
    at
        Where to begin.
    shape
        Of the image.
    diagonal
        Whether pixels that only touch at a corner are connected.
    """
    structure = np.ones((3, 3), np.bool_) if diagonal else None
    margin = _FIRST_MARGIN
    while True:
        window = expand((slice(at[0], at[0] + 1), slice(at[1], at[1] + 1)), margin, shape)
        parts, _ = ndimage.label(holds(window), structure=structure)
        mask = parts == parts[at[0] - window[0].start, at[1] - window[1].start]
        if not _goes_on(mask, window, shape):
            break
        margin *= 2
    rows, columns = ndimage.find_objects(mask.view(np.uint8))[0]
    top, left = window[0].start, window[1].start
    box = (slice(top + rows.start, top + rows.stop), slice(left + columns.start, left + columns.stop))
    return box, mask[rows, columns]


def placed(region: Region, window: Window) -> NDArray[np.bool_]:
    """Return `region` as a mask of `window`, which must hold it."""
    (rows, columns), mask = region
    whole = np.zeros((window[0].stop - window[0].start, window[1].stop - window[1].start), np.bool_)
    top, left = rows.start - window[0].start, columns.start - window[1].start
    whole[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
    return whole


def grown(mask: NDArray[np.bool_], steps: int = 1) -> NDArray[np.bool_]:
    """Return the pixels at most `steps` from `mask`, a diagonal step counted as one."""
    for _ in range(steps):
        tall = mask.copy()
        tall[1:] |= mask[:-1]
        tall[:-1] |= mask[1:]
        mask = tall.copy()
        mask[:, 1:] |= tall[:, :-1]
        mask[:, :-1] |= tall[:, 1:]
    return mask


def edges(numbers: NDArray[Any], *, diagonal: bool) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the pairs of neighbours that differ in `numbers`, for each direction, as flat indices.

    Each pair comes once, in one of its two orders. Diagonal neighbours come only if `diagonal`.
    """
    width, flat = numbers.shape[1], numbers.ravel()
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1))[: 4 if diagonal else 2]:
        step = down * width + right
        if step == 0:  # one column has no neighbours to the left
            continue
        one = np.flatnonzero(flat[:-step] != flat[step:])
        if right:  # rows are not rings
            one = one[one % width != (width - 1 if right > 0 else 0)]
        yield one, one + step


def pixels_of(path: NDArray[np.intp], window: Window) -> NDArray[np.intp]:
    """Return the pixels of a path (N, 2) that lie in `window`, counted from its corner."""
    corner = (window[0].start, window[1].start)
    size = (window[0].stop - window[0].start, window[1].stop - window[1].start)
    at = path - corner
    inside: NDArray[np.intp] = at[((at >= 0) & (at < size)).all(axis=1)]
    return inside


def _goes_on(mask: NDArray[np.bool_], window: Window, shape: tuple[int, int]) -> bool:
    """Tell whether `mask` reaches an edge of `window` that is not the image's."""
    rows, columns = window
    return bool(
        (rows.start > 0 and mask[0].any())
        or (rows.stop < shape[0] and mask[-1].any())
        or (columns.start > 0 and mask[:, 0].any())
        or (columns.stop < shape[1] and mask[:, -1].any())
    )
