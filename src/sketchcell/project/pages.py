"""The pages of a project, built from the newest snapshot and what the journal says since."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from sketchcell.project.entry import Entry, Plane
from sketchcell.project.history import Event, History
from sketchcell.project.page import Page
from sketchcell.project.snapshots import (
    DamagedError,
    Snapshot,
    newest_snapshot,
    remove_others,
    write_snapshot,
)

_MANY = 200  # changes after which a new snapshot is worth its while


class Pages:
    """What is painted on each plane of each image.

    Parameters
    ----------
    folder
        Where the snapshots are, a folder an image.
    history
        What happened to the planes.
    notes
        Receives a sentence about what was found damaged.
    whole
        Whether all that happened is in the history.
    """

    def __init__(self, folder: Path, history: History, notes: list[str], *, whole: bool) -> None:
        self._folder = folder
        self._history = history
        self._notes = notes
        self._whole = whole
        self._pages: dict[tuple[str, Plane], Page] = {}
        self._snapshots: dict[str, Snapshot] = {}
        self._damaged: set[tuple[str, Plane]] = set()
        self._lock = threading.RLock()
        self._compacting = threading.Lock()

    @property
    def lock(self) -> threading.RLock:
        """To be held while history and pages change; held only for moments."""
        return self._lock

    @property
    def compacting(self) -> threading.Lock:
        """Held while a snapshot is made."""
        return self._compacting

    def find_snapshot(self, entry: Entry) -> int:
        """Look for an image's newest snapshot; return its record's number, 0 if there is none."""
        folder = self._folder / entry.id
        snapshot = newest_snapshot(folder)
        if snapshot is not None:
            self._snapshots[entry.id] = snapshot
        return 0 if snapshot is None else snapshot.n

    def moved(self, folder: Path) -> None:
        """Take the snapshots from another folder from now on."""
        self._folder = folder
        self._snapshots = {
            id: Snapshot(folder / id / snapshot.folder.name, snapshot.n, snapshot.marks)
            for id, snapshot in self._snapshots.items()
        }

    def page(self, entry: Entry, plane: Plane) -> Page:
        """Return a page; its arrays are live."""
        with self._lock:
            key = entry.id, plane
            if key not in self._pages:
                self._pages[key] = self._built(entry, plane, self._snapshots.get(entry.id), None)
            return self._pages[key]

    def at_hand(self, entry_id: str, plane: Plane) -> Page | None:
        """Return a page if it was built already."""
        return self._pages.get((entry_id, plane))

    def release(self, entry_id: str) -> None:
        """Forget an image's pages; they are built again when asked for."""
        with self._lock:
            for key in [key for key in self._pages if key[0] == entry_id]:
                del self._pages[key]

    def painted_planes(self, entry_id: str) -> list[Plane]:
        """Return the planes that have anything painted, without building pages.

        Where the history is not whole, these are all planes that were ever painted on.
        """
        with self._lock:
            known = self._known_planes(entry_id)
            return [plane for plane in known if not self._whole or self._pixels(entry_id, plane) > 0]

    def changes(self, entry_id: str) -> int:
        """Return how many changes the newest snapshot lacks."""
        with self._lock:
            return sum(
                len(self._history.events(entry_id, plane, self._known_until(entry_id, plane)))
                for plane in self._known_planes(entry_id)
            )

    def needs_compacting(self, entry_id: str) -> bool:
        """Tell whether a snapshot is worth its while."""
        return self.changes(entry_id) >= _MANY

    def compact(self, entry: Entry) -> None:
        """Write a snapshot of what is painted now, if the newest is older; the caller holds `compacting`."""
        folder = self._folder / entry.id
        with self._lock:
            old = self._snapshots.get(entry.id)
            n = max(self._history.n, old.n if old else 0)
            events = {
                plane: self._history.events(entry.id, plane, self._known_until(entry.id, plane))
                for plane in self._known_planes(entry.id)
            }
            missing = any(id == entry.id for id, _ in self._damaged)
        if not missing and not any(events.values()):
            return

        def pages() -> Iterator[tuple[Plane, Page]]:
            for plane, happened in events.items():
                yield plane, self._built(entry, plane, old, happened)

        fresh = write_snapshot(folder, entry, n, pages())
        with self._lock:
            self._snapshots[entry.id] = fresh
            self._damaged = {key for key in self._damaged if key[0] != entry.id}
        remove_others(folder, fresh)

    def remove(self, entry_id: str) -> None:
        """Forget an image and remove its snapshots."""
        with self._lock:
            self.release(entry_id)
            self._snapshots.pop(entry_id, None)
        shutil.rmtree(self._folder / entry_id, ignore_errors=True)

    def _built(
        self, entry: Entry, plane: Plane, snapshot: Snapshot | None, events: list[Event] | None
    ) -> Page:
        """Return a page from a snapshot and the events after it, by default all that there are."""
        page = Page.empty(entry.shape)
        if snapshot is not None and (entry.id, plane) not in self._damaged:
            try:
                page = snapshot.page(plane, entry.shape)
            except DamagedError:
                events = None
                self._found_damaged(entry, plane)
        if events is None:
            with self._lock:
                events = self._history.events(entry.id, plane, self._known_until(entry.id, plane))
        for event in events:
            event.change(page)
        return page

    def _found_damaged(self, entry: Entry, plane: Plane) -> None:
        with self._lock:
            self._damaged.add((entry.id, plane))
            self._notes.append(
                f"A saved copy of what is painted on {entry.name} was damaged; it was made again from the "
                "journal."
            )

    def _known_planes(self, entry_id: str) -> list[Plane]:
        snapshot = self._snapshots.get(entry_id)
        saved = () if snapshot is None else snapshot.marks
        return sorted({*self._history.planes(entry_id), *saved})

    def _known_until(self, entry_id: str, plane: Plane) -> int:
        """Return the last record that the snapshot knows of, 0 if it is of no use for this plane."""
        snapshot = self._snapshots.get(entry_id)
        return 0 if snapshot is None or (entry_id, plane) in self._damaged else snapshot.n

    def _pixels(self, entry_id: str, plane: Plane) -> int:
        known = self._known_until(entry_id, plane)
        mark = self._snapshots[entry_id].marks.get(plane) if known else None
        events = self._history.events(entry_id, plane, known)
        return (mark.pixels if mark else 0) + sum(event.painted for event in events)
