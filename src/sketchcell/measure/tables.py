"""Cell tables as files."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from sketchcell.images import write_atomically

if TYPE_CHECKING:
    import pandas


def write_table(path: str | os.PathLike[str], table: pandas.DataFrame) -> None:
    """Write a table as CSV, atomically.

    Raises
    ------
    SketchcellError
        As in `sketchcell.images.write_atomically`.
    """
    buffer = io.StringIO()
    table.to_csv(buffer, index=False, lineterminator="\n")
    write_atomically(path, lambda file: file.write(buffer.getvalue().encode()))
