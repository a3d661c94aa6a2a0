"""Cells keep their numbers, and so their colours, from one prediction to the next."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def keep_ids(
    now: NDArray[np.int32], before: NDArray[np.int32], highest: int
) -> tuple[NDArray[np.int32], int]:
    """Give each cell the id of the earlier cell that it overlaps most.

    An earlier id goes to one cell only, to the one with the largest overlap.

    Parameters
    ----------
    now
        New instances 1…n, shape (H, W).
    before
        What was shown there, shape (H, W).
    highest
        The largest id in use anywhere; new cells are numbered from the next.

    Returns
    -------
    labels : NDArray[np.int32]
        `now` with other ids.
    count : int
        How many cells there are.
    """
    present = np.flatnonzero(np.bincount(now.ravel())[1:]) + 1
    ids = np.zeros(int(now.max(initial=0)) + 1, np.int64)
    both = (now > 0) & (before > 0)
    pairs, overlap = np.unique(
        now[both].astype(np.int64) << 32 | before[both].astype(np.int64), return_counts=True
    )
    given: set[int] = set()
    for pair in pairs[np.argsort(-overlap, kind="stable")].tolist():
        new, old = pair >> 32, pair & 0xFFFFFFFF
        if ids[new] == 0 and old not in given:
            ids[new] = old
            given.add(old)
    fresh = present[ids[present] == 0]
    ids[fresh] = highest + 1 + np.arange(fresh.size)
    return ids.astype(np.int32)[now], int(present.size)
