"""The valid distance set of a partial annotation, and bounds elsewhere.

Sketchpose (Cazorla et al., MELBA 2025), Theorem 4, in its discrete form. For a painted pixel x, `same` are
the pixels with x's label that are not on a manual boundary, `different` those with another label or on a
boundary; the rest is unknown. With d_diff and d_unk the Euclidean distances from x to the nearest different
and the nearest unknown pixel,

    D = {x painted : d_diff(x) <= d_unk(x)},

the distance to the true edge is d_diff on D, and min(d_diff, d_unk) is a lower bound of it on every painted
pixel. The edge of the image is not a boundary of anything.

One multi-label distance transform gives min(d_diff, d_unk) at once. All pixels that are closer to x than its
nearest non-same pixel are `same`, so that nearest pixel touches x's connected component: windows around
connected paint are computed on their own, exactly, and so is what a stroke changes.
"""

import os
from dataclasses import dataclass
from math import hypot, isqrt

import edt
import numpy as np
from numpy.typing import NDArray

from sketchcell.sketch.painted_windows import painted_windows
from sketchcell.sketch.window import Window

_PARALLEL_AREA = 512 * 512
_THREADS = min(os.cpu_count() or 1, 8)


@dataclass(frozen=True)
class ValidDistances:
    """Distances to the edge of the object or background that a painted pixel belongs to, in pixels.

    Attributes
    ----------
    distance
        float32 (H, W). Exact where `valid`; a lower bound on the other painted pixels; 0 where nothing is
        painted. Between the centres of pixels: a pixel beside the edge has 1. Where the whole image is
        painted with a single label and no boundary, no edge exists, and the distance is the image's diagonal:
        more than any other.
    valid
        bool (H, W). The valid distance set D.
    """

    distance: NDArray[np.float32]
    valid: NDArray[np.bool_]

    def crop(self, window: Window) -> "ValidDistances":
        """Return a copy of `window`."""
        return ValidDistances(self.distance[window].copy(), self.valid[window].copy())


def valid_distances(labels: NDArray[np.int32], boundaries: NDArray[np.bool_]) -> ValidDistances:
    """Compute the valid distance set of a sketch.

    Parameters
    ----------
    labels
        int (H, W); 0 unlabelled, 1 background, 2 and more objects.
    boundaries
        bool (H, W); lines drawn between touching objects, on painted or unpainted pixels.

    Returns
    -------
    ValidDistances
        Exact for distances up to 4096 px (squared distances are integers in single precision); beyond, to
        1e-3 px.
    """
    shape = (labels.shape[0], labels.shape[1])
    distances = ValidDistances(np.zeros(shape, np.float32), np.zeros(shape, np.bool_))
    for window, own in painted_windows(labels, boundaries):
        distance, valid = solve(labels[window], boundaries[window])
        np.copyto(distances.distance[window], distance, where=own)
        np.copyto(distances.valid[window], valid, where=own)
    return bounded(distances, (slice(0, shape[0]), slice(0, shape[1])))


def solve(
    labels: NDArray[np.int32], boundaries: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return distances (inf if there is no edge) and validity of an image taken on its own."""
    core, known = _core_and_known(labels, boundaries)
    squared = _squared_distance(core)
    if np.isinf(squared[0, 0]):
        return squared, np.ones(core.shape, np.bool_)
    contact = _contacts(core, known)
    valid = boundaries & (labels > 0)
    if contact.any():
        to_unknown = _squared_distance(known.view(np.uint8))
        inside = core > 0
        valid |= (squared < to_unknown) & inside
        tied = (squared == to_unknown) & inside
        if np.count_nonzero(tied) > tied.size // 256:
            tied &= _squared_distance((~contact).view(np.uint8)) <= squared
        _add_ties(valid, core, contact, squared, tied)
    return np.sqrt(squared, out=squared), valid


def _core_and_known(
    labels: NDArray[np.int32], boundaries: NDArray[np.bool_]
) -> tuple[NDArray[np.integer], NDArray[np.bool_]]:
    """Return labels without boundary pixels, in the smallest type for speed, and what is known."""
    largest = labels.max()
    dtype = "uint8" if largest < 256 else "uint16" if largest < 65536 else "int32"
    core: NDArray[np.integer] = labels.astype(dtype)
    core[boundaries] = 0
    known: NDArray[np.bool_] = (core > 0) | boundaries
    return core, known


def _squared_distance(labels: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return the squared distance to the nearest pixel of another label: 0 at label 0, inf if none."""
    threads = _THREADS if labels.size >= _PARALLEL_AREA else 1
    squared: NDArray[np.float32] = edt.edtsq(labels, black_border=False, parallel=threads)
    return squared


def _contacts(core: NDArray[np.integer], known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the known pixels beside (4-neighbours) a pixel that is painted with another label."""
    contact = np.zeros(core.shape, np.bool_)
    for first, second in (
        ((slice(None, -1), slice(None)), (slice(1, None), slice(None))),
        ((slice(None), slice(None, -1)), (slice(None), slice(1, None))),
    ):
        differ = (core[first] != core[second]) & known[first] & known[second]
        contact[first] |= differ & (core[second] > 0)
        contact[second] |= differ & (core[first] > 0)
    return contact


def _add_ties(
    valid: NDArray[np.bool_],
    core: NDArray[np.integer],
    contact: NDArray[np.bool_],
    squared: NDArray[np.float32],
    tied: NDArray[np.bool_],
) -> None:
    """Set `valid` at the `tied` pixels with a different pixel exactly as far as the nearest unknown.

    A different pixel so near is in `contact`. The pixels at squared distance r are at offsets with a² + b² =
    r.
    """
    rows, columns = np.nonzero(tied)
    radius = squared[rows, columns].astype(np.int64)
    order = np.argsort(radius)
    rows, columns, radius = rows[order], columns[order], radius[order]
    label = core[rows, columns]
    height, width = core.shape
    for a in range(isqrt(int(radius[-1]) // 2) + 1 if radius.size else 0):
        first = int(np.searchsorted(radius, 2 * a * a))
        other = radius[first:] - a * a
        b = np.rint(np.sqrt(other)).astype(np.int64)
        at = np.flatnonzero(b * b == other)
        b = b[at]
        at += first
        for down, right in ((a, b), (a, -b), (-a, b), (-a, -b), (b, a), (b, -a), (-b, a), (-b, -a)):
            y, x = rows[at] + down, columns[at] + right
            inside = np.flatnonzero((y >= 0) & (y < height) & (x >= 0) & (x < width))
            inside = inside[contact[y[inside], x[inside]]]
            found = at[inside[core[y[inside], x[inside]] != label[at[inside]]]]
            valid[rows[found], columns[found]] = True


def bounded(distances: ValidDistances, window: Window) -> ValidDistances:
    """Replace infinity, which all pixels of an image have or none, by the image's diagonal."""
    if np.isinf(distances.distance[0, 0]):
        distances.distance[window] = hypot(*distances.distance.shape)
    return distances
