"""The labels of a large image while it is worked on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from sketchcell.large.places import WorkFolder

_LARGEST = np.iinfo(np.int32).max


def growing_labels(work: Path) -> tuple[Any, tuple[float, float]] | None:
    """Return the labels that a run has found so far, read anew whenever a part is looked at.

    Parameters
    ----------
    work
        The folder that `segmenting_large` works in.

    Returns
    -------
    A dask array of int32 (h, w) at the network's size, and how many image pixels one of its pixels is high
    and wide; None before there is anything. Cells have other numbers than they will have in the end.
    """
    import dask.array as da  # half a second

    folder = WorkFolder(work)
    about = folder.about
    if about is None:
        return None
    block, (height, width) = about["block"], about["working"]
    stored = zarr.open_array(str(folder.labels_path), mode="r")
    columns = -(-width // block)

    def show(block_info: Any) -> NDArray[np.int32]:
        (row, column), place = block_info[None]["chunk-location"], block_info[None]["array-location"]
        record = folder.record(row * columns + column)
        window = tuple(slice(*span) for span in place)
        if record is None:
            return np.zeros([span.stop - span.start for span in window], np.int32)
        shown = np.concatenate([[0], record.key % _LARGEST + 1]).astype(np.int32)
        labels: NDArray[np.int32] = shown[np.asarray(stored[window])]
        return labels

    chunks = da.core.normalize_chunks(block, (height, width))
    array = da.map_blocks(show, chunks=chunks, dtype=np.int32, meta=np.zeros((0, 0), np.int32))
    return array, (about["shape"][0] / height, about["shape"][1] / width)
