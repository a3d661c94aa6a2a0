"""All changes of a project in order: what is done, what is undone, and what happened to each plane."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sketchcell.project.entry import Plane
from sketchcell.project.page import Page
from sketchcell.sketch import Edit, Window


class Change(NamedTuple):
    """Where undo or redo has changed a page, and which step that was."""

    entry_id: str
    plane: Plane
    window: Window
    group: int


@dataclass(frozen=True, eq=False)
class RecordedEdit:
    """An edit as the journal holds it; `painted` is how many more pixels are painted after it."""

    entry_id: str
    plane: Plane
    encoded: dict[str, Any]
    painted: int

    @property
    def edit(self) -> Edit:
        """The edit, decoded anew each time: it takes less room as it is."""
        return Edit.decode(self.encoded)


class Event(NamedTuple):
    """One time that an edit was done or undone: by record `n` of the journal."""

    n: int
    recorded: RecordedEdit
    done: bool

    @property
    def edit(self) -> Edit:
        """What happened to the page."""
        edit = self.recorded.edit
        return edit if self.done else edit.inverse()

    @property
    def painted(self) -> int:
        """How many more pixels are painted after it."""
        return self.recorded.painted if self.done else -self.recorded.painted

    def change(self, page: Page | None, group: int = 0) -> Change:
        """Apply what happened to a page, if it is at hand; return where, as a part of a step."""
        edit = self.edit
        if page is not None:
            edit.apply(page.labels, page.boundaries)
        return Change(self.recorded.entry_id, self.recorded.plane, edit.window, group)


@dataclass
class _Step:
    group: int
    edits: list[RecordedEdit] = field(default_factory=list)


class History:
    """Steps that can be undone and redone, across images.

    Edits that follow each other and have the same group are one step.
    """

    def __init__(self) -> None:
        self._done: list[_Step] = []
        self._undone: list[_Step] = []
        self._events: dict[str, dict[Plane, list[Event]]] = {}
        self._n = 0

    @property
    def n(self) -> int:
        """Number of the last record, 0 if there is none."""
        return self._n

    @classmethod
    def replayed(cls, records: Sequence[dict[str, Any]]) -> History:
        """Return the history that a journal tells; undo and redo of what is not there are passed over."""
        history = cls()
        for record in records:
            if record["kind"] == "edit":
                recorded = RecordedEdit(
                    record["entry"], tuple(record["plane"]), record["edit"], record["painted"]
                )
                history.add(record["n"], record["group"], recorded)
            elif record["kind"] == "remove":
                history.remove(record["entry"])
            elif record["kind"] == "undo" and history.group_to_undo == record["group"]:
                history.undo(record["n"])
            elif record["kind"] == "redo" and history.group_to_redo == record["group"]:
                history.redo(record["n"])
        return history

    @property
    def group_to_undo(self) -> int | None:
        """Group of the last step that is done, None if there is none."""
        return self._done[-1].group if self._done else None

    @property
    def group_to_redo(self) -> int | None:
        """Group of the last step that is undone, None if there is none."""
        return self._undone[-1].group if self._undone else None

    def add(self, n: int, group: int, recorded: RecordedEdit) -> None:
        """Add an edit; nothing can be redone after it."""
        self._undone.clear()
        if self.group_to_undo != group:
            self._done.append(_Step(group))
        self._done[-1].edits.append(recorded)
        self._happened(Event(n, recorded, done=True))

    def undo(self, n: int) -> list[Event]:
        """Take back the last step that is done; return what happens, in order."""
        step = self._done.pop()
        self._undone.append(step)
        return [self._happened(Event(n, recorded, done=False)) for recorded in reversed(step.edits)]

    def redo(self, n: int) -> list[Event]:
        """Do the last step that was undone again; return what happens, in order."""
        step = self._undone.pop()
        self._done.append(step)
        return [self._happened(Event(n, recorded, done=True)) for recorded in step.edits]

    @property
    def entry_ids(self) -> list[str]:
        """The images that anything has happened to."""
        return list(self._events)

    def planes(self, entry_id: str) -> list[Plane]:
        """Return the planes of an image that anything has happened to."""
        return list(self._events.get(entry_id, {}))

    def events(self, entry_id: str, plane: Plane, after: int, until: int | None = None) -> list[Event]:
        """Return what happened to a plane after record `after`, up to record `until`, in order."""
        happened = self._events.get(entry_id, {}).get(plane, [])
        first = bisect_right(happened, after, key=lambda event: event.n)
        last = None if until is None else bisect_right(happened, until, key=lambda event: event.n)
        return happened[first:last]

    def remove(self, entry_id: str) -> None:
        """Forget all that happened to an image."""
        for steps in (self._done, self._undone):
            for step in steps:
                step.edits = [recorded for recorded in step.edits if recorded.entry_id != entry_id]
            steps[:] = [step for step in steps if step.edits]
        self._events.pop(entry_id, None)

    def _happened(self, event: Event) -> Event:
        planes = self._events.setdefault(event.recorded.entry_id, {})
        planes.setdefault(event.recorded.plane, []).append(event)
        self._n = event.n
        return event
