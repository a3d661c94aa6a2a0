"""The table of all cells and the one of all images, put together from those of each image."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
from numpy.typing import NDArray

from sketchcell.images import Planes, write_atomically
from sketchcell.inference import Progress
from sketchcell.measure import measure, write_table

if TYPE_CHECKING:
    import pandas

_FILE = "file"


def measuring_cells(
    labels: Sequence[NDArray[Any]], planes: Planes, pixel_size: Mapping[str, float]
) -> Generator[Progress, None, tuple[bytes, tuple[dict[str, Any], ...]]]:
    """Measure the cells of an image.

    Returns
    -------
    rows
        The table as CSV with a header.
    figures
        One row a plane for the table of images.
    """
    import pandas

    tables, figures = [], []
    columns = ["plane"] if len(planes.leading) == 1 else [f"plane_{n}" for n in range(len(planes.leading))]
    for number, index in enumerate(np.ndindex(*planes.leading)):
        place = dict(zip(columns, map(int, index), strict=True))
        table = measure(labels[number], planes.read(tuple(place.values())))
        figures.append(place | {"cells": len(table)})
        for column, (name, value) in enumerate(place.items()):
            table.insert(column, name, value)
        tables.append(table)
        yield Progress(number + 1, len(labels), "measuring")
    return _as_csv(pandas.concat(tables, ignore_index=True)), tuple(figures)


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


def _as_csv(table: pandas.DataFrame) -> bytes:
    if "neighbour_ids" in table:
        table = table.assign(neighbour_ids=[" ".join(map(str, ids)) for ids in table["neighbour_ids"]])
    content: bytes = table.to_csv(index=False, lineterminator="\n").encode()
    return content


def _as_frame(file: TextIO) -> pandas.DataFrame:
    import pandas

    table = pandas.read_csv(file, dtype={"neighbour_ids": str, _FILE: str})
    if "neighbour_ids" in table:
        ids = table["neighbour_ids"].fillna("")
        table["neighbour_ids"] = [tuple(int(one) for one in words.split()) for words in ids]
    return table
