"""What is shown: other thresholds, stale answers, the whole image, raw maps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from sketchcell.model import Model
from sketchcell.ui.answers import Answer, answer
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.identity import keep_ids
from sketchcell.ui.state import Phase

from .conftest import learner_threads, live, wait_until


@contextmanager
def counted_inference(model: Model) -> Iterator[list[int]]:
    """Count the network's forward passes."""
    calls: list[int] = []
    hook = model.network.register_forward_hook(lambda *_: calls.append(1))
    yield calls
    hook.remove()


def areas(dock: SketchDock) -> np.ndarray:
    """Return the areas of the cells that are shown, in order."""
    area = np.bincount(dock.state.layers.instances.data.ravel())[1:]
    return np.sort(area[area > 0])


def test_a_slider_decodes_again_without_inference(taught: SketchDock) -> None:
    instances = taught.state.layers.instances.data
    before = instances.copy()
    size = int(np.median(areas(taught)))
    with counted_inference(taught.state.model) as calls:
        taught.result_panel.form.editors["minimum_size"].setValue(size)
        wait_until(lambda: (instances != before).any())
    assert calls == []
    assert areas(taught).min() > 0.8 * size  # counted at the working scale
    assert taught.state.found.count == np.unique(instances[instances > 0]).size
    assert f"{taught.state.found.count} cell" in taught.result_panel.count.text()


def test_only_the_last_of_many_slider_positions_counts(taught: SketchDock) -> None:
    slider = taught.result_panel.form.editors["minimum_size"]
    for size in (400, 10, 300, 20, 150):
        slider.setValue(size)
        live(0.01)
    wait_until(lambda: taught.results._decoding is None and not learner_threads())
    source = taught.results._source
    assert areas(taught).size == source.model.decode(source.maps, taught.state.params).max()


def test_a_stale_decoding_is_dropped(taught: SketchDock) -> None:
    """Newer maps come while older ones are decoded with other thresholds: the older answer is not shown."""
    results, state = taught.results, taught.state
    old = results._source
    shown = state.layers.instances.data
    late: Answer = answer(old, replace(state.params, minimum_size=3000), shown, False)
    newer = answer(replace(old), state.params, shown, False)
    results.show(newer)
    before = shown.copy()
    results._on_decoded(late)
    assert results._source is newer.source
    assert (shown == before).all()


def test_nothing_arrives_after_stop(sketched: SketchDock) -> None:
    sketched.state.learn = True
    wait_until(lambda: sketched.state.found is not None)
    sketched.state.learn = False
    before = sketched.state.layers.instances.data.copy()
    wait_until(lambda: not learner_threads())
    live(0.2)
    assert (sketched.state.layers.instances.data == before).all()


def test_the_view_is_predicted(sketched: SketchDock) -> None:
    """Zoomed in, only what is in view and around it is predicted; the button is for the whole."""
    sketched.viewer.scene.camera.zoom *= 8
    live(0.2)
    sketched.state.learn = True
    wait_until(lambda: sketched.state.found is not None)
    assert sketched.teacher._glance.window[0].stop - sketched.teacher._glance.window[0].start < 80
    sketched.state.learn = False
    sketched.result_panel.whole.click()
    wait_until(lambda: sketched.state.progress is None and sketched.state.found.whole)
    assert "in the image" in sketched.result_panel.count.text()


def test_learning_rests_while_the_whole_image_is_segmented(sketched: SketchDock) -> None:
    sketched.state.learn = True
    wait_until(lambda: sketched.state.model is not None)
    phases: list[Phase] = []
    sketched.state.events.phase.connect(lambda phase: phases.append(phase))
    sketched.results.segment_whole()
    assert not sketched.result_panel.whole.isEnabled()
    wait_until(lambda: sketched.state.progress is None)
    assert phases == [Phase.PAUSED, Phase.LEARNING]
    step = sketched.state.step
    wait_until(lambda: sketched.state.step is not step)


def test_cancel(taught: SketchDock) -> None:
    before = taught.state.layers.instances.data.copy()
    taught.results.segment_whole()
    taught.result_panel.cancel.click()
    assert taught.state.progress is None
    wait_until(lambda: not learner_threads())
    live(0.05)
    assert (taught.state.layers.instances.data == before).all()
    assert taught.result_panel.whole.isVisible()


def test_raw_maps(taught: SketchDock) -> None:
    active = taught.viewer.layers.selection.active
    names = taught.state.model.family.channels(taught.state.model.config.params)
    taught.result_panel.raw_maps.setChecked(True)
    wait_until(lambda: names[0] in taught.viewer.layers and taught.viewer.layers[names[0]].visible)
    assert taught.viewer.layers.selection.active is active  # who paints goes on painting
    wait_until(lambda: all(name in taught.viewer.layers for name in names))
    for name in names:
        assert np.nan_to_num(taught.viewer.layers[name].data).any()
    assert not taught.viewer.layers[names[1]].visible  # they lie on top of each other
    assert [taught.image_panel.choice.itemText(i) for i in range(taught.image_panel.choice.count())] == [
        "nuclei"
    ]
    taught.result_panel.raw_maps.setChecked(False)
    assert not taught.viewer.layers[names[0]].visible


def test_outlines_follow_new_answers(taught: SketchDock) -> None:
    layer = taught.state.layers.instances
    taught.result_panel.outlines.setChecked(True)
    assert layer.contour > 0
    before = areas(taught)
    size = int(np.median(before))
    taught.result_panel.form.editors["minimum_size"].setValue(size)
    wait_until(lambda: areas(taught).size < before.size)
    assert areas(taught).min() > 0.8 * size


def test_without_a_model_the_button_says_so(dock: SketchDock) -> None:
    dock.workbench.start()
    assert not dock.result_panel.whole.isEnabled()
    assert dock.result_panel.count.text() == "No cells yet"


def test_cells_keep_their_ids() -> None:
    before = np.zeros((20, 20), np.int32)
    before[2:8, 2:8], before[2:8, 12:18] = 7, 9
    now = np.zeros_like(before)
    now[2:8, 3:9], now[3:8, 12:18], now[12:18, 2:8] = 1, 2, 3
    kept, count = keep_ids(now, before, highest=9)
    assert count == 3
    assert set(np.unique(kept[now == 1])) == {7}
    assert set(np.unique(kept[now == 2])) == {9}
    assert set(np.unique(kept[now == 3])) == {10}


def test_a_cell_that_falls_apart_keeps_its_id_once() -> None:
    before = np.zeros((10, 20), np.int32)
    before[2:8, 2:18] = 5
    now = np.zeros_like(before)
    now[2:8, 2:8], now[2:8, 8:18] = 1, 2
    kept, count = keep_ids(now, before, highest=5)
    assert count == 2
    assert set(np.unique(kept[now == 2])) == {5}
    assert set(np.unique(kept[now == 1])) == {6}


def test_no_cells_at_all() -> None:
    kept, count = keep_ids(np.zeros((4, 4), np.int32), np.ones((4, 4), np.int32), 1)
    assert count == 0
    assert not kept.any()
