"""Taking up networks that others have trained: from the catalogue, from a file, or from a model folder."""

from __future__ import annotations

from typing import Any

from sketchcell.errors import SketchcellError
from sketchcell.inference import Progress
from sketchcell.pretrained import Imported, resolving
from sketchcell.ui.jobs import Job
from sketchcell.ui.layers import planes_of
from sketchcell.ui.models import take_up
from sketchcell.ui.notify import inform, tell
from sketchcell.ui.state import State


class Fetcher:
    """Downloads, if need be, and imports in the background; one at a time.

    Parameters
    ----------
    state
        As everywhere.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._job: Job | None = None
        self._word = ""
        state.events.learn.connect(self._on_learn)

    def close(self) -> None:
        """Stop, and wait for the thread."""
        if self._job is not None:
            Job.end_all([self._job])
        self.cancel()

    def fetch(self, word: str) -> None:
        """Take up what a word stands for: a name of the catalogue, a file of weights, or a model's folder.

        Raises
        ------
        SketchcellError
            While learning, or while another one is fetched.
        """
        state = self._state
        if state.learn:
            raise SketchcellError("Stop learning before taking up another network.")
        if self._job is not None:
            raise SketchcellError(f"'{self._word}' is being fetched; wait for it, or cancel it.")
        channels = None if state.image is None else planes_of(state.image).channel_count
        self._word = word
        state.fetching = 0.0
        state.message = f"Fetching '{word}'…"
        self._job = Job(
            resolving(word, channels=channels),
            on_items=self._on_items,
            on_done=self._on_done,
            on_error=self._on_error,
        ).start()

    def cancel(self) -> None:
        """Give up; what was downloaded is kept, and the rest comes the next time."""
        if self._job is not None:
            self._job.stop()
            self._job = None
            self._state.message = ""
        self._state.fetching = None

    def _on_learn(self, learn: bool) -> None:
        if learn:
            self.cancel()

    def _on_items(self, items: list[Any]) -> None:
        last = items[-1]
        if isinstance(last, Progress):
            self._state.fetching = last.done / max(last.total, last.done, 1)

    def _on_done(self, imported: Imported) -> None:
        self._job = None
        self._state.fetching = None
        take_up(self._state, imported.model, self._word)
        if imported.notes:
            inform(" ".join(imported.notes))

    def _on_error(self, error: Exception) -> None:
        self._job = None
        self._state.fetching = None
        self._state.message = ""
        tell(error)
