"""The table of all cells and the one of all images, put together from those of each image."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.images import Planes, check_writable, write_atomically
from sketchcell.inference import Progress
from sketchcell.measure import as_csv, measuring, require_table_name, summarize, write_table
from sketchcell.measure.summary import plane_columns

if TYPE_CHECKING:
    import pandas

_FILE = "file"


def measuring_cells(
    labels: Any,
    planes: Planes,
    pixel_size: Mapping[str, float],
    sure: Sequence[NDArray[np.floating]] | None = None,
) -> Generator[Progress, None, tuple[bytes, tuple[dict[str, Any], ...]]]:
    """Measure the cells of an image.

    Parameters
    ----------
    labels
        ``(…, H, W)``, in memory or lazy.
    planes
        The image, of the same planes.
    pixel_size
        Micrometres by axis, where they are known.
    sure
        For each plane, how likely each of its cells is to be right, by label; None: there is no such column.

    Returns
    -------
    rows
        The table as CSV with a header.
    figures
        One row a plane for the table of images.
    """
    table = yield from measuring(labels, planes, pixel_size=pixel_size)
    if sure is not None:
        values = _confidence(table, planes.leading, sure)
        table.insert(table.columns.get_loc("neighbour_ids") + 1, "confidence", values)
    figures = summarize(table, (*planes.leading, *planes.shape), pixel_size)
    return as_csv(table), tuple(figures.to_dict("records"))


def renumbered(
    sure: NDArray[np.floating], before: NDArray[np.integer], after: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Return figures by label for the labels that a plane (H, W) has got since; NaN where there are none."""
    both = (before > 0) & (after > 0)
    moved = np.full(int(after.max(initial=0)) + 1, np.nan, np.float32)
    moved[after[both]] = sure[before[both]]
    return moved


def _confidence(
    table: pandas.DataFrame, leading: tuple[int, ...], sure: Sequence[NDArray[np.floating]]
) -> NDArray[np.float64]:
    steps = [table[name].to_numpy() for name in plane_columns(len(leading))]
    plane = np.ravel_multi_index(steps, leading) if leading else np.zeros(len(table), int)
    label = table["label"].to_numpy()
    return np.array([sure[number][one] for number, one in zip(plane, label, strict=True)], np.float64)


def require_table(path: Path) -> None:
    """Make sure that the tables can be written without losing anything, before work is put into them.

    Raises
    ------
    SketchcellError
        If the name has another ending, or something is there that is no table of ours.
    """
    require_table_name(path)
    for one in (path, figures_beside(path)):
        if one.exists() and one.stat().st_size and not _is_table(one):
            raise SketchcellError(
                f"{one} exists and was not written by sketchcell; move it away or choose another name."
            )
        check_writable(one.parent)


def figures_beside(path: Path) -> Path:
    """Return the file of the table of images that belongs to one of cells: ``NAME_images``."""
    return path.with_name(f"{path.stem}_images{path.suffix}")


def write_cells(path: Path, parts: Sequence[tuple[str, bytes]]) -> None:
    """Write the table of all cells, CSV or Parquet, atomically.

    Columns that only some images have, such as sizes in µm, are empty for the others.

    Parameters
    ----------
    path
        Of the table.
    parts
        For each image what stands in the column ``file``, and its rows.

    Raises
    ------
    SketchcellError
        If the table cannot be written.
    """
    if path.suffix.lower() == ".csv":
        write_atomically(path, lambda file: _concatenate(io.TextIOWrapper(file, "utf-8", newline=""), parts))
    else:
        buffer = io.StringIO(newline="")
        _concatenate(buffer, parts)
        buffer.seek(0)
        write_table(path, _as_frame(buffer))


def write_figures(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write the table of images, CSV or Parquet, atomically."""
    import pandas

    write_table(path, pandas.DataFrame(list(rows)))


def _concatenate(file: TextIO, parts: Sequence[tuple[str, bytes]]) -> None:
    headers = dict.fromkeys(rows[: rows.find(b"\n")] for _, rows in parts if rows)
    columns = list(dict.fromkeys(name for header in headers for name in header.decode().split(",")))
    writer = csv.DictWriter(file, [_FILE, *columns], restval="", lineterminator="\n")
    writer.writeheader()
    for name, rows in parts:
        for row in csv.DictReader(io.StringIO(rows.decode(), newline="")):
            writer.writerow(row | {_FILE: name})
    file.flush()
    if isinstance(file, io.TextIOWrapper):
        file.detach()


def _is_table(path: Path) -> bool:
    if path.suffix.lower() == ".csv":
        with path.open("rb") as file:
            return file.read(len(_FILE) + 1) == f"{_FILE},".encode()
    from pyarrow import ArrowException, parquet

    try:
        return bool(parquet.read_schema(path).names[:1] == [_FILE])
    except (ArrowException, OSError):
        return False


def _as_frame(file: TextIO) -> pandas.DataFrame:
    import pandas

    table = pandas.read_csv(file, dtype={"neighbour_ids": str, _FILE: str})
    if "neighbour_ids" in table:
        ids = table["neighbour_ids"].fillna("")
        table["neighbour_ids"] = [tuple(int(one) for one in words.split()) for words in ids]
    return table
