"""Long work in a thread of its own: a generator runs there, what it yields arrives in the window's thread."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any, ClassVar

from qtpy.QtCore import QObject, Qt, Signal  # type: ignore[attr-defined]

_DELIVER_EVERY = 0.04  # seconds: what is yielded faster is delivered together
_NICENESS = 5
_TURN = (
    0.001  # seconds that a job's Python may keep the window waiting; Python's own default is five times that
)


class Job(QObject):
    """Runs a generator in a thread, and its callbacks in the thread that made the job.

    After `stop` nothing is delivered any more, so that whoever stops a job never hears old news from it; the
    thread ends at the generator's next yield.

    Parameters
    ----------
    steps
        The work.
    on_items
        Called with a list of what was yielded since the last time.
    on_done
        Called with what the generator returned.
    on_error
        Called with what it raised.
    """

    _news = Signal()
    _running: ClassVar[set[Job]] = set()
    _usual_turn: ClassVar[float] = sys.getswitchinterval()

    def __init__(
        self,
        steps: Generator[Any, None, Any],
        *,
        on_items: Callable[[list[Any]], None] | None = None,
        on_done: Callable[[Any], None] | None = None,
        on_error: Callable[[Exception], None] | None = None,
    ) -> None:
        super().__init__()
        self._steps = steps
        self._on_items, self._on_done, self._on_error = on_items, on_done, on_error
        self._items: deque[Any] = deque()
        self._end: tuple[Any, Exception | None] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sketchcell", daemon=True)
        self._news.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def start(self) -> Job:
        """Begin."""
        if not self._running:
            Job._usual_turn = sys.getswitchinterval()
            sys.setswitchinterval(_TURN)
        self._running.add(self)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Deliver nothing more, and end at the next yield; does not wait."""
        self._stop.set()
        self._on_items = self._on_done = self._on_error = None

    @property
    def is_alive(self) -> bool:
        """Whether the thread still runs."""
        return self._thread.is_alive()

    def wait(self, seconds: float = 30) -> None:
        """Wait until the work is done; nothing of it is delivered any more."""
        self._on_items = self._on_done = self._on_error = None
        self._thread.join(seconds)
        self._leave()

    @classmethod
    def end_all(cls, jobs: list[Job], seconds: float = 30) -> None:
        """Stop jobs and wait for their threads."""
        for job in jobs:
            job.stop()
        deadline = time.monotonic() + seconds
        for job in jobs:
            if job._thread.ident is not None:
                job._thread.join(max(0.0, deadline - time.monotonic()))
            job._leave()

    def _run(self) -> None:
        _step_back()
        result, error, delivered = None, None, 0.0
        try:
            for item in _drained(self._steps, self._stop):
                if isinstance(item, _Result):
                    result = item.value
                    break
                self._items.append(item)
                if time.monotonic() - delivered >= _DELIVER_EVERY:
                    self._tell()
                    delivered = time.monotonic()
        except Exception as raised:
            error = raised
        self._end = (result, error)
        self._tell()

    def _leave(self) -> None:
        if self in self._running:
            self._running.discard(self)
            if not self._running:
                sys.setswitchinterval(self._usual_turn)

    def _tell(self) -> None:
        with suppress(RuntimeError):  # the window is gone, and Qt's half of this object with it
            self._news.emit()

    def _deliver(self) -> None:
        end = self._end  # read first: items come before the end
        items = [self._items.popleft() for _ in range(len(self._items))]
        if items and self._on_items is not None:
            self._on_items(items)
        if end is None or self not in self._running:
            return
        self._leave()
        on_done, on_error = self._on_done, self._on_error
        stopped = self._stop.is_set()
        self.stop()  # lets go of the callbacks
        result, error = end
        if error is not None and on_error is not None:
            on_error(error)
        elif error is None and on_done is not None and not stopped:
            on_done(result)


class _Result:
    def __init__(self, value: Any) -> None:
        self.value = value


def _drained(steps: Generator[Any, None, Any], stop: threading.Event) -> Generator[Any, None, None]:
    """Yield what the generator yields, and at last its result, until told to stop."""
    try:
        while not stop.is_set():
            try:
                item = next(steps)
            except StopIteration as end:
                yield _Result(end.value)
                return
            yield item
    finally:
        steps.close()


def _step_back() -> None:
    """Let the window's thread go first; on Linux niceness belongs to a thread, and torch's own inherit it."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
