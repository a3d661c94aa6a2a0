"""Hints where to paint next, and the confidence of cells."""

from __future__ import annotations

import numpy as np
import pandas
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from sketchcell.ui.dock import SketchDock

from .conftest import wait_until


def test_a_key_goes_from_doubt_to_doubt(taught: SketchDock) -> None:
    canvas = taught.viewer.window._qt_viewer.canvas.native
    QTest.keyClick(canvas, Qt.Key.Key_N)
    wait_until(lambda: taught.state.hints)
    hints = taught.state.hints
    assert [hint.score for hint in hints] == sorted((hint.score for hint in hints), reverse=True)
    assert taught.hint_panel.list.count() == len(hints)
    assert taught.viewer.layers["doubt"].data.max() > 0
    first = taught.viewer.scene.camera.center
    np.testing.assert_allclose(first[-2:], (hints[0].row, hints[0].column), atol=1)
    assert hints[0].reason in taught.state.message
    QTest.keyClick(canvas, Qt.Key.Key_N)
    assert taught.viewer.scene.camera.center != first
    taught.hint_panel.list.setCurrentRow(0)
    np.testing.assert_allclose(taught.viewer.scene.camera.center[-2:], first[-2:], atol=1)


def test_what_was_painted_is_not_hinted_at_again(taught: SketchDock) -> None:
    taught.doubt.next()
    wait_until(lambda: taught.state.hints)
    place = taught.state.hints[1]
    layers = taught.state.layers
    layers.sketch.data[:] = 0
    layers.sketch.data[int(place.row), int(place.column)] = 2
    layers.sketch.refresh()
    taught.scribe.look()
    taught.doubt.next()
    assert not np.allclose(taught.viewer.scene.camera.center[-2:], (place.row, place.column), atol=1)


def test_without_a_model_a_sentence_says_what_to_do(dock: SketchDock, messages: list[str]) -> None:
    dock.workbench.start()
    canvas = dock.viewer.window._qt_viewer.canvas.native
    QTest.keyClick(canvas, Qt.Key.Key_N)
    assert "switch on learning" in messages[0]


def test_cells_are_coloured_by_confidence(taught: SketchDock) -> None:
    instances = taught.state.layers.instances
    taught.result_panel.by_confidence.click()
    wait_until(lambda: taught.state.confidence is not None)
    before = instances.get_color(1)
    highest = int(instances.data.max())
    new, unknown = (instances.get_color(label) for label in (highest + 1, highest + 2))
    np.testing.assert_array_equal(new, unknown)  # not yet judged
    assert not np.array_equal(before, new)
    assert instances.get_color(0) is None or instances.get_color(0)[3] == 0
    table = pandas.DataFrame(instances.features)
    assert set(table["index"]) == set(np.unique(instances.data))
    sure = table["confidence"][1:]
    assert sure.between(0, 1).all()
    assert sure.nunique() > 3
    taught.result_panel.by_confidence.click()
    assert not np.array_equal(instances.get_color(1), before)


def test_back_to_the_best_moment(taught: SketchDock) -> None:
    taught.state.learn = True
    wait_until(lambda: taught.state.moments, 60)
    best = next(moment for moment in taught.state.moments if moment.best)
    taught.state.learn = False
    assert taught.learn_panel.best.isEnabled()
    taught.learn_panel.best.click()
    model = taught.state.model
    assert model is not None
    assert model.config.provenance["steps"] == best.step
    assert str(best.step) in taught.state.message
