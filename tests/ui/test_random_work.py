"""Strokes, gestures, undo and redo at random: layers, project and a replay of its journal stay the same."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sketchcell.project import Project
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.state import Tool

from .chaos import all_pages, assert_written, no_errors

STEPS = 1000


@pytest.fixture(autouse=True)
def _nothing_is_raised() -> Iterator[None]:
    with no_errors():
        yield


class Worker:
    """Does something at random."""

    def __init__(self, dock: SketchDock, seed: int) -> None:
        self._dock, self._dice = dock, random.Random(seed)

    def step(self) -> None:
        weights = {
            self._stroke: 10,
            self._fill: 1,
            self._correct: 3,
            self._line: 5,
            self._undo: 5,
            self._redo: 4,
            self._plugin: 1,
            self._napari_undo: 1,
        }
        self._dice.choices(list(weights), list(weights.values()))[0]()

    def _place(self) -> tuple[int, int]:
        height, width = self._dock.state.layers.frame.planes.shape
        return self._dice.randrange(height), self._dice.randrange(width)

    def _near(self, place: tuple[int, int], reach: int) -> tuple[int, int]:
        return place[0] + self._dice.randint(-reach, reach), place[1] + self._dice.randint(-reach, reach)

    def _stroke(self) -> None:
        layers = self._dock.state.layers
        layer = self._dice.choice([layers.sketch, layers.sketch, layers.boundaries])
        layer.brush_size = self._dice.choice([1, 3, 8, 20])
        label = (
            self._dice.choice([0, 1]) if layer is layers.boundaries else self._dice.choice([0, 1, 2, 3, 40])
        )
        with layer.block_history():
            place = self._place()
            for _ in range(self._dice.randint(1, 4)):
                layer.paint(place, label)
                place = self._near(place, 9)

    def _fill(self) -> None:
        self._dock.state.layers.sketch.fill(self._place(), self._dice.choice([1, 2]))

    def _correct(self) -> None:
        dock = self._dock
        dock.viewer.cursor.position = tuple(map(float, self._place()))
        self._dice.choice([dock.corrections.accept, dock.corrections.reject])()

    def _line(self) -> None:
        tool = self._dice.choice([Tool.SPLIT, Tool.MERGE, Tool.REDRAW])
        start = self._place()
        line = [start, *(self._near(start, 30) for _ in range(self._dice.randint(1, 6)))]
        self._dock.corrections._draw(tool, np.array(line, float))

    def _undo(self) -> None:
        for _ in range(self._dice.randint(1, 6)):
            self._dock.scribe.undo()

    def _redo(self) -> None:
        for _ in range(self._dice.randint(1, 6)):
            self._dock.scribe.redo()

    def _plugin(self) -> None:
        sketch = self._dock.state.layers.sketch
        rows, columns = np.indices((5, 7)).reshape(2, -1) + 20
        sketch.data_setitem((rows, columns), self._dice.choice([0, 1, 2]))

    def _napari_undo(self) -> None:
        self._dock.state.layers.sketch.undo()


def assert_same_as_a_replay(project: Project, folder: Path) -> None:
    """Compare all pages with what a copy of the journal alone says, snapshots left out."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    project.settings = project.settings
    for name in ("project.json", "journal.jsonl"):
        shutil.copy(project.folder / name, folder / name)
    with Project.open(folder) as copy:
        assert copy.notes == []
        assert all_pages(copy) == all_pages(project)
        assert (copy.can_undo, copy.can_redo) == (project.can_undo, project.can_redo)


def _tiles(shape: tuple[int, int]) -> np.ndarray:
    """Return cells of 13 pixels, some of which touch."""
    rows, columns = np.indices(shape)
    cells = 1 + rows // 15 * 100 + columns // 14
    return np.where((rows % 15 < 13) & (columns % 28 < 26), cells, 0).astype(np.int32)


@pytest.mark.slow
@pytest.mark.usefixtures("messages")
def test_whatever_is_done_is_written(dock: SketchDock, tmp_path: Path) -> None:
    layers = dock.workbench.start()
    layers.instances.data = _tiles(layers.frame.planes.shape)
    worker = Worker(dock, seed=0)
    for number in range(1, STEPS + 1):
        worker.step()
        if number % 50 == 0:
            assert_written(dock)
            assert_same_as_a_replay(dock.state.project, tmp_path / "copy.sketchcell")
    assert dock.state.layers.sketch.data.any()
