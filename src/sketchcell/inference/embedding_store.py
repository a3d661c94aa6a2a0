"""Embeddings that were computed before, kept in memory and on disk, both bounded."""

from __future__ import annotations

import hashlib
import io
import os
import sys
import tempfile
import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FOLDER_VARIABLE = "SKETCHCELL_CACHE"
_SUFFIX = ".embedding"
_DIGEST = hashlib.sha256().digest_size
IN_MEMORY = 500_000_000  # bytes
ON_DISK = 4_000_000_000


def cache_folder() -> Path:
    """Return where embeddings are kept: ``$SKETCHCELL_CACHE``, or else the system's folder for caches."""
    if given := os.environ.get(FOLDER_VARIABLE):
        return Path(given) / "embeddings"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "sketchcell" / "embeddings"


class EmbeddingStore:
    """Arrays by name, in memory and on disk; of either place, what was not used for longest goes first.

    A file holds the SHA-256 of the rest and an array as numpy saves it. Files that are damaged are as if they
    were not there, and so is a disk that cannot be written: an embedding can always be computed again.

    Parameters
    ----------
    folder
        Of the files; None: `cache_folder()`.
    in_memory, on_disk
        Most bytes in each place. One array is kept in memory however large it is.
    """

    def __init__(
        self, folder: Path | None = None, in_memory: int = IN_MEMORY, on_disk: int = ON_DISK
    ) -> None:
        self.folder = cache_folder() if folder is None else folder
        self._in_memory, self._on_disk = in_memory, on_disk
        self._arrays: OrderedDict[str, NDArray[np.float16]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float16] | None:
        """Return an array, None if it is not there or of another shape; not to be written to."""
        with self._lock:
            found = self._arrays.get(name)
            if found is not None:
                self._arrays.move_to_end(name)
        if found is None:
            found = self._read(name)
            if found is not None:
                self._remember(name, found)
        return found if found is not None and found.shape == shape else None

    def put(self, name: str, array: NDArray[np.float16]) -> None:
        """Keep an array."""
        self._remember(name, array)
        with suppress(OSError):
            self._write(name, array)
            self._shrink()

    def _remember(self, name: str, array: NDArray[np.float16]) -> None:
        with self._lock:
            if name in self._arrays:
                self._bytes -= self._arrays.pop(name).nbytes
            self._arrays[name] = array
            self._bytes += array.nbytes
            while self._bytes > self._in_memory and len(self._arrays) > 1:
                self._bytes -= self._arrays.popitem(last=False)[1].nbytes

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}{_SUFFIX}"

    def _read(self, name: str) -> NDArray[np.float16] | None:
        path = self._path(name)
        try:
            data = path.read_bytes()
            if hashlib.sha256(data[_DIGEST:]).digest() != data[:_DIGEST]:
                return None
            array = np.load(io.BytesIO(data[_DIGEST:]), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        with suppress(OSError):
            os.utime(path)  # now is when it was used last
        return array if array.dtype == np.float16 else None

    def _write(self, name: str, array: NDArray[np.float16]) -> None:
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        data = buffer.getvalue()
        if len(data) + _DIGEST > self._on_disk:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(prefix=".", suffix=_SUFFIX, dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(data).digest())
                file.write(data)
            os.replace(unfinished, self._path(name))
        except BaseException:
            with suppress(OSError):
                os.unlink(unfinished)
            raise

    def _shrink(self) -> None:
        """Remove the files that were not used for longest, until the rest is within the bound."""
        files = []
        for path in self.folder.glob(f"*{_SUFFIX}"):
            with suppress(OSError):  # another program may have removed it
                about = path.stat()
                files.append((about.st_mtime_ns, about.st_size, path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= self._on_disk:
                return
            with suppress(OSError):
                path.unlink()
            total -= size
