"""A JSON file that follows something in memory."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sketchcell.images import write_atomically


class JsonFile:
    """A file that is written, whole or not at all, after what it describes has changed.

    Parameters
    ----------
    path
        Of the file; may be set to another one.
    describe
        Returns what is to be written.
    """

    def __init__(self, path: Path, describe: Callable[[], Any]) -> None:
        self.path = path
        self._describe = describe
        self._changed = False
        self._lock = threading.Lock()

    def changed(self) -> None:
        """Remember that the file is out of date."""
        self._changed = True

    def write(self) -> None:
        """Bring the file up to date.

        Raises
        ------
        SketchcellError
            If it cannot be written; it stays out of date.
        """
        with self._lock:
            if not self._changed:
                return
            self._changed = False
            try:
                data = (json.dumps(self._describe(), indent=1) + "\n").encode("ascii")
                write_atomically(self.path, lambda file: file.write(data))
            except BaseException:
                self._changed = True
                raise
