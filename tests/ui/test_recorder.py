"""Whatever changes the sketch reaches the learner, once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from sketchcell.ui.dock import SketchDock
from sketchcell.ui.recorder import Recorder
from sketchcell.ui.state import Tool

from .conftest import Mouse


@pytest.fixture
def recorder(dock: SketchDock) -> Iterator[Recorder]:
    recorder = Recorder(dock.viewer, dock.workbench.start())
    yield recorder
    recorder.close()


def follow(recorder: Recorder, labels: np.ndarray, boundaries: np.ndarray) -> int:
    """Apply what was recorded; return how many pixels were sent."""
    sent = 0
    for stroke in recorder.take():
        labels[stroke.window] = stroke.labels
        boundaries[stroke.window] = stroke.boundaries
        sent += stroke.labels.size
    return sent


def test_everything_that_changes_the_sketch_is_followed(
    dock: SketchDock, mouse: Mouse, recorder: Recorder
) -> None:
    layers = dock.state.layers
    labels, boundaries = recorder.labels.copy(), recorder.boundaries.copy()

    def check(expect_small: bool = False) -> None:
        sent = follow(recorder, labels, boundaries)
        assert (labels == layers.sketch.data).all()
        assert (boundaries == (layers.boundaries.data > 0)).all()
        assert sent > 0
        assert not expect_small or sent < labels.size / 4
        assert recorder.take() == []

    mouse.drag((50, 50), (50, 70))
    check(expect_small=True)
    dock.workbench.use(Tool.BOUNDARY)
    mouse.drag((80, 50), (80, 70))
    check(expect_small=True)
    dock.workbench.use(Tool.ERASER)
    mouse.drag((80, 55), (80, 65))
    check(expect_small=True)
    dock.workbench.use(Tool.BACKGROUND)
    mouse.drag((20, 20), (30, 20))
    check(expect_small=True)
    layers.sketch.undo()
    check()
    layers.sketch.redo()
    check()
    layers.sketch.fill((100, 100), 1)
    check()
    layers.sketch.data[5:9, 5:9] = 4
    layers.sketch.refresh()
    check(expect_small=True)
    layers.sketch.data = np.zeros_like(layers.sketch.data)
    check()


def test_a_transposed_view(dock: SketchDock, mouse: Mouse, recorder: Recorder) -> None:
    layers = dock.state.layers
    labels, boundaries = recorder.labels.copy(), recorder.boundaries.copy()
    dock.viewer.dims.transpose()
    follow(recorder, labels, boundaries)
    layers.sketch.paint((30, 60), 2)
    follow(recorder, labels, boundaries)
    assert (labels == layers.sketch.data).all()
    assert labels.any()


def test_strokes_far_apart_are_sent_apart(dock: SketchDock, recorder: Recorder) -> None:
    sketch = dock.state.layers.sketch
    sketch.paint((10, 10), 2)
    sketch.paint((90, 90), 1)
    strokes = recorder.take()
    assert len(strokes) == 2
    assert sum(stroke.labels.size for stroke in strokes) < 1000


def test_a_closed_recorder_hears_nothing(dock: SketchDock) -> None:
    recorder = Recorder(dock.viewer, dock.workbench.start())
    recorder.close()
    dock.state.layers.sketch.paint((10, 10), 2)
    assert recorder.take() == []
