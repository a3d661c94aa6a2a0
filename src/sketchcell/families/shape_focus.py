"""Narrow and concave places of objects: contours, and their distance to skeletons (SAW).

Guerrero-Peña et al. (ICIP 2018), section 2.2. For an object t with the concave complement r (its convex hull
without t), Γ are the contours of both, K their skeletons, and φ_K the distance to K. Where φ_K is small on Γ
the object or the bay beside it is narrow.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import convex_hull_image, skeletonize

from sketchcell.sketch import PaintedObject, Window
from sketchcell.sketch.window import intersect, within

_Edges = tuple[bool, bool, bool, bool]

_known: WeakKeyDictionary[PaintedObject, NDArray[np.float32]] = WeakKeyDictionary()


def depths(mask: NDArray[np.bool_], edges: _Edges) -> NDArray[np.float32]:
    """Return φ_K on Γ, the contours of an object and of its concave complement.

    Skeletons are thinned: a digital medial axis has spurs that end on the contour at every corner pixel.

    Parameters
    ----------
    mask
        bool (H, W): one object in its bounding box.
    edges
        Whether its top, bottom, left and right are the image's edges, which are no contour.

    Returns
    -------
    NDArray[np.float32]
        Shape (H, W), in pixels; NaN off the contours.
    """
    bay = concave_complement(mask)
    skeleton = skeletonize(np.pad(mask, 1)) | skeletonize(np.pad(bay, 1))  # type: ignore[no-untyped-call]
    # on arrays this small, scipy's transform is ten times as fast as that of edt
    away = ndimage.distance_transform_edt(~skeleton[1:-1, 1:-1]).astype(np.float32)
    away[~(_contour(mask, edges) | _contour(bay, edges))] = np.nan
    return np.asarray(away, np.float32)


def concave_complement(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return r: the pixels of the convex hull of an object's pixel centres that are not the object's."""
    if 1 in mask.shape:
        return np.zeros_like(mask)
    hull = convex_hull_image(mask, offset_coordinates=False)  # type: ignore[no-untyped-call]
    return np.asarray(hull & ~mask, np.bool_)


def focus(
    objects: Iterable[PaintedObject], window: Window, sigma: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return what the second term of SAW is made of, in a window.

    Eq. 4, wc = 1 − φ_K/τ on Γ, is linear in 1/τ, and τ, the supremum of φ_K over all contours, changes with
    any object of an image: F ∗ wc = F ∗ [Γ] − (F ∗ φ_K) / τ. Where contours of several objects share a pixel,
    the smallest φ_K counts.

    Parameters
    ----------
    objects
        Whose outlines are known.
    window
        At least `radius` pixels larger than what is wanted, or cut at the image's edges, beyond which the
        last pixel is repeated ("copy padding").
    sigma
        Of the Gaussian F, in pixels.

    Returns
    -------
    contour, depth, radius : NDArray[np.float32]
        F ∗ [Γ], F ∗ φ_K on Γ, and φ_K on Γ, of the window's shape; in pixels, 0 elsewhere.
    """
    nearest = np.full([span.stop - span.start for span in window], np.inf, np.float32)
    for one in objects:
        shared = intersect(one.box, window)
        if shared is None:
            continue
        if one not in _known:
            _known[one] = depths(one.mask, one.edges)
        part = nearest[within(shared, window)]
        np.fmin(part, _known[one][within(shared, one.box)], out=part)
    there = np.isfinite(nearest)
    radius = np.where(there, nearest, 0).astype(np.float32)
    if not there.any():
        return radius, radius.copy(), radius.copy()
    contour, depth = (
        ndimage.gaussian_filter(values, sigma, mode="nearest", radius=blur_radius(sigma))
        for values in (there.astype(np.float32), radius)
    )
    return contour, depth, radius


def blur_radius(sigma: float) -> int:
    """Return where the Gaussian is cut, in pixels."""
    return ceil(4 * sigma)


def _contour(mask: NDArray[np.bool_], edges: _Edges) -> NDArray[np.bool_]:
    """Return the pixels of a mask with a 4-neighbour outside it."""
    top, bottom, left, right = edges
    padded = np.pad(mask, 1)
    for at_edge, outside, last in (
        (top, np.s_[0, :], np.s_[1, :]),
        (bottom, np.s_[-1, :], np.s_[-2, :]),
        (left, np.s_[:, 0], np.s_[:, 1]),
        (right, np.s_[:, -1], np.s_[:, -2]),
    ):
        if at_edge:
            padded[outside] = padded[last]
    inner = ndimage.binary_erosion(padded)[1:-1, 1:-1]
    return np.asarray(mask & ~inner, np.bool_)
