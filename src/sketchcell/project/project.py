"""A project: images, what is painted on them, instances, models and settings, kept as they change."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from filelock import BaseFileLock
from numpy.typing import ArrayLike, NDArray

from sketchcell.errors import SketchcellError
from sketchcell.project import model_folders
from sketchcell.project.background import Background
from sketchcell.project.catalogue import Catalogue, is_project, read_entries
from sketchcell.project.entry import Entry, Plane
from sketchcell.project.history import Change, Event, History, RecordedEdit
from sketchcell.project.image_files import kept_image
from sketchcell.project.image_list import ImageList
from sketchcell.project.instance_files import InstanceFiles
from sketchcell.project.journal_file import JournalFile, open_journal
from sketchcell.project.locating import relative_to
from sketchcell.project.lock import lock
from sketchcell.project.moving import move_folder, project_folder
from sketchcell.project.page import LARGEST_ID, Page
from sketchcell.project.pages import Pages
from sketchcell.project.places import unsaved_folder
from sketchcell.project.settings import Settings
from sketchcell.sketch import Edit

if TYPE_CHECKING:
    from sketchcell.model import Model


class Project(ImageList):
    """A folder that holds all of a piece of work; made by `create` or `open`, closed by `close` or ``with``.

    Changes are on disk when a method returns, and safe from a power cut about a second later. Methods may be
    called from any thread; those that say so take a while.

    Parameters
    ----------
    folder
        Of the project, which is there.
    held
        Its lock.

    Attributes
    ----------
    folder
        Where the project is.
    notes
        Sentences for the person about what was found damaged.
    """

    def __init__(self, folder: Path, held: BaseFileLock) -> None:
        self._background = Background(self._keep)
        super().__init__(folder, Catalogue(folder, read_entries(folder)), self._background.request)
        self._held = held
        self._closed = False
        contents, self.notes = open_journal(folder)
        self._settings = Settings(folder, self.notes)
        self._history = History.replayed(contents.records)
        self._group = max((record.get("group", 0) for record in contents.records), default=0)
        last = max(self._history.n, contents.records[-1]["n"] if contents.records else 0)
        self._pages = Pages(folder / "sketches", self._history, self.notes, whole=not contents.skipped)
        self._lock = self._pages.lock
        known = [self._pages.find_snapshot(entry) for entry in self._catalogue]
        self._journal = JournalFile(folder, contents.end, max([last, *known]))
        self._keeping = threading.RLock()
        self._instances = InstanceFiles(folder / "instances")
        for entry_id in self._history.entry_ids:
            if entry_id not in self._catalogue:
                self._forget(entry_id)
        for entry in self._catalogue:
            if entry.state == "untouched" and self._pages.painted_planes(entry.id):
                self._catalogue.change(entry.id, state="sketched")

    @classmethod
    def create(cls, folder: str | os.PathLike[str]) -> Project:
        """Make a project; its folder gets the ending ``.sketchcell`` if it has none.

        Raises
        ------
        SketchcellError
            If something is there already, or nothing can be written there.
        """
        path = project_folder(Path(os.path.abspath(folder)))
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise SketchcellError(f"'{path}' is there already; open it, or choose another name.")
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SketchcellError(f"'{path}' cannot be made: {error.strerror or error}.") from error
        catalogue = Catalogue(path, [])
        catalogue.file.changed()
        catalogue.file.write()
        return cls.open(path)

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Project:
        """Open a project; see `notes` for what was damaged.

        Raises
        ------
        SketchcellError
            If it is no project, is open elsewhere, cannot be written, or was written by a newer version.
        """
        path = Path(os.path.abspath(folder))
        if not is_project(path):
            read_entries(path)
        held = lock(path)
        try:
            return cls(path, held)
        except BaseException:
            held.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Make snapshots of what has changed and let go of the folder; takes a while.

        An unsaved project on which nothing was ever painted is removed.

        Raises
        ------
        SketchcellError
            If something could not be written; the project is closed all the same.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._background.close()
        try:
            with self._pages.compacting:
                for entry in self._catalogue:
                    # The journal has it all.
                    with suppress(SketchcellError):
                        self._pages.compact(entry)
            self._catalogue.file.write()
            self._settings.file.write()
        finally:
            try:
                self._journal.close()
            finally:
                self._held.release()
        if self.unsaved and not self._journal.holds_records:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def unsaved(self) -> bool:
        """Whether nobody has given the project a place yet."""
        return self.folder.parent == unsaved_folder()

    @property
    def problem(self) -> str | None:
        """A sentence for the person while strokes cannot be written, None while all is well."""
        return self._journal.problem

    def remove(self, entry_id: str) -> None:
        """Remove an image and all that is painted on it; the image itself stays where it is."""
        entry = self._catalogue[entry_id]
        with self._pages.compacting, self._lock:
            self._require_open()
            self._catalogue.remove(entry_id)
            self._forget(entry_id)
            self._pages.remove(entry_id)
        self._instances.remove(entry_id)
        if entry.path is None:
            kept_image(self.folder, entry_id).unlink(missing_ok=True)

    def page(self, entry_id: str, plane: Plane = ()) -> Page:
        """Return what is painted on a plane; the arrays are live: `record`, `undo` and `redo` change them."""
        entry = self._catalogue[entry_id]
        return self._pages.page(entry, entry.checked(plane))

    def release(self, entry_id: str) -> None:
        """Forget an image's pages; `page` builds them anew, and arrays given out before are not live."""
        self._pages.release(entry_id)

    def painted_planes(self, entry_id: str) -> list[Plane]:
        """Return the planes of an image that have anything painted, without building pages."""
        return self._pages.painted_planes(self._catalogue[entry_id].id)

    def new_group(self) -> int:
        """Return a number for the edits of a gesture, which are undone together."""
        with self._lock:
            self._group += 1
            return self._group

    def record(self, entry_id: str, plane: Plane, edit: Edit, group: int) -> None:
        """Apply an edit to its page and write it to the journal.

        Edits that follow each other with the same `group` are one step of undo. Nothing can be redone after.

        Raises
        ------
        SketchcellError
            If an id is too large; then nothing has happened. Also, once, if the disk cannot be written: then
            the edit is kept in memory and written as soon as that is possible.
        ValueError
            If there is no such plane, or the edit is not one of it.
        """
        entry = self._catalogue[entry_id]
        plane = entry.checked(plane)
        _require_fit(edit, entry)
        recorded = RecordedEdit(entry.id, plane, edit.encode(), edit.painted)
        with self._lock:
            self._require_open()
            page = self._pages.at_hand(entry.id, plane)
            if page is not None:
                edit.apply(page.labels, page.boundaries)
            n = self._journal.append(
                "edit",
                group=group,
                entry=entry.id,
                plane=list(plane),
                painted=recorded.painted,
                edit=recorded.encoded,
            )
            self._history.add(n, group, recorded)
            self._group = max(self._group, group)
            if entry.state == "untouched":
                self._catalogue.change(entry.id, state="sketched")
            self._save_soon()
        self._journal.check()

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return self._history.group_to_undo is not None

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to redo."""
        return self._history.group_to_redo is not None

    def undo(self) -> list[Change]:
        """Undo the last step, on whichever images it was; return where, [] if there is nothing to undo."""
        with self._lock:
            self._require_open()
            group = self._history.group_to_undo
            if group is None:
                return []
            return self._applied(self._history.undo(self._journal.append("undo", group=group)), group)

    def redo(self) -> list[Change]:
        """Do the last undone step again; return where, [] if there is nothing to redo."""
        with self._lock:
            self._require_open()
            group = self._history.group_to_redo
            if group is None:
                return []
            return self._applied(self._history.redo(self._journal.append("redo", group=group)), group)

    def needs_compacting(self, entry_id: str) -> bool:
        """Tell whether so much has happened to an image that `compact` is worth its while."""
        return self._pages.needs_compacting(entry_id)

    def compact(self, entry_id: str) -> None:
        """Write a snapshot of what is painted on an image, from a background thread: takes a while.

        Raises
        ------
        SketchcellError
            If it cannot be written; nothing is lost.
        """
        with self._pages.compacting:
            self._require_open()
            self._pages.compact(self._catalogue[entry_id])

    def save_instances(self, entry_id: str, plane: Plane, instances: ArrayLike) -> None:
        """Keep the last segmentation of a plane, int32 (H, W), from a background thread: takes a while.

        Raises
        ------
        SketchcellError
            If it cannot be written.
        """
        entry = self._catalogue[entry_id]
        self._instances.save(entry, entry.checked(plane), instances)

    def instances(self, entry_id: str, plane: Plane = ()) -> NDArray[np.int32] | None:
        """Return the last segmentation of a plane, int32 (H, W), None if there is none."""
        entry = self._catalogue[entry_id]
        return self._instances.read(entry, entry.checked(plane))

    def save_model(self, model: Model) -> Path:
        """Keep a model; return its folder. Raises SketchcellError if it cannot be written."""
        return model_folders.save_next(self.folder, model)

    def load_model(self, device: str = "cpu") -> Model | None:
        """Return the newest model, None if there is none. Raises SketchcellError if it is damaged."""
        return model_folders.load_newest(self.folder, device)

    @property
    def settings(self) -> dict[str, Any]:
        """Whatever JSON can hold, such as family, network and parameters; a copy: assign it to change it."""
        return self._settings.copy()

    @settings.setter
    def settings(self, values: dict[str, Any]) -> None:
        self._settings.replace(values)
        self._save_soon()

    def move_to(self, folder: str | os.PathLike[str]) -> None:
        """Move the project to another folder, which must not be there; it stays open. Takes a while.

        Raises
        ------
        SketchcellError
            If that is not possible; then it stays where it is.
        """
        target = project_folder(Path(os.path.abspath(folder)))
        with self._pages.compacting, self._lock, self._keeping:
            self._require_open()
            if not self._keep():
                raise SketchcellError(self.problem or f"'{self.folder}' cannot be written.")
            # Open files cannot be moved everywhere.
            self._journal.close()
            self._held.release()
            try:
                move_folder(self.folder, target)
                self.folder = target
            finally:
                self._held = lock(self.folder)
                self._journal = self._journal.reopened(self.folder)
            for file in (self._catalogue.file, self._settings.file):
                file.path = self.folder / file.path.name
            self._pages.moved(self.folder / "sketches")
            self._instances.folder = self.folder / "instances"
            for entry in self._catalogue:
                if entry.path is not None:
                    self._change(entry.id, relative=relative_to(entry.path, self.folder))

    def _keep(self) -> bool:
        """Have all that was written put on the disk; tell whether that succeeded."""
        with self._keeping:
            safe = self._journal.sync()
            for file in (self._catalogue.file, self._settings.file):
                if not file.path.exists():  # somebody has deleted it
                    file.changed()
            try:
                self._catalogue.file.write()
                self._settings.file.write()
            except SketchcellError:
                return False
            return safe

    def _forget(self, entry_id: str) -> None:
        self._journal.append("remove", entry=entry_id)
        self._history.remove(entry_id)

    def _applied(self, events: list[Event], group: int) -> list[Change]:
        self._save_soon()
        return [
            event.change(self._pages.at_hand(event.recorded.entry_id, event.recorded.plane), group)
            for event in events
        ]

    def _require_open(self) -> None:
        if self._closed:
            raise ValueError(f"the project '{self.folder}' is closed")


def _require_fit(edit: Edit, entry: Entry) -> None:
    if edit.shape != entry.shape:
        raise ValueError(f"an edit of {edit.shape} is not one of planes of {entry.shape}")
    values = edit.labels[:, 2:]
    if len(values) and values.min() < 0:
        raise ValueError("labels are not negative")
    if len(values) and values.max() > LARGEST_ID:
        raise SketchcellError(
            f"There are more than {LARGEST_ID} ids; paint with ids up to {LARGEST_ID} only."
        )
