"""Several images and one model: lists, switching, undo across images, saving, reopening, recovery."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from sketchcell.project import Project, unsaved_folder
from sketchcell.synthetic import draw_cells
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.state import Tool

from .conftest import Mouse, learner_threads, live, wait_until

Opener = Callable[[], SketchDock]


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    paths = []
    for number in range(3):
        image = np.random.default_rng(number).integers(0, 60, (96, 128), np.uint8)
        image[20:40, 30 + 10 * number : 60] += 120
        path = tmp_path / "images" / f"field{number}.tif"
        path.parent.mkdir(exist_ok=True)
        tifffile.imwrite(path, image)
        paths.append(path)
    return paths


@pytest.fixture
def opener(make_napari_viewer: Any) -> Iterator[Opener]:
    """Open docks in windows of their own; all are closed at the end."""
    docks: list[SketchDock] = []

    def opened() -> SketchDock:
        viewer = make_napari_viewer(show=True)
        viewer.window._qt_window.resize(1280, 720)
        dock = SketchDock(viewer)
        dock.state.start = "random"
        viewer.window.add_dock_widget(dock, name="Sketch & Train", area="right")
        live(0.05)
        docks.append(dock)
        return dock

    yield opened
    for dock in docks:
        dock.shut_down()
    assert learner_threads() == []


def listed(dock: SketchDock, paths: list[Path]) -> SketchDock:
    """List images, and wait until the first is open."""
    dock.projects.add_files(paths)
    wait_until(lambda: len(dock.projects.entries) == len(paths) and dock.state.layers is not None)
    return dock


def go(dock: SketchDock, number: int) -> None:
    entry = dock.projects.entries[number].id
    dock.projects.opening.go(entry)
    wait_until(lambda: dock.state.entry == entry and dock.state.layers is not None)


def paint(dock: SketchDock, row: int, column: int, tool: Tool = Tool.OBJECT) -> None:
    dock.workbench.use(tool)
    dock.viewer.reset_view()
    live(0.02)
    Mouse(dock.viewer).drag((row, column), (row, column + 6))
    dock.scribe.flush()


def painted(dock: SketchDock) -> np.ndarray:
    return np.array(dock.state.layers.sketch.data)


def test_images_are_listed_with_thumbnails_and_states(opener: Opener, images: list[Path]) -> None:
    dock = listed(opener(), images)
    panel = dock.project_panel
    assert panel.list.count() == 3
    assert panel.list.isVisible()
    wait_until(lambda: not panel.list.item(2).icon().isNull())
    assert "○" in panel.list.item(0).text()
    paint(dock, 30, 50)
    assert "◐" in panel.list.item(0).text()
    panel.approve.click()
    assert "✔" in panel.list.item(0).text()


def test_each_image_has_its_own_strokes_in_the_same_layers(opener: Opener, images: list[Path]) -> None:
    dock = listed(opener(), images)
    paint(dock, 30, 50)
    first = painted(dock)
    layers = [id(layer) for layer in dock.viewer.layers]
    go(dock, 1)
    assert [id(layer) for layer in dock.viewer.layers] == layers
    assert not painted(dock).any()
    assert dock.viewer.layers[0].name == "field1"
    paint(dock, 70, 90)
    second = painted(dock)
    go(dock, 0)
    np.testing.assert_array_equal(painted(dock), first)
    go(dock, 1)
    np.testing.assert_array_equal(painted(dock), second)


def test_keys_go_through_the_list(opener: Opener, images: list[Path]) -> None:
    dock = listed(opener(), images)
    canvas = dock.viewer.window._qt_viewer.canvas.native
    QTest.keyClick(canvas, Qt.Key.Key_PageDown)
    wait_until(lambda: dock.state.entry == dock.projects.entries[1].id)
    QTest.keyClick(canvas, Qt.Key.Key_PageUp)
    wait_until(lambda: dock.state.entry == dock.projects.entries[0].id)


def test_who_comes_back_before_another_image_is_there_stays(opener: Opener, images: list[Path]) -> None:
    dock = listed(opener(), images)
    here, there = (dock.projects.entries[number].id for number in (0, 1))
    dock.projects.opening.go(there)
    dock.projects.opening.go(here)
    live(0.5)
    assert dock.state.entry == here
    assert dock.state.opening is None


def test_undo_goes_back_across_images(opener: Opener, images: list[Path]) -> None:
    dock = listed(opener(), images)
    paint(dock, 30, 50)
    first = painted(dock)
    go(dock, 1)
    paint(dock, 70, 90)
    dock.brush_panel.undo.click()
    assert not painted(dock).any()
    dock.brush_panel.undo.click()
    wait_until(lambda: dock.state.entry == dock.projects.entries[0].id)
    wait_until(lambda: dock.state.layers is not None)
    assert not painted(dock).any()
    dock.brush_panel.redo.click()
    np.testing.assert_array_equal(painted(dock), first)


def test_strokes_of_all_images_teach_one_model(opener: Opener, images: list[Path]) -> None:
    dock = listed(opener(), images)
    paint(dock, 30, 50)
    go(dock, 1)
    paint(dock, 70, 90, Tool.BACKGROUND)
    dock.state.learn = True
    wait_until(lambda: dock.state.step is not None and dock.state.step.number > 2, 60)
    assert dock.state.model is None or dock.state.model.config.provenance["images"] == 2
    go(dock, 2)  # learning goes on
    assert dock.state.learn
    wait_until(lambda: dock.state.model is not None, 60)
    assert dock.state.model.config.provenance["images"] >= 2
    dock.state.learn = False


def test_a_saved_project_comes_back_whole(opener: Opener, images: list[Path], tmp_path: Path) -> None:
    dock = listed(opener(), images)
    paint(dock, 30, 50)
    first = painted(dock)
    go(dock, 1)
    paint(dock, 70, 90)
    second = painted(dock)
    dock.project_panel.save_to(tmp_path / "cells")
    folder = tmp_path / "cells.sketchcell"
    assert folder.is_dir()
    assert not list(unsaved_folder().glob("*"))
    dock.projects.set_state("approved", dock.projects.entries[0].id)
    cells = np.zeros(painted(dock).shape, np.int32)
    cells[60:80, 80:100] = 1
    dock.results.corrected(dock.state.spot, cells, (slice(0, 96), slice(0, 128)))
    dock.shut_down()

    again = opener()
    again.project_panel.open_from(folder)
    wait_until(lambda: again.state.layers is not None)
    # the first one is approved: the next one is where the work goes on
    assert again.state.entry == again.projects.entries[1].id
    np.testing.assert_array_equal(painted(again), second)
    np.testing.assert_array_equal(again.state.layers.instances.data, cells)
    again.scribe.undo()
    assert not painted(again).any()
    go(again, 0)
    np.testing.assert_array_equal(painted(again), first)
    assert [entry.state for entry in again.projects.entries] == ["approved", "sketched", "untouched"]


def test_strokes_on_an_image_without_a_file_are_saved_with_it(opener: Opener, tmp_path: Path) -> None:
    dock = opener()
    image = np.random.default_rng(0).random((96, 128), np.float32)
    dock.viewer.add_image(image, name="from memory")
    dock.workbench.start()
    paint(dock, 30, 50)
    strokes = painted(dock)
    dock.project_panel.save_to(tmp_path / "memory.sketchcell")
    dock.shut_down()
    again = opener()
    again.project_panel.open_from(tmp_path / "memory.sketchcell")
    wait_until(lambda: again.state.layers is not None)
    np.testing.assert_array_equal(np.asarray(again.state.image.data), image)
    np.testing.assert_array_equal(painted(again), strokes)


def test_what_nobody_saved_is_offered_when_the_image_comes_back(opener: Opener, images: list[Path]) -> None:
    dock = opener()
    image = tifffile.imread(images[0])
    dock.viewer.add_image(image)
    dock.workbench.start()
    entry = dock.state.project.entry
    wait_until(lambda: entry(dock.state.entry).sha256)
    paint(dock, 30, 50)
    strokes = painted(dock)
    dock.shut_down()

    again = opener()
    again.viewer.add_image(image)
    again.workbench.start()
    panel = again.project_panel
    wait_until(lambda: panel.restore.isVisible())
    assert not painted(again).any()
    panel.restore.click()
    np.testing.assert_array_equal(painted(again), strokes)
    assert not panel.restore.isVisible()
    again.scribe.undo()
    assert not painted(again).any()


def test_a_project_that_is_open_elsewhere_is_refused_in_a_sentence(
    opener: Opener, images: list[Path], tmp_path: Path, messages: list[str]
) -> None:
    with Project.create(tmp_path / "p") as project:
        dock = opener()
        dock.project_panel.open_from(project.folder)
        assert any("open" in message for message in messages)
    assert dock.state.project is None


def test_a_lost_image_is_told_of_and_the_rest_works(
    opener: Opener, images: list[Path], messages: list[str]
) -> None:
    dock = listed(opener(), images)
    images[1].unlink()
    dock.projects.opening.go(dock.projects.entries[1].id)
    wait_until(lambda: messages)
    assert "field1" in messages[0]
    go(dock, 2)
    paint(dock, 30, 50)
    assert painted(dock).any()


def test_a_stack_is_sketched_plane_by_plane(opener: Opener) -> None:
    dock = opener()
    planes = [draw_cells(np.random.default_rng(seed), (96, 128)).pixels[0] for seed in range(3)]
    dock.viewer.add_image(np.stack(planes).astype(np.float32), name="stack", axis_labels=("z", "y", "x"))
    layers = dock.workbench.start()
    assert layers.sketch.data.shape == (3, 96, 128)
    dock.viewer.dims.set_current_step(0, 2)
    dock.workbench.use(Tool.OBJECT)
    Mouse(dock.viewer).drag((30, 40), (30, 60))
    dock.scribe.flush()
    assert dock.state.project.painted_planes(dock.state.entry) == [(2,)]
    assert not layers.sketch.data[:2].any()
    dock.viewer.dims.set_current_step(0, 0)
    dock.scribe.undo()  # shows where
    assert dock.state.spot.plane == (2,)
    assert not layers.sketch.data.any()


def test_a_moved_image_is_shown_by_hand(
    opener: Opener, images: list[Path], tmp_path: Path, messages: list[str]
) -> None:
    dock = listed(opener(), images)
    elsewhere = tmp_path / "far" / "away.tif"
    elsewhere.parent.mkdir()
    images[1].rename(elsewhere)
    entry = dock.projects.entries[1]
    dock.projects.opening.go(entry.id)
    wait_until(lambda: messages)
    dock.project_panel.relink(entry.id, images[2])
    assert "not the image" in messages[-1]
    dock.project_panel.relink(entry.id, elsewhere)
    wait_until(lambda: dock.state.entry == entry.id)


def test_a_choice_of_channels_holds_for_all_images(opener: Opener, tmp_path: Path) -> None:
    paths = [tmp_path / f"colours{number}.tif" for number in range(2)]
    for number, path in enumerate(paths):
        pixels = np.random.default_rng(number).integers(0, 255, (2, 96, 128), np.uint8)
        tifffile.imwrite(path, pixels, metadata={"axes": "CYX"})
    dock = listed(opener(), paths)
    assert dock.image_panel.channels.isVisible()
    dock.workbench.choose_channels((1,))
    other = dock.projects.entries[1].id
    assert dock.projects.reading.planes(other).channels == (1,)
    go(dock, 1)
    assert dock.state.layers.frame.planes.channels == (1,)
    assert dock.image_panel.channels.text() == "Channel 1"
