"""Small work that may wait a moment and must not hold up the caller."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Background:
    """A thread that does the same work after each request, at most once in a while.

    Parameters
    ----------
    work
        Returns whether it succeeded; if not, it is tried again after the interval. Must not raise.
    interval
        Seconds between two times.
    """

    def __init__(self, work: Callable[[], bool], interval: float = 1.0) -> None:
        self._work = work
        self._interval = interval
        self._wanted = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def request(self) -> None:
        """Have the work done soon; returns at once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sketchcell project", daemon=True)
            self._thread.start()
        self._wanted.set()

    def close(self) -> None:
        """Stop; work that was requested and not begun is left undone."""
        self._stop.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            if self._stop.is_set():
                return
            self._wanted.clear()
            if not self._work():
                self._wanted.set()
            self._stop.wait(self._interval)
