"""Which long work is shown in napari's activity dock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from sketchcell.ui.activity import Activity
from sketchcell.ui.state import State

TITLES = {
    "progress": "Segmenting the whole image",
    "fetching": "Fetching a network",
    "opening": "Opening an image",
    "importing": "Importing labels",
    "batch": "Segmenting many images",
    "exporting": "Exporting",
    "measuring": "Measuring cells",
}
"""What is going on while a field of the state is not None."""
_STEPS = 1000


class Activities:
    """Shows a line for each piece of long work, as long as it lasts.

    Parameters
    ----------
    state
        Says how far each is: the same numbers that the panels show.
    cancels
        Ends each, by the names in `TITLES`.
    """

    def __init__(self, state: State, cancels: Mapping[str, Callable[[], object]]) -> None:
        self._cancels = cancels
        self._shown: dict[str, Activity] = {}
        self._events = [
            (getattr(state.events, name), partial(self._on_share, name)) for name in sorted(TITLES)
        ]
        for event, follow in self._events:
            event.connect(follow)

    def close(self) -> None:
        """Take all lines away."""
        for event, follow in self._events:
            event.disconnect(follow)
        for activity in self._shown.values():
            activity.close()
        self._shown.clear()

    def _on_share(self, name: str, share: float | None) -> None:
        if share is None:
            shown = self._shown.pop(name, None)
            if shown is not None:
                shown.close()
            return
        if name not in self._shown:
            self._shown[name] = Activity(TITLES[name], self._cancels[name])
        if share > 0:
            self._shown[name].set(round(_STEPS * share), _STEPS)
