"""Rejoin parts that a flow field does not really separate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

_ROUNDS = 12  # of merging; each at least halves a chain of parts that belong together
_LENGTHS = (0.2, 1.5)  # of a border, in diameters of the smaller part: beyond these it makes no difference
_DEEPEST = 30.0  # in units of `depth`: what lies deeper has no weight


@dataclass(frozen=True, eq=False)
class Borders:
    """Pairs of 4-neighbours with different labels.

    Attributes
    ----------
    first, second
        int32, shape (N,): the two labels of each pair.
    divergence
        float32, shape (N,), in [-1, 1]: how far the flow parts there. For p and q side by side it is |v_q −
        v_p|/2, negative where they approach: 1 where unit flows point straight away from each other, as
        they do all along the contact of two cells, and about 0 where they run along the border, as they do
        in a cell's own neck.
    weight
        float32, shape (N,): e^−depth.
    """

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    divergence: NDArray[np.float32]
    weight: NDArray[np.float32]


def find_borders(labels: NDArray[np.int32], flow: NDArray[np.float32], depth: NDArray[np.float32]) -> Borders:
    """Return the borders between parts.

    Parameters
    ----------
    labels
        int32, shape (H, W), 0 = background.
    flow
        float32, shape (2, H, W), (y, x), at most unit length.
    depth
        float32, shape (H, W): how deep inside a cell a pixel is. Deep pixels count less: both in a neck and
        in a contact the flow parts in the middle, but only in a contact it does so out to the rim.
    """
    columns: list[list[NDArray[np.generic]]] = []
    for axis in (0, 1):
        one = [slice(None), slice(None)]
        two = [slice(None), slice(None)]
        one[axis], two[axis] = slice(None, -1), slice(1, None)
        a, b = labels[tuple(one)], labels[tuple(two)]
        where = (a != b) & (a > 0) & (b > 0)
        change = flow[:, *two][:, where] - flow[:, *one][:, where]
        deep = np.minimum(depth[tuple(one)][where], depth[tuple(two)][where])
        divergence = np.copysign(np.sqrt((change**2).sum(0)) / 2, change[axis])
        columns.append([a[where], b[where], divergence, np.exp(-np.clip(deep, 0, _DEEPEST))])
    return Borders(*(np.concatenate(parts) for parts in zip(*columns, strict=True)))


def rejoin(
    labels: NDArray[np.int32], count: int, borders: Borders, parting: float, shape: float = 0.0
) -> NDArray[np.int32]:
    """Merge neighbouring parts whose common border parts the flow by less than `parting` on average.

    Each round merges pairs that are each other's weakest border and then averages anew, so that a small part
    between two cells goes to one of them instead of joining both.

    Parameters
    ----------
    labels
        int32, shape (H, W), values 0…count.
    count
        The number of parts.
    borders
        Of these labels.
    parting
        Mean divergence from which a border is kept.
    shape
        How much the form of the parts has a say: 0, none; the more, the rather a border is kept that is short
        for the size of its parts, as a contact of two cells is and a cut through the middle of one is not.

    Returns
    -------
    NDArray[np.int32]
        Labels with parts merged; ids are compact, 0 stays 0.
    """
    first, second = borders.first, borders.second
    weight, moment = borders.weight, borders.weight * borders.divergence
    area = np.bincount(labels.ravel(), minlength=count + 1)
    final = np.arange(count + 1, dtype=np.int32)
    for _ in range(_ROUNDS):
        apart = first != second
        first, second, weight, moment = first[apart], second[apart], weight[apart], moment[apart]
        if not first.size:
            break
        size = area.size
        key, position = np.unique(
            np.minimum(first, second).astype(np.int64) * size + np.maximum(first, second), return_inverse=True
        )
        one, two = np.divmod(key, size)
        diameter = np.sqrt(4 / np.pi * np.minimum(area[one], area[two]))
        length = np.clip(np.bincount(position) / diameter, *_LENGTHS)
        mean = np.bincount(position, moment) / np.bincount(position, weight) / length**shape
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
        group = group.astype(np.int32)
        area = np.bincount(group, area)
        final, first, second = group[final], group[first], group[second]
    return final[labels]
