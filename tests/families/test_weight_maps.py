"""Weight maps from the papers' formulas, slowly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.morphology import convex_hull_image, skeletonize
from truths import TRUTHS

from sketchcell.families.classes import BACKGROUND, CELL, class_map
from sketchcell.families.shape_focus import concave_complement, depths
from sketchcell.families.weight_maps import balance, class_balance, dwm, saw, unet_weights


def distance_to(mask):
    """Pixel by pixel."""
    places = np.argwhere(mask)
    y, x = np.indices(mask.shape)
    if not len(places):
        return np.full(mask.shape, np.inf)
    return np.min([np.hypot(y - a, x - b) for a, b in places], axis=0)


def contour(mask):
    """Pixels with a 4-neighbour outside the mask; the image's edge is none."""
    cross = ndimage.generate_binary_structure(2, 1)
    return mask & ~ndimage.binary_erosion(mask, cross, border_value=1)


def slow_saw_focus(labels, sigma):
    """F ∗ wc (eq. 3, 4), on the whole image."""
    nearest = np.full(labels.shape, np.inf)
    for number in np.unique(labels[labels > 0]):
        t = labels == number
        r = convex_hull_image(t, offset_coordinates=False) & ~t
        # the image's edge does not make an end of a skeleton: as in the box
        k = np.zeros(labels.shape, bool)
        for part in (t, r):
            k |= skeletonize(np.pad(part, 1))[1:-1, 1:-1]
        on = contour(t) | contour(r)
        nearest[on] = np.minimum(nearest, distance_to(k))[on]
    on = np.isfinite(nearest)
    if not on.any():
        return np.zeros(labels.shape)
    wc = np.where(on, 1 - nearest / nearest[on].max(), 0)
    reach = int(np.ceil(4 * sigma))
    offsets = np.arange(-reach, reach + 1)
    line = np.exp(-(offsets**2) / (2 * sigma**2))
    kernel = np.outer(line, line) / line.sum() ** 2
    copied = np.pad(wc, reach, mode="edge")
    y, x = wc.shape
    return sum(
        kernel[a, b] * copied[a : a + y, b : b + x]
        for a in range(2 * reach + 1)
        for b in range(2 * reach + 1)
    )


def crop(kind):
    return TRUTHS[kind]()[8:70, 4:76]


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_classes_have_the_same_weight_as_a_whole_and_its_mean_is_1(classes):
    labels = TRUTHS["touching"]()
    weights, found = class_balance(labels, classes), class_map(labels, classes)
    totals = [weights[found == one].sum() for one in range(classes)]
    assert weights.mean() == pytest.approx(1, rel=0.02)
    common = np.bincount(found.ravel(), minlength=classes) > 0
    np.testing.assert_allclose(np.array(totals)[common], labels.size / classes, rtol=1e-4)


def test_a_rare_class_counts_as_a_share():
    counts = np.array([9000, 999, 1])
    np.testing.assert_allclose(balance(counts), 10000 / 3 / counts, rtol=1e-6)
    np.testing.assert_allclose(balance(counts, 0.01), [10 / 27, 10000 / 999 / 3 * 0.999, 100 / 3], rtol=0.01)
    np.testing.assert_allclose(balance(counts, 0.2), [10 / 27, 5 / 3, 5 / 3], rtol=1e-6)
    np.testing.assert_allclose(balance(np.array([0, 0, 0])), 1)
    assert np.isfinite(balance(np.array([5, 0, 0]))).all()


@pytest.mark.parametrize("kind", TRUTHS)
def test_unet_weights(kind):
    labels = crop(kind)
    ids = np.unique(labels[labels > 0])
    d1, d2 = np.sort([distance_to(labels == number) for number in ids], axis=0)[:2]
    found = class_map(labels, 3)
    term = 10 * np.exp(-((d1 + d2) ** 2) / 50) * (found != CELL) * (d1 + d2 < 20)
    np.testing.assert_allclose(unet_weights(labels), class_balance(labels) + term, rtol=1e-4)
    assert unet_weights(labels).dtype == np.float32


@pytest.mark.parametrize("kind", TRUTHS)
@pytest.mark.parametrize("beta", [4, 30])
def test_dwm(kind, beta):
    labels = crop(kind)
    phi = distance_to(labels > 0)
    expected = class_balance(labels) * np.where(
        class_map(labels, 3) == BACKGROUND, 1 - np.minimum(phi / beta, 1), 1
    )
    np.testing.assert_allclose(dwm(labels, beta=beta), expected, rtol=1e-4, atol=1e-6)
    assert dwm(labels).dtype == np.float32


@pytest.mark.parametrize("kind", TRUTHS)
def test_saw(kind):
    labels = TRUTHS[kind]()
    expected = class_balance(labels) + 10 * slow_saw_focus(labels, 2)
    np.testing.assert_allclose(saw(labels, sigma=2), expected, rtol=2e-4, atol=1e-5)
    assert saw(labels).dtype == np.float32


def test_saw_is_larger_where_a_cell_is_narrow_or_concave():
    labels = np.zeros((90, 130), int)
    y, x = np.indices(labels.shape)
    labels[np.hypot(y - 45, x - 35) < 28] = 1
    labels[(abs(y - 45) < 4) & (x > 55) & (x < 100)] = 1  # a thin process
    focus = saw(labels) - class_balance(labels)
    around = {"process": focus[45, 90], "round": focus[45, 7], "far": focus[5, 120]}
    assert around["process"] > 3 * around["round"] > 0
    assert around["far"] == 0


def test_saw_gives_small_cells_more_than_large_ones():
    labels = np.zeros((80, 120), int)
    y, x = np.indices(labels.shape)
    labels[np.hypot(y - 40, x - 40) < 30], labels[np.hypot(y - 40, x - 100) < 7] = 1, 2
    focus = saw(labels) - class_balance(labels)
    assert focus[40, 93] > 2 * focus[40, 10]


@pytest.mark.parametrize(
    "labels", [np.zeros((7, 9), int), np.ones((7, 9), int), np.eye(5, dtype=int), np.full((1, 1), 3)]
)
def test_small_and_empty_images(labels):
    for weights in (class_balance, unet_weights, dwm, saw):
        assert np.isfinite(weights(labels)).all()
        assert weights(labels).shape == labels.shape


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), edges=st.tuples(*[st.booleans()] * 4))
def test_contours_of_any_mask(seed, edges):
    random = np.random.default_rng(seed)
    noise = ndimage.gaussian_filter(random.normal(size=(12, 15)), 1)
    parts, _ = ndimage.label(noise > 0)
    mask = parts == parts[tuple(np.argwhere(parts > 0)[0])] if parts.any() else np.ones((2, 2), bool)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    mask = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    found = depths(mask, edges)
    on = np.isfinite(found)
    assert on.any() or all(edges)
    assert (on <= (mask | concave_complement(mask))).all()
    assert (found[on] >= 0).all()
    inner = ndimage.binary_erosion(mask)[1:-1, 1:-1]
    assert not (on[1:-1, 1:-1] & inner).any()
