"""Which object continues which: chains of objects, one a plane."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sketchcell.linking.objects import Pairs
from sketchcell.measure.assignment import best_pairs


def best_links(candidates: Pairs) -> Pairs:
    """Choose pairs with the largest sum of IoU, no object twice as first and none twice as second."""
    return candidates.where(best_pairs(candidates.first, candidates.second, candidates.iou))


def close_gaps(links: Pairs, candidates: Pairs, count: int) -> Pairs:
    """Add links from objects that nothing continues to objects that continue nothing.

    Parameters
    ----------
    links
        What is linked already.
    candidates
        Pairs that lie further apart; near ones come first.
    count
        The number of objects.
    """
    for distance in np.unique(candidates.distance):
        ended, begun = np.ones(count, np.bool_), np.ones(count, np.bool_)
        ended[links.first] = False
        begun[links.second] = False
        far = candidates.where(candidates.distance == distance)
        links = both(links, best_links(far.where(ended[far.first] & begun[far.second])))
    return links


def chains(links: Pairs, count: int) -> NDArray[np.int64]:
    """Tell which chain each object is in, of those that links make of `count` objects.

    Returns
    -------
    The chain of each object, int64 ``(count,)``, counted from 0 in the order of the chains' first objects.
    """
    graph = coo_array(
        (np.ones(links.first.size, np.bool_), (links.first, links.second)), shape=(count, count)
    )
    _, parts = connected_components(graph, directed=False)
    _, begins, places = np.unique(parts, return_index=True, return_inverse=True)
    order = np.empty(begins.size, np.int64)
    order[np.argsort(begins)] = np.arange(begins.size)
    return order[places]


def both(one: Pairs, other: Pairs) -> Pairs:
    """Put two sets of pairs into one."""
    return Pairs(
        *(np.concatenate([getattr(one, name), getattr(other, name)]) for name in one.__dataclass_fields__)
    )
