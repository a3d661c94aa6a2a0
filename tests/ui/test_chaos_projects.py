"""Projects under bad conditions: hurried switching, files that go, folders that go, disks that are full."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from sketchcell.errors import SketchcellError
from sketchcell.project import Project
from sketchcell.synthetic import draw_cells
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.menu import open_dock
from sketchcell.ui.state import Phase

from .chaos import all_pages, assert_written, no_errors
from .conftest import learner_threads, live, wait_until


@pytest.fixture(autouse=True)
def _nothing_is_raised() -> Iterator[None]:
    with no_errors():
        yield


@pytest.fixture
def listed(make_napari_viewer: Any, tmp_path: Path) -> Iterator[SketchDock]:
    """The dock with three images in a saved project, strokes on each, learning."""
    paths = []
    for number, shape in enumerate([(96, 96), (96, 96), (80, 120)]):
        path = tmp_path / f"field{number}.tif"
        pixels = draw_cells(np.random.default_rng(number), shape, look="fluorescence").pixels[0]
        tifffile.imwrite(path, (200 * pixels / pixels.max()).astype(np.uint8))
        paths.append(path)
    dock = open_dock(make_napari_viewer(show=True))
    dock.state.start = "random"
    dock.projects.save_as(tmp_path / "work")
    dock.projects.add_files(paths)
    wait_until(lambda: len(dock.projects.entries) == 3 and dock.state.layers is not None)
    wait_until(lambda: all(entry.sha256 for entry in dock.projects.entries))
    for number in range(3):
        _go(dock, number)
        _stroke(dock, 10 * number + 5)
    dock.state.learn = True
    wait_until(lambda: dock.state.phase is Phase.LEARNING)
    yield dock
    dock.shut_down()
    assert learner_threads() == []


def _go(dock: SketchDock, number: int) -> None:
    entry = dock.projects.entries[number].id
    dock.projects.opening.go(entry)
    wait_until(lambda: dock.state.entry == entry and dock.state.layers is not None)


def _stroke(dock: SketchDock, row: int) -> None:
    sketch = dock.state.layers.sketch
    with sketch.block_history():
        for label, at in ((1, row), (2, row + 3)):
            sketch.paint((at, 20), label)
    dock.scribe.flush()
    dock.scribe.end_stroke()


def _sound(dock: SketchDock, pages: Any) -> None:
    """Assert that the dock works, and that strokes are as they were but for a new one."""
    assert all_pages(dock.state.project) == pages
    _go(dock, 2)
    _stroke(dock, 50)
    assert_written(dock)
    dock.scribe.undo()
    assert all_pages(dock.state.project) == pages


def test_images_are_switched_in_a_hurry(listed: SketchDock) -> None:
    pages = all_pages(listed.state.project)
    for number in [0, 2, 1, 0, 1, 2, 0, 2, 2, 1, 0, 1]:
        listed.projects.opening.go(listed.projects.entries[number].id)
        live(0.01 * (number + 1))
    wait_until(lambda: listed.state.entry == listed.projects.entries[1].id)
    for _ in range(8):
        listed.projects.step(1)
        live(0.01)
        listed.projects.step(-1)
    live(0.3)
    assert listed.state.learn
    _sound(listed, pages)


def test_an_undone_stroke_on_another_image_stays_undone(make_napari_viewer: Any) -> None:
    viewer = make_napari_viewer(show=True)
    images = [viewer.add_image(np.random.default_rng(0).random((64, 64))) for _ in range(2)]
    dock = open_dock(viewer)
    for image in images:
        dock.workbench.choose(image)
        dock.workbench.start()
        _stroke(dock, 5)
    assert dock.state.layers.sketch is not dock.workbench.viewer.layers["sketch"]
    dock.scribe.undo()
    dock.scribe.undo()
    wait_until(lambda: dock.state.image is images[0])
    live(0.2)
    assert all_pages(dock.state.project) == {}
    for image in images:
        dock.workbench.choose(image)
        assert not dock.state.layers.sketch.data.any()
        assert_written(dock)
    dock.scribe.redo()
    dock.scribe.redo()
    assert len(all_pages(dock.state.project)) == 2
    dock.shut_down()


def _damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:200])


def _another(path: Path) -> None:
    tifffile.imwrite(path, np.zeros((40, 30, 3), np.uint8))


@pytest.mark.parametrize("harm", [Path.unlink, _damaged, _another])
def test_an_image_file_is_harmed(listed: SketchDock, messages: list[str], harm: Any) -> None:
    pages = all_pages(listed.state.project)
    harm(listed.projects.entries[0].path)
    listed.projects.opening.go(listed.projects.entries[0].id)
    wait_until(lambda: messages)
    assert "field0" in messages[0]
    listed.state.learn = False
    listed.state.learn = True
    live(0.3)
    listed.state.learn = False
    _sound(listed, pages)


def test_an_image_file_has_moved(listed: SketchDock, tmp_path: Path) -> None:
    pages = all_pages(listed.state.project)
    path = listed.projects.entries[0].path
    (listed.projects.folder / path.name).write_bytes(path.read_bytes())
    path.unlink()
    _go(listed, 0)
    assert_written(listed)
    _sound(listed, pages)


def test_a_project_is_opened_twice(listed: SketchDock, make_napari_viewer: Any, messages: list[str]) -> None:
    pages = all_pages(listed.state.project)
    other = open_dock(make_napari_viewer(show=True))
    other.project_panel.open_from(listed.projects.folder)
    assert "open in another" in messages[0]
    listed.project_panel.open_from(listed.projects.folder)
    other.shut_down()
    _sound(listed, pages)


class Disk:
    """A disk that may be full."""

    def __init__(self) -> None:
        self.full = False

    def check(self) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Every way in which a project writes: its journal, its small files, and its arrays."""
    from sketchcell.images import writing
    from sketchcell.project import journal_file, json_file, project, snapshots

    disk = Disk()

    def guarded(function: Any, *, told: bool = False) -> Any:
        """Fail as the function itself does: some tell the person, some let the system's error through."""

        def call(*args: Any, **kwargs: Any) -> Any:
            if told and disk.full:
                raise SketchcellError("No space left: make room.")
            disk.check()
            return function(*args, **kwargs)

        return call

    class File:
        def __init__(self, file: Any) -> None:
            self._file = file

        def write(self, data: Any) -> int:
            disk.check()
            return int(self._file.write(data))

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

    real = os.fdopen
    monkeypatch.setattr(journal_file.os, "fdopen", lambda *args, **kw: File(real(*args, **kw)))
    monkeypatch.setattr(json_file, "write_atomically", guarded(writing.write_atomically, told=True))
    monkeypatch.setattr(snapshots.label_store, "create", guarded(snapshots.label_store.create))
    make = Path.mkdir

    def mkdir(path: Path, *args: Any, **kwargs: Any) -> None:
        if ".sketchcell" in str(path):
            disk.check()
        make(path, *args, **kwargs)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    monkeypatch.setattr(
        project.model_folders, "save_next", guarded(project.model_folders.save_next, told=True)
    )
    return disk


def test_a_full_disk(disk: Disk, listed: SketchDock, messages: list[str], tmp_path: Path) -> None:
    _go(listed, 2)
    disk.full = True
    for row in (30, 40, 60):
        _stroke(listed, row)
    listed.scribe.undo()
    listed.keeper.keep()
    listed.project_panel.save_to(tmp_path / "elsewhere")
    live(0.3)
    assert any("Make room" in message or "No space" in message for message in messages)
    assert listed.state.learn
    assert_written(listed)
    listed.projects.set_state("approved")
    disk.full = False
    live(1.2)
    assert listed.state.project.problem is None
    pages = all_pages(listed.state.project)
    folder = listed.projects.folder
    listed.shut_down()
    with Project.open(folder) as again:
        assert all_pages(again) == pages
        assert again.notes == []


def test_the_disk_stays_full_when_the_dock_is_closed(
    disk: Disk, listed: SketchDock, messages: list[str]
) -> None:
    disk.full = True
    _stroke(listed, 30)
    listed.shut_down()
    assert any("lost" in message for message in messages)
    disk.full = False
    with Project.open(listed.projects.folder) as again:
        assert len(all_pages(again)) == 3


def test_no_room_for_a_first_project(disk: Disk, make_napari_viewer: Any, messages: list[str]) -> None:
    viewer = make_napari_viewer(show=True)
    viewer.add_image(np.random.default_rng(0).random((64, 64)))
    disk.full = True
    dock = open_dock(viewer)
    dock.image_panel.start.click()
    assert "No space" in messages[0]
    dock.state.learn = True
    assert not dock.state.learn
    disk.full = False
    dock.image_panel.start.click()
    _stroke(dock, 5)
    assert_written(dock)
    dock.shut_down()


def test_the_folder_is_deleted_while_open(listed: SketchDock) -> None:
    shutil.rmtree(listed.projects.folder)
    _go(listed, 2)
    _stroke(listed, 40)
    listed.projects.set_state("approved")
    listed.keeper.keep()
    live(1.2)
    pages, folder = all_pages(listed.state.project), listed.projects.folder
    listed.shut_down()
    with Project.open(folder) as again:
        assert all_pages(again) == pages
        assert [entry.state for entry in again.entries][2] == "approved"
        assert again.can_undo
