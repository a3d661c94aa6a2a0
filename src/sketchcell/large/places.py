"""The folder that a large image is worked on in: what is done stays done when the work is stopped."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.families import MapTraits
from sketchcell.images import write_atomically
from sketchcell.large.plan import Plan
from sketchcell.large.record import Record
from sketchcell.sketch import Window

_ABOUT, _LABELS, _RECORDS, _TRAITS = "about.json", "labels.zarr", "records", "traits.json"
_OURS = {_ABOUT, _LABELS, _RECORDS, _TRAITS}


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep a folder for one run at a time.

    Raises
    ------
    SketchcellError
        When another run is in it, or nothing can be written there.
    """
    lock = FileLock(folder / "lock", timeout=0, thread_local=False)
    try:
        folder.mkdir(exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise SketchcellError(f"Another run works in {folder}: wait until it is done.") from error
    except OSError as error:
        raise SketchcellError(
            f"The folder {folder} cannot be used for work: {error.strerror or error}."
        ) from error
    try:
        yield
    finally:
        lock.release()


class WorkFolder:
    """Labels of blocks with numbers of their own, and a record of each that is done.

    Parameters
    ----------
    path
        Of the folder; it holds nothing else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, about: dict[str, Any], plan: Plan) -> None:
        """Make it ready; what is there of the same work is kept, of any other removed.

        Raises
        ------
        SketchcellError
            When it holds files of others, or cannot be written.
        """
        try:
            if self.about == about:
                return
            self.remove()
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / _RECORDS).mkdir()
            zarr.create_array(
                str(self.labels_path),
                shape=plan.working,
                chunks=tuple(min(plan.block, side) for side in plan.working),
                dtype=np.uint32,
            )
            # last: where it is, all is
            self._write(_ABOUT, about)
        except OSError as error:
            raise SketchcellError(
                f"The folder {self.path} cannot be used for work: {error.strerror or error}."
            ) from error

    def remove(self) -> None:
        """Remove it, unless it holds anything else."""
        if not self.path.exists():
            return
        others = sorted({entry.name for entry in self.path.iterdir()} - _OURS)
        if others:
            raise SketchcellError(
                f"The folder {self.path} holds other files ({others[0]}); choose another one to work in."
            )
        (self.path / _ABOUT).unlink(missing_ok=True)
        shutil.rmtree(self.path)

    @property
    def about(self) -> dict[str, Any] | None:
        """What it was made ready for; None if it was not."""
        stored: dict[str, Any] | None = self._read(_ABOUT)
        return stored

    @property
    def labels_path(self) -> Path:
        """Where the blocks' own labels are, a zarr array with a chunk for each block."""
        return self.path / _LABELS

    @property
    def traits(self) -> MapTraits | None:
        """What the image's maps are like, once that is known."""
        stored = self._read(_TRAITS)
        return None if stored is None else MapTraits(**stored)

    @traits.setter
    def traits(self, traits: MapTraits) -> None:
        self._write(_TRAITS, {"exact": traits.exact, "level": traits.level})

    def record(self, number: int) -> Record | None:
        """Return what is noted of a block; None if it is not done, or its labels are gone."""
        record = Record.load(self._record_path(number))
        if record is None or not record.key.size:
            return record
        try:
            return record if self._chunk(number).stat().st_size else None
        except OSError:
            return None

    def put(self, number: int, block: Window, labels: NDArray[np.int32], record: Record) -> None:
        """Keep the labels of a block, then its record.

        Raises
        ------
        SketchcellError
            When the disk is full, or cannot be written.
        """
        try:
            self._labels(write=True)[block] = labels.astype(np.uint32)
            if record.key.size:
                # a record must not outlive its labels when the power fails
                with self._chunk(number).open("r+b") as file:
                    os.fsync(file.fileno())
        except OSError as error:
            raise SketchcellError(
                f"{self.path} cannot be written: {error.strerror or error}. What is done is kept: "
                "make room, and start again."
            ) from error
        record.save(self._record_path(number))

    def labels(self, number: int, window: Window) -> NDArray[np.uint32]:
        """Return a block's own labels in a window of the working image that lies in it.

        Raises
        ------
        SketchcellError
            When they are damaged; the block then counts as not done.
        """
        try:
            return np.asarray(self._labels()[window])
        except Exception as error:  # codecs raise whatever damaged bytes make them stumble over
            self._record_path(number).unlink(missing_ok=True)
            raise SketchcellError(f"Files in {self.path} are missing or damaged; start again.") from error

    def _labels(self, write: bool = False) -> Any:
        return zarr.open_array(str(self.labels_path), mode="r+" if write else "r")

    def _chunk(self, number: int) -> Path:
        """Return the file of a block's labels; where all are background, there is none."""
        labels = self._labels()
        columns = -(-labels.shape[1] // labels.chunks[1])
        key: str = labels.metadata.encode_chunk_key(divmod(number, columns))
        return self.labels_path / key

    def _record_path(self, number: int) -> Path:
        return self.path / _RECORDS / f"{number:06}.npz"

    def _read(self, name: str) -> Any:
        try:
            return json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _write(self, name: str, values: Any) -> None:
        data = json.dumps(values, indent=2).encode()
        write_atomically(self.path / name, lambda file: file.write(data))
