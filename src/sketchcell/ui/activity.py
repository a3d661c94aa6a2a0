"""Long work in napari's activity dock, with a button that cancels it."""

from __future__ import annotations

from collections.abc import Callable

from napari.utils import cancelable_progress
from qtpy.QtCore import QTimer

SHOWN_AFTER = 400
"""Milliseconds until work is shown: what is done sooner would only flicker."""
_EVERY = 150  # ms between refreshes


class Activity:
    """One line of the activity dock; made, changed and closed in the window's thread.

    What is set is shown a little later and from the event loop itself: napari's progress bars let the window
    handle its events while they are drawn, and whoever reports progress must not be surprised by that.

    Parameters
    ----------
    title
        What is going on, in a few words.
    cancel
        Called when a person presses *Cancel*; whoever does the work ends it, and closes the activity.
    """

    def __init__(self, title: str, cancel: Callable[[], object]) -> None:
        self._title, self._cancel = title, cancel
        self._done, self._total = 0, 0
        self._bar: _Bar | None = None
        self._drawing = self._closed = False
        self._timer = QTimer()
        self._timer.timeout.connect(self._draw)
        self._timer.start(SHOWN_AFTER)

    def set(self, done: int, total: int) -> None:
        """Say how far it is; a total of 0 means that nobody knows."""
        self._done, self._total = done, total

    def close(self) -> None:
        """Take the line away; done twice, it does nothing."""
        self._closed = True
        self._timer.stop()
        if self._bar is not None and not self._drawing:
            self._bar.close()

    def _draw(self) -> None:
        if self._drawing:  # the bar, being drawn, let this timer run
            return
        self._drawing = True
        try:
            if self._bar is None:
                self._timer.setInterval(_EVERY)
                self._bar = _Bar(desc=self._title, total=self._total, cancel_callback=self._cancel, gui=True)
            if not self._closed:
                self._bar.show(self._done, self._total)
        finally:
            self._drawing = False
        if self._closed:  # meanwhile
            self._bar.close()


class _Bar(cancelable_progress):  # type: ignore[misc]
    """Progress that is reported by hand; napari's own calls back only when it is iterated over."""

    def cancel(self) -> None:
        """Call back, once."""
        if not self.is_canceled:
            super().cancel()
            if self.cancel_callback is not None:
                self.cancel_callback()

    def show(self, done: int, total: int) -> None:
        """Move the bar, forwards or back."""
        if total != self._total:
            self.total = total
        if done != self.n:
            self.update(done - self.n)
