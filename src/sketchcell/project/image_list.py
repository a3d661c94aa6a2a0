"""The images of a project: added, described, found again."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sketchcell.errors import SketchcellError
from sketchcell.project.catalogue import Catalogue
from sketchcell.project.content import array_hash, content_hash
from sketchcell.project.entry import STATES, Entry, default_axes
from sketchcell.project.image_files import keep_image, kept_image
from sketchcell.project.locating import Locator, relative_to


class ImageList:
    """What a `Project` does with its images, whatever is painted on them.

    Parameters
    ----------
    folder
        Of the project.
    catalogue
        The images.
    save_soon
        Has the description written a moment later; returns at once.
    """

    def __init__(self, folder: Path, catalogue: Catalogue, save_soon: Callable[[], None]) -> None:
        self.folder = folder
        self._catalogue = catalogue
        self._save_soon = save_soon
        self._locator = Locator()
        self._found_in: dict[Path, None] = {}

    @property
    def entries(self) -> list[Entry]:
        """The images, in order."""
        return list(self._catalogue)

    def entry(self, entry_id: str) -> Entry:
        """Return an image, or raise ValueError if the project has no such one."""
        return self._catalogue[entry_id]

    def add(
        self,
        path: str | os.PathLike[str],
        shape: tuple[int, int],
        planes: tuple[int, ...] = (),
        name: str | None = None,
        *,
        axes: Sequence[str] | None = None,
        scene: dict[str, Any] | None = None,
        sha256: str | None = None,
    ) -> Entry:
        """Add an image, which stays where it is.

        Parameters
        ----------
        path
            Of the file or, for a Zarr, the folder.
        shape, planes, axes, scene
            See `Entry`.
        name
            For people; that of the file if left out.
        sha256
            Of its content if known, see `content_hash`; computing it can take 0.1 s.

        Raises
        ------
        SketchcellError
            If the image cannot be read, or the project cannot be written.
        """
        absolute = Path(os.path.abspath(path))
        return self._added(
            Entry(
                id=self._catalogue.new_id(),
                name=name or absolute.name,
                path=absolute,
                relative=relative_to(absolute, self.folder),
                sha256=sha256 or content_hash(absolute),
                shape=shape,
                planes=planes,
                axes=default_axes(planes) if axes is None else tuple(axes),
                scene=copy.deepcopy(scene or {}),
            )
        )

    def add_array(
        self,
        array: ArrayLike,
        name: str,
        planes: tuple[int, ...] = (),
        *,
        shape: tuple[int, int] | None = None,
        axes: Sequence[str] | None = None,
        scene: dict[str, Any] | None = None,
    ) -> Entry:
        """Add an image that has no file, and keep it in the project; takes a while.

        Parameters
        ----------
        array
            (planes…, H, W, …), integers or floats.
        name
            For people.
        shape
            Rows and columns, where they are not the axes after `planes`.
        planes, axes, scene
            See `Entry`.

        Raises
        ------
        SketchcellError
            If it does not hold plain numbers, or cannot be written.
        """
        image = np.asarray(array)
        entry_id = self._catalogue.new_id()
        keep_image(kept_image(self.folder, entry_id), image)
        if shape is None:
            shape = image.shape[len(planes)], image.shape[len(planes) + 1]
        return self._added(
            Entry(
                id=entry_id,
                name=name,
                path=None,
                relative=None,
                sha256=array_hash(image),
                shape=shape,
                planes=planes,
                axes=default_axes(planes) if axes is None else tuple(axes),
                scene=copy.deepcopy(scene or {}),
            )
        )

    def add_open(
        self,
        path: str | os.PathLike[str] | None,
        shape: tuple[int, int],
        planes: tuple[int, ...],
        name: str,
    ) -> Entry:
        """Add an image that is open already, at once: its hash comes later, see `set_hash`.

        Parameters
        ----------
        path
            Of its file; None if it is only in memory. Then `keep_array` must follow before the project can be
            opened without it.
        shape, planes, name
            See `Entry`.

        Raises
        ------
        SketchcellError
            If the project cannot be written.
        """
        absolute = None if path is None else Path(os.path.abspath(path))
        return self._added(
            Entry(
                id=self._catalogue.new_id(),
                name=name,
                path=absolute,
                relative=None if absolute is None else relative_to(absolute, self.folder),
                sha256="",
                shape=shape,
                planes=planes,
                axes=default_axes(planes),
            )
        )

    def set_hash(self, entry_id: str, sha256: str) -> None:
        """Say by what an image is recognised, once that is computed."""
        self._change(entry_id, sha256=sha256)

    def keep_array(self, entry_id: str, array: ArrayLike) -> None:
        """Keep the pixels of an image in the project, as no file has them; takes a while.

        Raises
        ------
        SketchcellError
            If it does not hold plain numbers, or cannot be written.
        """
        keep_image(kept_image(self.folder, self._catalogue[entry_id].id), np.asarray(array))

    def set_state(self, entry_id: str, state: str) -> None:
        """Say how far the work on an image is: one of `STATES`."""
        if state not in STATES:
            raise ValueError(f"{state!r} is none of {', '.join(STATES)}")
        self._change(entry_id, state=state)

    def set_scene(self, entry_id: str, scene: dict[str, Any]) -> None:
        """Say how an image is looked at: whatever JSON can hold."""
        self._change(entry_id, scene=copy.deepcopy(scene))

    def locate(self, entry_id: str) -> Path:
        """Return where an image is now; one that was moved is looked for, see `docs/projects.md`.

        Raises
        ------
        SketchcellError
            If it is not found, or was changed; the sentence says what to do.
        """
        entry = self._catalogue[entry_id]
        if entry.path is None:
            kept = kept_image(self.folder, entry_id)
            if not kept.is_file():
                raise SketchcellError(f"The image '{kept}' is missing in the project; put it back there.")
            return kept
        places = [other.path.parent for other in self._catalogue if other.path is not None]
        found = self._locator.find(entry, self.folder, dict.fromkeys([*self._found_in, *places]))
        self._found_in[found.parent] = None
        if found != entry.path:
            self._change(entry_id, path=found, relative=relative_to(found, self.folder))
        return found

    def relink(self, entry_id: str, path: str | os.PathLike[str], *, changed: bool = False) -> None:
        """Say where an image is now.

        Parameters
        ----------
        entry_id
            The image.
        path
            Where it is.
        changed
            Take it even if its content is not what it was.

        Raises
        ------
        SketchcellError
            If it cannot be read, or its content is not what it was.
        """
        entry, absolute = self._catalogue[entry_id], Path(os.path.abspath(path))
        sha256 = content_hash(absolute)
        if sha256 != entry.sha256 and not changed:
            raise SketchcellError(
                f"'{absolute}' is not the image {entry.name} of this project: its content is another. Choose "
                "another file, or say that the changed one is to be used."
            )
        self._found_in[absolute.parent] = None
        self._change(entry_id, path=absolute, relative=relative_to(absolute, self.folder), sha256=sha256)

    def _added(self, entry: Entry) -> Entry:
        if len(entry.axes) != len(entry.planes) or min(entry.shape + entry.planes) < 1:
            raise ValueError(f"planes {entry.planes} with axes {entry.axes} of {entry.shape} are no image")
        self._catalogue.add(entry)
        return entry

    def _change(self, entry_id: str, **values: Any) -> None:
        self._catalogue.change(entry_id, **values)
        self._save_soon()
