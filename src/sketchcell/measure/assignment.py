"""Which true object goes with which predicted one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching


def best_pairs(
    rows: NDArray[np.int64], columns: NDArray[np.int64], gains: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Choose the pairs with the largest sum of gains, no row and no column twice.

    Nothing here is as large as rows times columns: tens of thousands of objects are no matter.

    Parameters
    ----------
    rows, columns
        The candidates, int64 ``(K,)``, each pair once.
    gains
        What each is worth, above 0, float64 ``(K,)``.

    Returns
    -------
    Indices of the chosen candidates, ascending.
    """
    if not rows.size:
        return np.empty(0, np.intp)
    alone = (np.bincount(rows)[rows] == 1) & (np.bincount(columns)[columns] == 1)
    rivals = np.flatnonzero(~alone)
    chosen = rivals[_assign(rows[rivals], columns[rivals], gains[rivals])] if rivals.size else rivals
    return np.sort(np.concatenate([np.flatnonzero(alone), chosen]))


def _assign(
    rows: NDArray[np.int64], columns: NDArray[np.int64], gains: NDArray[np.float64]
) -> NDArray[np.intp]:
    row_ids, row = np.unique(rows, return_inverse=True)
    column_ids, column = np.unique(columns, return_inverse=True)
    n_rows, n_columns = row_ids.size, column_ids.size
    # Every row may also stay alone, for no gain, in a column of its own. Costs of 0 would count as missing.
    itself = np.arange(n_rows)
    nothing = float(gains.max()) + 1
    costs = np.concatenate([nothing - gains, np.full(n_rows, nothing)])
    places = (np.concatenate([row, itself]), np.concatenate([column, n_columns + itself]))
    graph = csr_array((costs, places), shape=(n_rows, n_columns + n_rows))
    found = np.full(n_rows, -1)
    chosen_rows, chosen_columns = min_weight_full_bipartite_matching(graph)
    found[chosen_rows] = chosen_columns
    return np.flatnonzero(found[row] == column)
