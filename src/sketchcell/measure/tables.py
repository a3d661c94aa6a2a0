"""Tables as files."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from sketchcell.errors import SketchcellError
from sketchcell.images import write_atomically

if TYPE_CHECKING:
    import pandas

#: What the name of a table may end in.
SUFFIXES = (".csv", ".parquet")


def require_table_name(path: str | os.PathLike[str]) -> None:
    """Make sure that `write_table` knows the format, before work is put into a table.

    Raises
    ------
    SketchcellError
        If the name has another suffix, or what writes the format is not installed.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise SketchcellError(f"{path} cannot be written: end the name of a table in .csv or .parquet.")
    if suffix == ".parquet":
        try:
            import pyarrow  # noqa: F401
        except ImportError as error:
            raise SketchcellError(
                'Parquet files need pyarrow: pip install "napari-sketchcell[parquet]", or write a .csv file.'
            ) from error


def write_table(path: str | os.PathLike[str], table: pandas.DataFrame) -> None:
    """Write a table as CSV or, by the suffix ``.parquet``, Parquet; atomically.

    Ids of neighbours are a list in Parquet, and numbers with spaces between them in CSV.

    Raises
    ------
    SketchcellError
        As in `require_table_name` and `sketchcell.images.write_atomically`.
    """
    require_table_name(path)
    content = _parquet(table) if Path(path).suffix.lower() == ".parquet" else as_csv(table)
    write_atomically(path, lambda file: file.write(content))


def as_csv(table: pandas.DataFrame, separator: str = ",") -> bytes:
    """Return a table as CSV files hold it; ids of neighbours are numbers with spaces between them."""
    if "neighbour_ids" in table:
        table = table.assign(neighbour_ids=[" ".join(map(str, ids)) for ids in table["neighbour_ids"]])
    content: bytes = table.to_csv(sep=separator, index=False, lineterminator="\n").encode()
    return content


def _parquet(table: pandas.DataFrame) -> bytes:
    import pyarrow
    from pyarrow import parquet

    arrow = pyarrow.Table.from_pandas(table, preserve_index=False)
    if "neighbour_ids" in table:
        # Without a single neighbour, the type of the lists could not be told.
        ids = pyarrow.array(table["neighbour_ids"].tolist(), pyarrow.list_(pyarrow.int64()))
        arrow = arrow.set_column(arrow.column_names.index("neighbour_ids"), "neighbour_ids", ids)
    buffer = io.BytesIO()
    parquet.write_table(arrow, buffer)
    return buffer.getvalue()
