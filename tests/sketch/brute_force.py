"""Slow, obvious versions of what the package computes fast, and strategies that draw small sketches."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

SHAPES = st.one_of(
    st.tuples(st.integers(1, 14), st.integers(1, 14)),
    st.tuples(st.just(1), st.integers(1, 40)),
    st.tuples(st.integers(1, 40), st.just(1)),
)


def brute_force(labels, boundaries):
    """Return squared distances (inf: no edge) and validity, straight from the definition, in O(N²)."""
    pixels = np.argwhere(np.ones(labels.shape, bool))
    values, lines = labels.ravel(), boundaries.ravel()
    squared = np.zeros(values.size)
    valid = np.zeros(values.size, bool)
    for x in np.flatnonzero(values > 0):
        away = ((pixels - pixels[x]) ** 2).sum(axis=1).astype(float)
        different = ((values > 0) & (values != values[x])) | lines
        same = (values == values[x]) & ~lines
        d_diff = away[different].min(initial=np.inf)
        d_unk = away[~different & ~same].min(initial=np.inf)
        squared[x], valid[x] = min(d_diff, d_unk), d_diff <= d_unk
    return squared.reshape(labels.shape), valid.reshape(labels.shape)


def squares(distance):
    """Return squared distances as the integers they are; the diagonal, which stands for no edge, is inf."""
    squared = np.rint(distance.astype(float) ** 2)
    squared[distance >= np.float32(np.hypot(*distance.shape))] = np.inf
    return squared


def blocky(shape, seed, ids, block):
    """Return a label image of rectangles of about `block` pixels with ids below `ids`."""
    random = np.random.default_rng(seed)
    rows, columns = ((np.arange(n) + random.integers(block)) // block for n in shape)
    coarse = random.integers(0, ids, (rows.max() + 1, columns.max() + 1))
    labels = coarse[rows][:, columns]
    noise = random.random(shape) < random.choice([0, 0.05, 0.3])
    return np.where(noise, random.integers(0, ids, shape), labels).astype(np.int32)


@st.composite
def label_images(draw, lowest=0, highest=4, shapes=SHAPES):
    """Draw int32 labels from `lowest` to `highest`: rectangles, noise, or anything."""
    shape = draw(shapes)
    if draw(st.booleans()):
        return draw(arrays.arrays(np.int32, shape, elements=st.integers(lowest, highest)))
    seed, block = draw(st.integers(0, 2**32 - 1)), draw(st.integers(1, 8))
    return blocky(shape, seed, highest - lowest + 1, block) + np.int32(lowest)


@st.composite
def masks(draw, shape):
    """Draw bool masks: mostly empty, sparse, or dense, and in blocks."""
    seed = draw(st.integers(0, 2**32 - 1))
    if draw(st.booleans()):
        share = draw(st.sampled_from([0.0, 0.05, 0.3, 0.8]))
        return np.random.default_rng(seed).random(shape) < share
    return blocky(shape, seed, 2, draw(st.integers(1, 8))) > 0


@st.composite
def sketches(draw, shapes=SHAPES):
    """Draw labels and boundaries."""
    labels = draw(label_images(shapes=shapes))
    boundaries = draw(masks(labels.shape)) if draw(st.booleans()) else np.zeros(labels.shape, bool)
    return labels, boundaries


@st.composite
def windows(draw, shape):
    """Draw a window that is not empty."""
    spans = []
    for n in shape:
        start = draw(st.integers(0, n - 1))
        spans.append(slice(start, draw(st.integers(start + 1, n))))
    return tuple(spans)
