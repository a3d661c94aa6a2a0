"""Links from frame to frame where objects compete, and divisions: decided by laptrack."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from sketchcell.linking.links import both
from sketchcell.linking.objects import Pairs

_NEVER = 2.0  # a cost above every cutoff
_MOSTLY_INSIDE = 0.5  # of a daughter, in what its mother covered

_Costs = Mapping[tuple[int, int], float]
_Point = NDArray[np.float64]


def link_neighbours(
    candidates: Pairs, plane: NDArray[np.int64], divisions: bool
) -> tuple[Pairs, NDArray[np.int64]]:
    """Link objects of neighbouring frames by the linear assignment of Jaqaman et al. (2008).

    As many links as possible, and among those the largest sum of IoU. A pair in which neither object has
    another candidate is part of every such solution: it is linked at once, and only the rest, where
    objects compete, is handed to laptrack, which compares all with all.

    Parameters
    ----------
    candidates
        Pairs of neighbouring frames that can belong together.
    plane
        The frame of each object, int64 ``(N,)``.
    divisions
        Whether an object may be continued by two, both of them at least half inside it.

    Returns
    -------
    links
        Each object at most once as first and once as second.
    births
        Mother and daughter of every division, int64 ``(K, 2)``: two rows for each; none of them linked.
    """
    successors, predecessors = np.bincount(candidates.first), np.bincount(candidates.second)
    alone = (successors[candidates.first] == 1) & (predecessors[candidates.second] == 1)
    knots = candidates.where(~alone)
    edges = _solve(knots, plane, divisions)
    places = {pair: index for index, pair in enumerate(zip(*_ids(knots), strict=True))}
    chosen = np.array([places[edge] for edge in edges], np.intp)
    chosen.sort()
    decided = knots.where(chosen)
    branching = np.bincount(decided.first, minlength=plane.size)[decided.first] > 1
    born = decided.where(branching)
    return both(candidates.where(alone), decided.where(~branching)), np.stack([born.first, born.second], 1)


def _solve(knots: Pairs, plane: NDArray[np.int64], divisions: bool) -> list[tuple[int, int]]:
    """Return the chosen pairs of objects, earlier one first."""
    if not knots.first.size:
        return []
    # Slow to import, and few ever link frames.
    from laptrack import LapTrack

    keys = list(zip(*_ids(knots), strict=True))
    links = dict(zip(keys, (1 - knots.iou).tolist(), strict=True))
    inside = knots.cover >= _MOSTLY_INSIDE
    splits = {
        key: cost
        for key, cost, possible in zip(keys, (1 - knots.cover).tolist(), inside, strict=True)
        if possible
    }
    members = np.unique(np.concatenate([knots.first, knots.second]))
    frames = plane[members]
    coordinates = [
        members[frames == frame, np.newaxis].astype(np.float64)
        for frame in range(int(frames.min()), int(frames.max()) + 1)
    ]
    # Above any cost of a link: what can be linked is.
    alone = 1.1
    tracker = LapTrack(
        metric=_cost(links),
        cutoff=1.0,
        track_start_cost=alone,
        track_end_cost=alone,
        gap_closing_cutoff=False,
        splitting_metric=_cost(splits),
        splitting_cutoff=1.0 if divisions and splits else False,
        segment_start_cost=alone,
        segment_end_cost=alone,
        no_splitting_cost=alone,
        no_merging_cost=alone,
    )
    tree = tracker.predict(coordinates)
    return [(int(coordinates[a][i, 0]), int(coordinates[b][j, 0])) for (a, i), (b, j) in tree.edges()]


def _cost(costs: _Costs) -> Callable[[_Point, _Point], float]:
    def metric(one: _Point, other: _Point) -> float:
        a, b = int(one[0]), int(other[0])
        return costs.get((a, b) if a < b else (b, a), _NEVER)

    return metric


def _ids(pairs: Pairs) -> tuple[list[int], list[int]]:
    return pairs.first.tolist(), pairs.second.tolist()
