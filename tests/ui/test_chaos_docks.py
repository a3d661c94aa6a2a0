"""Docks and windows come and go: several, again, and in the middle of work."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication

from sketchcell.inference import Progress
from sketchcell.project import Project
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.menu import open_dock
from sketchcell.ui.state import Phase

from .chaos import assert_written, no_errors, top_widgets
from .conftest import learner_threads, live, wait_until


@pytest.fixture(autouse=True)
def _nothing_is_raised() -> Iterator[None]:
    with no_errors():
        yield


def _paint(dock: SketchDock, sample: Any) -> None:
    layers = dock.workbench.start()
    layers.sketch.data = sample.sketch.labels.astype(np.uint16)
    layers.boundaries.data = sample.sketch.boundaries.astype(np.uint8)


def _dot(dock: SketchDock, row: int, label: int = 2) -> None:
    sketch = dock.state.layers.sketch
    sketch.data_setitem((np.array([row, row]), np.array([5, 6])), label)
    dock.scribe.flush()
    dock.scribe.end_stroke()


def _close(dock: SketchDock, *, others: int = 0) -> None:
    """Close as the cross in the dock's title does; each of the others may go on learning."""
    dock.viewer.window.remove_dock_widget(dock)
    live(0.05)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if not others:
        assert learner_threads() == []
    wait_until(lambda: len(learner_threads()) <= others)  # what else they do takes a moment


def test_two_docks_in_one_window(sketched: SketchDock) -> None:
    first = sketched
    second = SketchDock(first.viewer)
    second.state.start = "random"
    first.viewer.window.add_dock_widget(second, name="another")
    assert second.workbench.start().sketch is first.state.layers.sketch
    first.state.learn = second.state.learn = True
    wait_until(lambda: first.state.model is not None and second.state.model is not None, 120)
    _dot(first, 3)
    live(0.2)
    assert_written(first)
    assert_written(second)
    first.scribe.undo()
    live(0.2)
    assert first.state.layers.sketch.data[3, 5] == 0
    assert_written(first)
    assert_written(second)
    _close(second, others=1)
    assert first.state.learn
    first.scribe.redo()
    assert_written(first)
    steps = first.state.step.number
    wait_until(lambda: first.state.step.number > steps)


def test_two_windows(make_napari_viewer: Any, sample: Any) -> None:
    docks = []
    for _ in range(2):
        viewer = make_napari_viewer(show=True)
        viewer.add_image(sample.image)
        docks.append(open_dock(viewer))
        _paint(docks[-1], sample)
        docks[-1].state.start = "random"
        docks[-1].state.learn = True
    wait_until(lambda: all(dock.state.model is not None for dock in docks), 120)
    assert docks[0].state.project.folder != docks[1].state.project.folder
    _dot(docks[0], 3)
    docks[1].scribe.undo()
    assert_written(docks[0])
    assert_written(docks[1])
    _close(docks[0], others=1)
    steps = docks[1].state.step.number
    wait_until(lambda: docks[1].state.step.number > steps)
    _close(docks[1])


def test_a_dock_opened_again_goes_on_where_it_was(taught: SketchDock) -> None:
    viewer = taught.viewer
    _dot(taught, 3)
    folder = taught.state.project.folder
    layers = taught.state.layers
    cells = layers.instances.data.copy()
    painted = layers.sketch.data.copy()
    _close(taught)
    dock = open_dock(viewer)
    assert dock is not taught
    dock.workbench.start()
    live(0.1)
    assert dock.state.project.folder == folder
    assert not dock.recovery.offer
    np.testing.assert_array_equal(dock.state.layers.sketch.data, painted)
    np.testing.assert_array_equal(dock.state.layers.instances.data, cells)
    dock.scribe.undo()
    assert dock.state.layers.sketch.data[3, 5] == 0
    dock.scribe.redo()
    np.testing.assert_array_equal(dock.state.layers.sketch.data, painted)
    assert_written(dock)
    _close(dock)


def test_a_closed_dock_can_be_forgotten(make_napari_viewer: Any, sample: Any) -> None:
    viewer = make_napari_viewer(show=True)
    image = viewer.add_image(sample.image)
    before = top_widgets()
    forgotten = []
    for _ in range(2):
        dock = open_dock(viewer)
        dock.state.start = "random"
        _paint(dock, sample)
        dock.state.taught = dock.state.known = dock.state.raw_maps = True
        dock.state.learn = True
        wait_until(lambda dock=dock: dock.state.phase is Phase.LEARNING)
        for part in vars(dock).values():
            if type(part).__module__.startswith("sketchcell.") and part.__class__.__weakrefoffset__:
                forgotten.append(weakref.ref(part))
        forgotten.append(weakref.ref(dock))
        _close(dock)
        del dock, part
    live(0.2)
    gc.collect()
    left = [part() for part in forgotten if part() is not None]
    assert [type(part) for part in left] == []
    assert top_widgets() - before == set()
    image.translate = (3, 3)
    viewer.layers.clear()
    viewer.dims.ndisplay = 3


def test_closed_while_segmenting(taught: SketchDock) -> None:
    taught.results.segment_whole()
    live(0.02)
    _close(taught)
    taught.viewer.layers.clear()


def test_closed_while_learning_and_the_window_too(sketched: SketchDock) -> None:
    sketched.state.learn = True
    wait_until(lambda: sketched.state.phase is Phase.LEARNING)
    project = sketched.state.project
    painted = project.page(sketched.state.entry).labels.copy()
    sketched.viewer.close()
    live(0.1)
    assert learner_threads() == []
    with Project.open(project.folder) as again:
        np.testing.assert_array_equal(again.page(again.entries[0].id).labels, painted)


def test_closed_while_a_project_opens(dock: SketchDock, sample: Any, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.tif" for name in "abc"]
    for path in paths:
        tifffile.imwrite(path, sample.image)
    dock.projects.add_files(paths)
    wait_until(lambda: len(dock.projects.entries) == 3)
    dock.projects.opening.go(dock.projects.entries[1].id)
    _close(dock)


def test_closed_while_downloading(dock: SketchDock, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(word: str, channels: int | None) -> Iterator[Progress]:
        while True:
            yield Progress(1, 3, word)

    monkeypatch.setattr("sketchcell.ui.pretrained.resolving", slowly)
    dock.fetcher.fetch("some network")
    wait_until(lambda: dock.state.fetching)
    _close(dock)
