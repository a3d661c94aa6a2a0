"""The project behind the window: which image is open, where its strokes are kept, and what comes next."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image
from psygnal import Signal

from sketchcell.errors import SketchcellError
from sketchcell.images import Planes, open_image
from sketchcell.project import (
    SUFFIX,
    Entry,
    Project,
    array_hash,
    content_hash,
    create_unsaved,
    find_unsaved,
)
from sketchcell.ui.frame import Frame
from sketchcell.ui.jobs import Job
from sketchcell.ui.layers import (
    choose_channels,
    note_entry,
    note_project,
    noted_entry,
    noted_project,
    planes_of,
)
from sketchcell.ui.models import take_up
from sketchcell.ui.notify import inform, tell
from sketchcell.ui.opening import Opening
from sketchcell.ui.reading import Reading
from sketchcell.ui.state import State


class Projects:
    """Makes, opens and closes projects, and finds the place of an image in them.

    There is always one: what is painted before anybody has thought of a project is kept in the user's own
    folder, and found again when the same image is opened after an accident.

    Parameters
    ----------
    viewer
        Where images are opened.
    state
        As everywhere.
    """

    listed = Signal()
    """The images of the project, or their states, have changed."""
    leaving = Signal()
    """The project is about to be closed for another one."""
    recovered = Signal(object)
    """Strokes of an earlier session are there for the open image: the folder of their project."""

    def __init__(self, viewer: ViewerModel, state: State) -> None:
        self._viewer, self._state = viewer, state
        self.reading = Reading(self._open_entry)
        self._jobs: list[Job] = []
        self.opening = Opening(viewer, state)
        self._sketched: set[str] = set()
        self._keeping: list[Job] = []

    def close(self) -> None:
        """Close the project; all that is painted is on disk then."""
        for job in self._keeping:
            job.wait()
        self._keeping = []
        self.opening.close()
        Job.end_all(self._jobs)
        self._jobs = []
        project = self._state.project  # it stays in the state: panels may be gone already
        if project is None:
            return
        mine = {entry.id for entry in project.entries}
        for layer in self._viewer.layers:
            if isinstance(layer, Image) and noted_entry(layer) in mine:
                note_project(layer, project.folder)
        try:
            project.close()
        except SketchcellError as error:
            tell(error)

    def enter(self, image: Image, frame: Frame) -> str:
        """Return the id of an image layer in the project; an image that is new is added."""
        project = self._state.project or self._opened_before(image)
        if project is None:
            project = self._state.project = create_unsaved()
        entry = self._find(project, image, frame)
        if entry is None:
            path = None if image.source.path is None else Path(image.source.path)
            entry = project.add_open(
                path if path is not None and path.exists() else None,
                frame.planes.shape,
                frame.planes.leading,
                name=image.name,
            )
            self._start(Job(_hash(image, path), on_done=self._hashed(project, entry), on_error=_ignore))
        note_entry(image, entry.id)
        self.reading.use(entry.id, frame.planes)
        self.listed.emit()
        return entry.id

    def choose_channels(self, image: Image, channels: tuple[int, ...] | None) -> None:
        """Learn from some channels of an image, and of all others; None: from all of them."""
        choose_channels(image, channels)
        project = self._state.project
        if project is None:
            return
        self.reading.forget()
        for entry in project.entries:
            project.set_scene(entry.id, {} if channels is None else {"channels": list(channels)})
        self.reading.use(self._state.entry, planes_of(image))

    @property
    def entries(self) -> Sequence[Entry]:
        """The images of the project, in order."""
        return () if self._state.project is None else self._state.project.entries

    @property
    def folder(self) -> Path | None:
        """Where the project was saved; None while nobody has."""
        project = self._state.project
        return None if project is None or project.unsaved else project.folder

    def save_as(self, folder: Path) -> None:
        """Keep the project in a folder of the person's choice from now on.

        Raises
        ------
        SketchcellError
            When that is taken, or cannot be written.
        """
        folder = folder if folder.suffix == SUFFIX else folder.with_name(folder.name + SUFFIX)
        if self._state.project is None:
            self._state.project = Project.create(folder)
        else:
            self._state.project.move_to(folder)
            self._keep_images_from_memory(self._state.project)
        self.listed.emit()
        inform(f"The project is kept in '{folder}': every stroke is saved as you paint.")

    def open(self, folder: Path) -> None:
        """Open a project, and its first image that is not yet approved.

        Raises
        ------
        SketchcellError
            When it is none, is damaged, or is open elsewhere.
        """
        if self._state.project is not None and self._state.project.folder == folder:
            return
        project = Project.open(folder)
        self._leave()
        self._take_up(project)
        self.listed.emit()
        waiting = [entry for entry in project.entries if entry.state != "approved"]
        for entry in (waiting or list(project.entries))[:1]:
            self.opening.go(entry.id)

    def new(self, folder: Path) -> None:
        """Begin an empty project in a folder; the present one is closed, with all that is in it on disk.

        The image in view is the first of the new one.

        Raises
        ------
        SketchcellError
            When that is taken, or cannot be written.
        """
        project = Project.create(folder)
        image = self._state.image
        self._leave()
        self._state.project, self._state.model = project, None
        self.listed.emit()
        if image is not None:
            self.opening.ready.emit(image, False)
        inform(f"The new project is kept in '{project.folder}': every stroke is saved as you paint.")

    def add_files(self, paths: Sequence[Path]) -> None:
        """List images; they are opened when they are looked at."""
        if self._state.project is None:
            self._state.project = create_unsaved()
        known = {entry.path for entry in self.entries}
        new = [path for path in paths if path.resolve() not in known]
        if new:
            self._start(Job(_describe(new), on_items=self._on_described, on_error=tell))

    def step(self, by: int) -> None:
        """Go to the image that many places further down the list."""
        ids = [entry.id for entry in self.entries]
        if not ids:
            return
        at = ids.index(self._state.entry) if self._state.entry in ids else -min(by, 0)
        there = at + by
        if 0 <= there < len(ids):
            self.opening.go(ids[there])
        else:
            inform("This is the last image." if by > 0 else "This is the first image.")

    def touched(self, entry_id: str) -> None:
        """Show in the list that something was painted on an image."""
        if entry_id not in self._sketched:
            self._sketched.add(entry_id)
            self.listed.emit()

    def set_state(self, state: str, entry_id: str | None = None) -> None:
        """Note how far the work on an image is."""
        project = self._state.project
        entry_id = entry_id or self._state.entry
        if project is None or not any(entry.id == entry_id for entry in project.entries):
            return
        if project.entry(entry_id).state != state:
            project.set_state(entry_id, state)
            self.listed.emit()

    def relink(self, entry_id: str, path: Path, *, changed: bool = False) -> None:
        """Say where an image is that was moved, and open it.

        Raises
        ------
        SketchcellError
            When it is another image, unless it may be a `changed` one.
        """
        if self._state.project is not None:
            self._state.project.relink(entry_id, path, changed=changed)
            self.listed.emit()
            self.opening.go(entry_id)

    def remove(self, entry_id: str) -> None:
        """Take an image off the list; the file stays where it is."""
        if self._state.project is not None and entry_id != self._state.entry:
            self._state.project.remove(entry_id)
            self.listed.emit()

    def _opened_before(self, image: Image) -> Project | None:
        """Open the project that an earlier dock kept the image in, if there is one and nobody else has it."""
        folder = noted_project(image)
        if folder is None or not folder.exists():
            return None
        try:
            project = Project.open(folder)
        except SketchcellError as error:
            tell(error)
            return None
        self._take_up(project)
        return project

    def _take_up(self, project: Project) -> None:
        self._state.project = project
        for note in project.notes:
            inform(note)
        try:
            model = project.load_model()
        except SketchcellError as error:
            tell(error)
            return
        if model is not None:
            take_up(self._state, model, project.folder.stem)

    def _find(self, project: Project, image: Image, frame: Frame) -> Entry | None:
        noted = noted_entry(image)
        path = None if image.source.path is None else Path(image.source.path).resolve()
        for entry in project.entries:
            fits = entry.shape == frame.planes.shape and entry.planes == frame.planes.leading
            if fits and (entry.id == noted or (path is not None and entry.path == path)):
                return entry
        return None

    def _hashed(self, project: Project, entry: Entry) -> Any:
        def done(sha256: str) -> None:
            if project is not self._state.project or not sha256:
                return
            project.set_hash(entry.id, sha256)
            for folder in find_unsaved(sha256):
                if folder != project.folder:
                    self.recovered.emit(folder)
                    return

        return done

    def _keep_images_from_memory(self, project: Project) -> None:
        """Write images that are nowhere else into the project, in the background."""
        nowhere = {entry.id for entry in project.entries if entry.path is None}
        for layer in self._viewer.layers:
            if isinstance(layer, Image) and noted_entry(layer) in nowhere:
                data = layer.data[0] if layer.multiscale else layer.data
                self._keeping.append(
                    Job(_keep_image(project, noted_entry(layer), data), on_error=tell).start()
                )

    def _open_entry(self, entry_id: str) -> Planes:
        project = self._state.project
        if project is None:
            raise SketchcellError("The project was closed.")
        opened = open_image(project.locate(entry_id))
        channels = project.entry(entry_id).scene.get("channels")
        return Planes(
            opened.data,
            rgb=opened.rgb,
            axes=opened.axes,
            channels=None if channels is None else tuple(channels),
        )

    def _on_described(self, items: list[Any]) -> None:
        project = self._state.project
        for path, described in items:
            if project is None:
                return
            if isinstance(described, SketchcellError):
                tell(described)
            else:
                planes, sha256 = described
                project.add(path, planes.shape, planes.leading, name=path.stem, sha256=sha256)
        self.listed.emit()
        if self._state.image is None and self.entries:
            self.opening.go(self.entries[0].id)

    def _leave(self) -> None:
        self._state.learn = False
        self.opening.cancel()
        self.leaving.emit()
        project, self._state.project, self._state.entry = self._state.project, None, ""
        self.reading.forget()
        self._sketched.clear()
        if project is not None:
            project.close()

    def _start(self, job: Job) -> None:
        self._jobs = [old for old in self._jobs if old.is_alive] + [job.start()]


def _describe(paths: Sequence[Path]) -> Generator[tuple[Path, Any], None, None]:
    for path in paths:
        try:
            opened = open_image(path)
            planes = Planes(opened.data, rgb=opened.rgb, axes=opened.axes)
            yield path.resolve(), (planes, content_hash(path))
        except SketchcellError as error:
            yield path, error


def _keep_image(project: Project, entry_id: str, data: Any) -> Generator[None, None, None]:
    project.keep_array(entry_id, np.asarray(data))
    yield None


def _hash(image: Image, path: Path | None) -> Generator[None, None, str]:
    yield None
    if path is not None and path.exists():
        return content_hash(path)
    data = image.data[0] if image.multiscale else image.data
    return array_hash(data) if isinstance(data, np.ndarray) else ""


def _ignore(_error: Exception) -> None:
    """Do without: an image that cannot be recognised is only not found after an accident."""
