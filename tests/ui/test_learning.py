"""Learning while somebody paints, in a real window with a real mouse."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QEvent, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication
from skimage.measure import regionprops

from sketchcell.ui.dock import SketchDock
from sketchcell.ui.state import Phase, Tool

from .conftest import Mouse, learner_threads, live, wait_until


def paint_cells(dock: SketchDock, mouse: Mouse, truth: np.ndarray, count: int = 6) -> None:
    """Draw through the middle of some cells."""
    dock.workbench.use(Tool.OBJECT)
    for cell in regionprops(truth)[:count]:
        y, x = cell.centroid
        mouse.drag((y - 3, x - 3), (y, x), (y + 3, x + 3))


def paint_background(dock: SketchDock, mouse: Mouse, truth: np.ndarray) -> None:
    """Draw where there is most room between cells."""
    from scipy.ndimage import distance_transform_edt

    dock.workbench.use(Tool.BACKGROUND)
    room = distance_transform_edt(truth == 0)
    for _ in range(4):
        y, x = np.unravel_index(room.argmax(), room.shape)
        mouse.drag((y, x), (y, x - 6), (y, x + 6))
        room[max(0, y - 25) : y + 25, max(0, x - 25) : x + 25] = 0


def test_from_an_empty_sketch_to_cells(dock: SketchDock, mouse: Mouse, sample: Any) -> None:
    """The main job: switch on, be told what to paint, paint, see cells, paint more, see them follow."""
    dock.learn_panel.switch.click()
    assert dock.state.phase is Phase.WAITING
    assert "Waiting for strokes" in dock.learn_panel.status.text()

    paint_cells(dock, mouse, sample.truth)
    assert dock.state.phase is Phase.WAITING
    assert "background" in dock.learn_panel.status.text()
    assert np.count_nonzero(dock.state.layers.sketch.data >= 2) > 20

    paint_background(dock, mouse, sample.truth)
    assert dock.state.phase in (Phase.STARTING, Phase.LEARNING)
    wait_until(lambda: dock.state.found is not None and dock.state.found.count > 5)
    instances = dock.state.layers.instances.data

    def cells_stand_out() -> bool:
        inside, outside = (instances[sample.truth > 0] > 0), (instances[sample.truth == 0] > 0)
        return bool(inside.mean() > 2 * outside.mean())

    wait_until(cells_stand_out)
    assert len(dock.state.losses.points) > 0
    assert "steps/s" in dock.learn_panel.numbers.text()

    # a cell is declared to be background: it goes
    wait_until(lambda: dock.state.step.number > 25)
    cell = max(regionprops(instances), key=lambda region: region.area)
    y, x = cell.centroid
    reach = cell.equivalent_diameter_area / 2
    dock.workbench.use(Tool.BACKGROUND)
    dock.state.layers.sketch.brush_size = 12
    mouse.drag((y, x), (y - reach / 2, x), (y + reach / 2, x), (y, x - reach / 2), (y, x + reach / 2))
    painted = dock.state.layers.sketch.data == 1
    there = np.zeros_like(painted)
    there[cell.slice] = cell.image
    wait_until(lambda: (instances[there & painted] > 0).mean() < 0.3, seconds=60)


def test_stops_within_half_a_second(sketched: SketchDock) -> None:
    sketched.state.learn = True
    wait_until(lambda: sketched.state.found is not None)
    assert sketched.learn_panel.stop.isEnabled()
    began = time.monotonic()
    QTest.mouseClick(sketched.learn_panel.stop, Qt.MouseButton.LeftButton)
    assert sketched.state.phase is Phase.OFF
    assert not sketched.learn_panel.switch.isChecked()
    step = sketched.state.step
    wait_until(lambda: not learner_threads(), seconds=3)
    assert time.monotonic() - began < 1.5  # the thread itself, on any machine; what is seen is over at once
    live(0.2)
    assert sketched.state.step is step
    assert sketched.state.model is not None


def test_goes_on_from_where_it_stopped(sketched: SketchDock) -> None:
    sketched.state.learn = True
    wait_until(lambda: sketched.state.model is not None)
    sketched.state.learn = False
    model = sketched.state.model
    weights = {name: value.clone() for name, value in model.network.state_dict().items()}
    sketched.state.learn = True
    wait_until(lambda: sketched.state.model is not model)
    # the kept model was not touched by going on from it
    assert all(bool((weights[name] == value).all()) for name, value in model.network.state_dict().items())


def test_closing_the_window_ends_learning(sketched: SketchDock) -> None:
    sketched.state.learn = True
    wait_until(lambda: sketched.state.step is not None)
    sketched.viewer.close()
    assert learner_threads() == []


def test_closing_the_dock_ends_learning(sketched: SketchDock) -> None:
    sketched.state.learn = True
    wait_until(lambda: sketched.state.step is not None)
    viewer = sketched.viewer
    viewer.window.remove_dock_widget(sketched)
    sketched.close()
    assert learner_threads() == []
    viewer.layers.clear()  # nobody listens any more
    sketched.deleteLater()  # it belongs to nobody now
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.mark.parametrize("role", ["nuclei", "sketch", "boundaries", "instances"])
def test_removing_a_layer_ends_learning(sketched: SketchDock, role: str) -> None:
    sketched.state.learn = True
    wait_until(lambda: sketched.state.step is not None)
    sketched.viewer.layers.remove(role)
    assert not sketched.state.learn
    assert sketched.state.phase is Phase.OFF
    wait_until(lambda: not learner_threads())
    live(0.1)
    if role != "nuclei":
        assert role in sketched.state.message
        sketched.state.learn = True  # what is missing is made again
        live(0.05)
        assert role in sketched.viewer.layers


def test_switching_the_image_ends_learning(sketched: SketchDock, sample: Any) -> None:
    other = sketched.viewer.add_image(sample.image[::-1].copy(), name="other")
    sketched.state.learn = True
    wait_until(lambda: sketched.state.step is not None)
    mine = sketched.state.layers
    sketched.image_panel.choice.setCurrentText("other")
    assert sketched.state.image is other
    assert sketched.state.layers is None
    assert not sketched.state.learn
    assert not mine.sketch.visible
    sketched.image_panel.choice.setCurrentText("nuclei")
    assert sketched.state.layers.sketch is mine.sketch
    assert mine.sketch.visible


def test_an_image_that_cannot_be_learned_from(make_napari_viewer: Any, messages: list[str]) -> None:
    viewer = make_napari_viewer()
    image = np.random.default_rng(0).random((64, 64), np.float32)
    image[3, 4] = np.nan
    viewer.add_image(image, name="broken", contrast_limits=(0, 1))
    dock = SketchDock(viewer)
    layers = dock.workbench.start()
    layers.sketch.data[10:20, 10:20] = 2
    layers.sketch.data[40:50, 10:20] = 1
    dock.state.learn = True
    wait_until(lambda: messages)
    assert "NaN" in messages[0]
    assert not dock.state.learn
    dock.shut_down()


def test_changing_the_network_begins_anew(sketched: SketchDock) -> None:
    sketched.state.learn = True
    wait_until(lambda: sketched.state.model is not None)
    sketched.state.network = "omnipose"
    assert sketched.state.model is None
    assert sketched.state.learn
    wait_until(lambda: sketched.state.step is not None, seconds=60)
    began = time.monotonic()
    sketched.state.learn = False
    assert time.monotonic() - began < 0.5


def test_rgb(make_napari_viewer: Any, sample: Any) -> None:
    viewer = make_napari_viewer()
    grey = (255 * (sample.image / sample.image.max())).astype(np.uint8)
    viewer.add_image(np.stack([255 - grey, grey, 255 - grey], axis=-1), name="stained", rgb=True)
    dock = SketchDock(viewer)
    layers = dock.workbench.start()
    assert layers.sketch.data.shape == grey.shape
    layers.sketch.data = sample.sketch.labels.astype(np.uint16)
    dock.state.learn = True
    wait_until(lambda: dock.state.found is not None)
    assert dock.state.model.config.image_channels == 3
    dock.shut_down()
