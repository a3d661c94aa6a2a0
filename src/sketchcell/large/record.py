"""What is noted of a block beside its labels: enough to join the blocks without reading labels again."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass, fields
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from sketchcell.images import write_atomically


@dataclass(frozen=True, eq=False)
class Record:
    """The cells that reach into a block, one entry each; the n-th has the label n there.

    Attributes
    ----------
    key
        int64, a number for the cell that is the same in all blocks that see all of it: 1 + the index, in the
        working image, of its first pixel.
    area
        int64, working pixels.
    peak
        float32, the highest evidence.
    size
        int64, the longer side of its box, in working pixels.
    cut
        bool, whether it goes on beyond what was looked at.
    top, left
        int64, keys in the block's first row and column, 0 where there is no cell.
    below, right
        int64, keys in the row and column behind the block; empty at the image's end.
    """

    key: NDArray[np.int64]
    area: NDArray[np.int64]
    peak: NDArray[np.float32]
    size: NDArray[np.int64]
    cut: NDArray[np.bool_]
    top: NDArray[np.int64]
    left: NDArray[np.int64]
    below: NDArray[np.int64]
    right: NDArray[np.int64]

    def save(self, path: Path) -> None:
        """Write it, whole or not at all."""
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer, allow_pickle=False, **{f.name: getattr(self, f.name) for f in fields(self)}
        )
        write_atomically(path, lambda file: file.write(buffer.getvalue()))

    @classmethod
    def load(cls, path: Path) -> Record | None:
        """Read it; None if there is none, or it is damaged."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                return cls(**{f.name: stored[f.name] for f in fields(cls)})
        except (OSError, EOFError, ValueError, KeyError, BadZipFile, NotImplementedError, zlib.error):
            return None
