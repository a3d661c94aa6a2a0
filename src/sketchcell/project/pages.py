"""The pages of a project, built from the newest snapshot and what the journal says since."""

from __future__ import annotations

import shutil
import threading
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
        key = entry.id, plane
        if (page := self.at_hand(*key)) is not None:
            return page
        page, n = self._built(entry, plane)
        with self._lock:
            if key not in self._pages:
                for event in self._history.events(*key, after=n):
                    event.change(page)
                self._pages[key] = page
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
            return sum(len(self._events_since(entry_id, plane)) for plane in self._known_planes(entry_id))

    def needs_compacting(self, entry_id: str) -> bool:
        """Tell whether a snapshot is worth its while."""
        return self.changes(entry_id) >= _MANY

    def compact(self, entry: Entry) -> None:
        """Write a snapshot of what is painted now, if the newest is older; the caller holds `compacting`."""
        folder = self._folder / entry.id
        with self._lock:
            damaged = any(id == entry.id for id, _ in self._damaged)
            if not damaged and not self.changes(entry.id):
                return
            old = self._snapshots.get(entry.id)
            n = max(self._history.n, old.n if old else 0)
            planes = self._known_planes(entry.id)
        fresh = write_snapshot(
            folder, entry, n, ((plane, self._built(entry, plane, n)[0]) for plane in planes)
        )
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

    def _built(self, entry: Entry, plane: Plane, until: int | None = None) -> tuple[Page, int]:
        """Return a page as of some record, the last if none is given, and that record's number."""
        while True:
            with self._lock:
                snapshot = self._snapshot_of(entry.id, plane)
                known = snapshot.n if snapshot else 0
                n = max(self._history.n, known) if until is None else until
                events = self._history.events(entry.id, plane, known, n)
            # Not under the lock: whoever paints elsewhere is not to wait.
            try:
                page = snapshot.page(plane, entry.shape) if snapshot else Page.empty(entry.shape)
            except DamagedError:
                self._found_damaged(entry, plane, snapshot)
                continue
            for event in events:
                event.change(page)
            return page, n

    def _found_damaged(self, entry: Entry, plane: Plane, snapshot: Snapshot | None) -> None:
        with self._lock:
            if self._snapshots.get(entry.id) is not snapshot:
                return  # it was replaced meanwhile, and is gone
            self._damaged.add((entry.id, plane))
            self._notes.append(
                f"A saved copy of what is painted on {entry.name} was damaged; it was made again from the "
                "journal."
            )

    def _known_planes(self, entry_id: str) -> list[Plane]:
        snapshot = self._snapshots.get(entry_id)
        saved = () if snapshot is None else snapshot.marks
        return sorted({*self._history.planes(entry_id), *saved})

    def _snapshot_of(self, entry_id: str, plane: Plane) -> Snapshot | None:
        """Return the snapshot, None if it is of no use for this plane."""
        return None if (entry_id, plane) in self._damaged else self._snapshots.get(entry_id)

    def _events_since(self, entry_id: str, plane: Plane) -> list[Event]:
        snapshot = self._snapshot_of(entry_id, plane)
        return self._history.events(entry_id, plane, snapshot.n if snapshot else 0)

    def _pixels(self, entry_id: str, plane: Plane) -> int:
        snapshot = self._snapshot_of(entry_id, plane)
        mark = snapshot.marks.get(plane) if snapshot else None
        events = self._events_since(entry_id, plane)
        return (mark.pixels if mark else 0) + sum(event.painted for event in events)
