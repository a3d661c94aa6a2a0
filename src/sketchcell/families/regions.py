"""Rejoin parts that a flow field does not really separate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

_ROUNDS = 12


def border_divergence(
    labels: NDArray[np.int32], flow: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Return how far the flow parts at each pair of 4-neighbours with different labels.

    For p and q side by side, (v_q − v_p)·(q − p)/2 is 1 where unit flows point straight away from each other, as they
    do all along the contact of two cells, and 0 where they run along the border, as they do in a cell's own neck.

    Parameters
    ----------
    labels
        int32, shape (H, W), 0 = background.
    flow
        float32, shape (2, H, W), (y, x), at most unit length.

    Returns
    -------
    first, second : NDArray[np.int32]
        The two labels of each pair, first < second.
    divergence : NDArray[np.float32]
        In [-1, 1], one value a pair.
    """
    firsts, seconds, values = [], [], []
    for axis in (0, 1):
        one = [slice(None), slice(None)]
        two = [slice(None), slice(None)]
        one[axis], two[axis] = slice(None, -1), slice(1, None)
        a, b = labels[tuple(one)], labels[tuple(two)]
        where = (a != b) & (a > 0) & (b > 0)
        firsts.append(np.minimum(a[where], b[where]))
        seconds.append(np.maximum(a[where], b[where]))
        change = flow[:, *two][:, where] - flow[:, *one][:, where]
        values.append(np.copysign(np.sqrt((change**2).sum(0)) / 2, change[axis]))
    return np.concatenate(firsts), np.concatenate(seconds), np.concatenate(values)


def rejoin(
    labels: NDArray[np.int32], count: int, flow: NDArray[np.float32], parting: float
) -> NDArray[np.int32]:
    """Merge neighbouring parts whose common border parts the flow by less than `parting` on average.

    Each round merges pairs that are each other's weakest border and then averages anew, so that a small part between
    two cells goes to one of them instead of joining both.

    Parameters
    ----------
    labels
        int32, shape (H, W), values 0…count.
    count
        The number of parts.
    flow
        float32, shape (2, H, W).
    parting
        Mean divergence from which a border is kept.

    Returns
    -------
    NDArray[np.int32]
        Labels with parts merged; ids are compact, 0 stays 0.
    """
    first, second, divergence = border_divergence(labels, flow)
    final = np.arange(count + 1, dtype=np.int32)
    for _ in range(_ROUNDS):
        first, second = np.minimum(first, second), np.maximum(first, second)
        apart = first != second
        first, second, divergence = first[apart], second[apart], divergence[apart]
        if not first.size:
            break
        size = int(final.max()) + 1
        key, position = np.unique(first.astype(np.int64) * size + second, return_inverse=True)
        mean = np.bincount(position, divergence) / np.bincount(position)
        one, two = np.divmod(key, size)
        weakest = np.full(size, np.inf)
        np.minimum.at(weakest, one, mean)
        np.minimum.at(weakest, two, mean)
        merge = (mean < parting) & (mean <= weakest[one]) & (mean <= weakest[two])
        if not merge.any():
            break
        graph = sparse.coo_matrix(
            (np.ones(int(merge.sum()), bool), (one[merge], two[merge])), shape=(size, size)
        )
        _, group = connected_components(graph, directed=False)
        # component 0 is the background's: it has no borders, and is found first
        final = group[final].astype(np.int32)
        first, second = group[first], group[second]
    return final[labels]
