"""The journal's file: opened with what is damaged moved aside, then only ever written to at its end."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from sketchcell.errors import SketchcellError
from sketchcell.images import write_atomically
from sketchcell.project import journal

JOURNAL = "journal.jsonl"


def open_journal(folder: Path) -> tuple[journal.Contents, list[str]]:
    """Read a project's journal and move a damaged end aside.

    Returns
    -------
    contents, notes
        What is in it, and a sentence for the person about each damage.

    Raises
    ------
    SketchcellError
        If the file cannot be read or changed.
    """
    path = folder / JOURNAL
    try:
        data = path.read_bytes() if path.exists() else b""
        contents = journal.read(data)
        notes = _notes_on_skipped(contents)
        if contents.end < len(data):
            notes.append(_moved_aside(path, data[contents.end :], contents.end))
    except OSError as error:
        raise SketchcellError(f"The journal '{path}' cannot be read: {error.strerror or error}.") from error
    return contents, notes


def _notes_on_skipped(contents: journal.Contents) -> list[str]:
    if not contents.skipped:
        return []
    lines = ", ".join(map(str, contents.skipped))
    return [
        f"The project's journal is damaged in the middle (line {lines}). Everything else was read, but "
        "strokes from there may be missing: look over what you painted."
    ]


def _moved_aside(path: Path, tail: bytes, end: int) -> str:
    stem = f"journal.damaged-{journal.utc_now():%Y%m%dT%H%M%S%fZ}"
    aside = path.with_name(stem)
    with aside.open("xb") as file:
        file.write(tail)
        file.flush()
        os.fsync(file.fileno())
    os.truncate(path, end)
    return (
        "The last stroke was not saved completely, as happens when a program or computer stops in the "
        f"middle. Everything before it is there; the rest was moved to {aside.name}."
    )


class JournalFile:
    """The end of a journal that is being written.

    What cannot be written, on a full disk for instance, is kept in memory and written with the next record,
    or by `sync`; half a line is never left in the middle.

    Parameters
    ----------
    folder
        Of the project.
    end
        Bytes of the file that are sound; the rest is cut off.
    n
        Number of the last record.

    Raises
    ------
    SketchcellError
        If the file cannot be opened.
    """

    def __init__(self, folder: Path, end: int, n: int) -> None:
        self.path = folder / JOURNAL
        self.n = n
        self._end = end
        self._waiting: list[bytes] = []
        self._problem: str | None = None
        self._told = False
        self._torn = False
        self._lock = threading.Lock()
        try:
            self._file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666), "r+b", buffering=0)
        except OSError as error:
            raise SketchcellError(
                f"The journal '{self.path}' cannot be written: {error.strerror or error}."
            ) from error

    @property
    def problem(self) -> str | None:
        """A sentence for the person while records cannot be written, None while all is well."""
        return self._problem

    @property
    def holds_records(self) -> bool:
        """Whether there is anything in the file or waiting for it."""
        return self._end > 0 or bool(self._waiting)

    def reopened(self, folder: Path) -> JournalFile:
        """Return the journal, which is closed, opened again in another folder."""
        return JournalFile(folder, self._end, self.n)

    def append(self, kind: str, **fields: Any) -> int:
        """Write a record at once; return its number. Failures wait for `check`."""
        with self._lock:
            self.n += 1
            now = journal.utc_now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
            self._waiting.append(journal.encode({"n": self.n, "t": now, "kind": kind, **fields}))
            self._write()
            return self.n

    def check(self) -> None:
        """Raise SketchcellError if records cannot be written, once until they can again."""
        with self._lock:
            if self._problem is not None and not self._told:
                self._told = True
                raise SketchcellError(self._problem)

    def sync(self) -> bool:
        """Write what waits and have the system put the file on the disk; tell whether that succeeded."""
        with self._lock:
            if os.fstat(self._file.fileno()).st_nlink == 0:
                self._make_again()
            self._write()
        # Without the lock: a disk may take its time, and the next stroke is not to wait for it.
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            with self._lock:
                self._fail(error)
            return False
        with self._lock:
            if not self._waiting:
                self._problem, self._told = None, False
            return not self._waiting

    def close(self) -> None:
        """Write what waits and close the file.

        Raises
        ------
        SketchcellError
            If records are lost.
        """
        safe = self.sync()
        self._file.close()
        if not safe:
            raise SketchcellError(f"{self._problem} The last of them may be lost.")

    def _make_again(self) -> None:
        """Write the whole file anew: somebody has deleted it, but what is open is still there to read."""
        try:
            self._file.seek(0)
            data = self._file.read(self._end)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.path, lambda file: file.write(data))
            fresh = os.fdopen(os.open(self.path, os.O_RDWR), "r+b", buffering=0)
        except (OSError, SketchcellError) as error:
            self._fail(error)
            return
        self._file.close()
        self._file = fresh

    def _write(self) -> None:
        if not self._waiting:
            return
        data = memoryview(b"".join(self._waiting))
        try:
            if self._torn:
                self._file.truncate(self._end)
                self._torn = False
            self._file.seek(self._end)
            end = self._end + len(data)
            while data:
                data = data[self._file.write(data) or 0 :]
        except OSError as error:
            self._torn = True
            with suppress(OSError):
                self._file.truncate(self._end)
                self._torn = False
            self._fail(error)
            return
        self._end = end
        self._waiting.clear()
        self._problem, self._told = None, False

    def _fail(self, error: OSError | SketchcellError) -> None:
        why = getattr(error, "strerror", None) or error
        self._problem = (
            f"What you paint cannot be written to '{self.path}': {why}. Make room on the disk; "
            "strokes are kept in memory until then."
        )
