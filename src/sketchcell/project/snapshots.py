"""What is painted on an image as of some record of the journal, in a form that strangers can read."""

from __future__ import annotations

import json
import secrets
import shutil
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sketchcell.errors import SketchcellError
from sketchcell.project import label_store
from sketchcell.project.entry import Entry, Plane
from sketchcell.project.page import Page

_FORMAT = 1
_SUFFIX = ".ome.zarr"
_PART = ".part-"


class _Mark(NamedTuple):
    """What a plane must be like: its painted pixels, and the CRC-32 of labels and boundaries."""

    pixels: int
    labels_crc32: int
    boundaries_crc32: int


class DamagedError(Exception):
    """A plane of a snapshot is not what was written."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A snapshot on disk.

    Attributes
    ----------
    folder
        Of the Zarr.
    n
        The last record of the journal that it knows of.
    marks
        The planes that have anything painted.
    """

    folder: Path
    n: int
    marks: dict[Plane, _Mark]

    def page(self, plane: Plane, shape: tuple[int, int]) -> Page:
        """Return a plane.

        Raises
        ------
        DamagedError
            If it cannot be read, or is not what was written.
        """
        if plane not in self.marks:
            return Page.empty(shape)
        try:
            group = label_store.open_group(self.folder)
            labels = label_store.read_plane(group, "labels", plane)
            boundaries = label_store.read_plane(group, "boundaries", plane)
        except Exception as error:
            # Zarr and its codecs raise what they like on damaged files.
            raise DamagedError from error
        page = Page(np.ascontiguousarray(labels, np.uint16), np.ascontiguousarray(boundaries, np.bool_))
        if page.labels.shape != shape or _mark(page) != self.marks[plane]:
            raise DamagedError
        return page


def newest_snapshot(folder: Path) -> Snapshot | None:
    """Return the newest snapshot in an image's folder whose description can be read, or None."""
    found = []
    for path in folder.glob(f"*{_SUFFIX}"):
        try:
            found.append(_described(path))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
    return max(found, key=lambda snapshot: snapshot.n, default=None)


def write_snapshot(folder: Path, entry: Entry, n: int, pages: Iterable[tuple[Plane, Page]]) -> Snapshot:
    """Write a snapshot that takes its name only when it is complete; the older ones stay.

    Parameters
    ----------
    folder
        Of the image.
    entry
        The image.
    n
        The last record that the pages know of.
    pages
        Planes and what is painted there; empty ones may be left out.

    Raises
    ------
    SketchcellError
        If it cannot be written.
    """
    part = folder / f"{_PART}{secrets.token_hex(4)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        group = label_store.create(part, entry, {"labels": np.uint16, "boundaries": np.uint8})
        images = {name: label_store.array_of(group, name) for name in ("labels", "boundaries")}
        marks = {}
        for plane, page in pages:
            mark = _mark(page)
            if mark.pixels:
                images["labels"][plane] = page.labels
                images["boundaries"][plane] = page.boundaries.view(np.uint8)
                marks[plane] = mark
        painted = [{"plane": list(plane), **mark._asdict()} for plane, mark in marks.items()]
        ours = {"format": _FORMAT, "entry": entry.id, "n": n, "painted": painted}
        group.update_attributes({label_store.OURS: ours})
        path = folder / f"{n}{_SUFFIX}"
        if path.exists():  # a damaged one
            path.rename(folder / f"{_PART}{secrets.token_hex(4)}")
        part.rename(path)
    except OSError as error:
        raise SketchcellError(
            f"What is painted cannot be written to '{folder}': {error.strerror or error}. The journal has it."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Snapshot(path, n, marks)


def remove_others(folder: Path, kept: Snapshot | None) -> None:
    """Remove older snapshots, and what was left of one that was not completed."""
    for path in [*folder.glob(f"*{_SUFFIX}"), *folder.glob(f"{_PART}*")]:
        if kept is None or path != kept.folder:
            shutil.rmtree(path, ignore_errors=True)


def _described(path: Path) -> Snapshot:
    ours: Any = json.loads((path / "zarr.json").read_text(encoding="utf-8"))["attributes"][label_store.OURS]
    if ours["format"] != _FORMAT or type(ours["n"]) is not int:
        raise ValueError("this snapshot is not understood")
    marks = {
        tuple(mark["plane"]): _Mark(*(int(mark[name]) for name in _Mark._fields)) for mark in ours["painted"]
    }
    return Snapshot(path, ours["n"], marks)


def _mark(page: Page) -> _Mark:
    return _Mark(
        int(np.count_nonzero(page.labels)) + int(np.count_nonzero(page.boundaries)),
        zlib.crc32(page.labels.astype("<u2", copy=False).data),
        zlib.crc32(page.boundaries.data),
    )
