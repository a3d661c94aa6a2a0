"""What has been done in a folder of results: one line an image, and the rows of its cells."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock, Timeout

from sketchcell.errors import SketchcellError

#: Folder inside the folder of results.
RUN = ".sketchcell-run"
_JOURNAL, _ROWS, _LOCK, _WORK, _TILES = "journal.jsonl", "rows.csv", "lock", "work", "tiles"


@dataclass(frozen=True)
class Record:
    """A finished image.

    Attributes
    ----------
    output
        Its labels, below the folder of results, with ``/``.
    key
        A hash of the model and all options that change the labels.
    source
        Size in bytes and time of change (ns) of the image.
    result
        The same of the labels.
    cells
        How many there are.
    warnings
        What the person should know about them.
    rows
        Where in the file of rows those of the cells begin and end; None if they were not measured.
    figures
        One row a plane for the table of images.
    """

    output: str
    key: str
    source: tuple[int, int]
    result: tuple[int, int]
    cells: int
    warnings: tuple[str, ...] = ()
    rows: tuple[int, int] | None = None
    figures: tuple[dict[str, Any], ...] = field(default=())


class Journal:
    """The records of a folder of results; one program at a time may hold it.

    A line that was cut off, because the computer went off or the disk was full, is left out: its image counts
    as not done.

    Parameters
    ----------
    out
        The folder of results.

    Raises
    ------
    SketchcellError
        If another program writes into the folder, or nothing can be written there.
    """

    def __init__(self, out: Path) -> None:
        self.folder = out / RUN
        #: For files that are not finished; emptied when a run begins.
        self.work = self.folder / _WORK
        #: For tiles of large images that are done; emptied when a run is complete.
        self.tiles = self.folder / _TILES
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(self.folder / _LOCK, timeout=0, thread_local=False)
            self._lock.acquire()
        except Timeout as error:
            raise SketchcellError(
                f"Another run writes into {out}: wait until it is done, or choose another folder."
            ) from error
        except OSError as error:
            raise SketchcellError(f"Nothing can be written into {out}: {error.strerror or error}.") from error
        rows = self.folder / _ROWS
        there = rows.stat().st_size if rows.exists() else 0
        self.records = {
            record.output: _with_rows_in(there, record) for record in _read(self.folder / _JOURNAL)
        }

    def append(self, finished: Sequence[tuple[Record, bytes | None]]) -> list[Record]:
        """Note finished images and the rows of their cells, safely on the disk when this returns.

        Raises
        ------
        OSError
            If that is not possible.
        """
        noted = []
        with (self.folder / _ROWS).open("ab") as rows, (self.folder / _JOURNAL).open("ab+") as lines:
            for record, table in finished:
                if table is not None:
                    start = rows.tell()
                    rows.write(table)
                    record = replace(record, rows=(start, rows.tell()))
                noted.append(record)
            _sync(rows)
            _end_line(lines)
            for record in noted:
                lines.write(json.dumps(asdict(record)).encode() + b"\n")
            _sync(lines)
        self.records |= {record.output: record for record in noted}
        return noted

    def rows(self, record: Record) -> bytes:
        """Return the rows of an image's cells: CSV with its own header, empty if there is no cell."""
        if record.rows is None:
            return b""
        start, stop = record.rows
        with (self.folder / _ROWS).open("rb") as file:
            file.seek(start)
            return file.read(stop - start)

    def close(self) -> None:
        """Let others use the folder; where nothing was done, no trace is left."""
        self._lock.release()
        if not (self.folder / _JOURNAL).exists():
            with contextlib.suppress(OSError):
                (self.folder / _LOCK).unlink(missing_ok=True)
                self.folder.rmdir()


def outputs_in(folder: Path) -> frozenset[str]:
    """Return the results of earlier runs into a folder, as names below it."""
    path = folder / RUN / _JOURNAL
    try:
        about = path.stat()
    except OSError:
        return frozenset()
    return _outputs(path, about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=64)
def _outputs(path: Path, _size: int, _changed: int) -> frozenset[str]:
    return frozenset(record.output for record in _read(path))


def _read(path: Path) -> list[Record]:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SketchcellError(f"{path} cannot be read: {error.strerror or error}.") from error
    found = []
    for line in lines:
        try:
            said = json.loads(line)
            for name in ("source", "result", "warnings", "figures", "rows"):
                said[name] = None if said[name] is None else tuple(said[name])
            found.append(Record(**said))
        except (ValueError, TypeError, KeyError):
            continue
    return found


def _with_rows_in(size: int, record: Record) -> Record:
    """Return a record that does not speak of rows which are lost, so that they are measured again."""
    return record if record.rows is None or record.rows[1] <= size else replace(record, rows=None)


def _end_line(file: BinaryIO) -> None:
    """Begin a new line after one that was cut off."""
    if file.seek(0, os.SEEK_END):
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
