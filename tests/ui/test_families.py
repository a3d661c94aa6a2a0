"""One sketch, several families: each keeps what it has learned, and none says anything in another's name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from npe2 import PluginManifest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication, QCheckBox, QComboBox, QDoubleSpinBox

import sketchcell
from sketchcell.families import FAMILIES, params_of_stage
from sketchcell.families.params import param
from sketchcell.learning import train
from sketchcell.model import Model
from sketchcell.ui.answers import answer
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.menu import DOCK_NAME, open_dock
from sketchcell.ui.panels.params_form import ParamsForm
from sketchcell.ui.params import same_lesson, with_thresholds
from sketchcell.ui.state import Phase, State

from .conftest import Mouse, learner_threads, live, wait_until

OTHERS = [name for name in FAMILIES if name != "flow"]


def choose(dock: SketchDock, family: str) -> None:
    box = dock.learn_panel.family
    box.setCurrentIndex(box.findData(family))


def test_switching_back_is_instant_and_loses_nothing(sketched: SketchDock, mouse: Mouse) -> None:
    state, layers = sketched.state, sketched.state.layers
    state.learn = True
    wait_until(lambda: state.found is not None and state.step.number > 5)
    sketched.result_panel.form.editors["minimum_size"].setValue(33)
    wait_until(lambda: sketched.results._shown[0] == state.params and sketched.results._decoding is None)
    flow, source = state.model, sketched.results._source
    cells, strokes = layers.instances.data.copy(), layers.sketch.data.copy()
    found = state.found

    choose(sketched, OTHERS[0])
    assert state.family == OTHERS[0]
    assert type(state.params) is FAMILIES[OTHERS[0]].Params
    assert state.model is None
    assert state.found is None
    assert not layers.instances.data.any()  # nobody takes flow's cells for the other family's
    assert (layers.sketch.data == strokes).all()
    wait_until(lambda: state.found is not None, seconds=60)
    assert state.model.config.family == OTHERS[0]
    sketched.workbench.use(sketched.state.tool)
    mouse.drag((100, 100), (100, 110))  # a stroke for one is a stroke for all
    assert (layers.sketch.data != strokes).any()
    state.learn = False
    other = state.model

    choose(sketched, "flow")
    assert state.model is flow
    assert sketched.results._source is source
    assert state.params.minimum_size == 33
    assert sketched.result_panel.form.editors["minimum_size"].value() == 33
    assert (layers.instances.data == cells).all()
    assert state.found == found
    assert (layers.sketch.data != strokes).any()
    choose(sketched, OTHERS[0])
    assert state.model is other
    assert len(sketched.teacher._shelf._kept) == 1


def test_learning_goes_on_from_what_was_put_aside(sketched: SketchDock, model: Model) -> None:
    state = sketched.state
    state.model = model
    choose(sketched, OTHERS[0])
    choose(sketched, "flow")
    assert state.model is model
    state.learn = True
    wait_until(lambda: state.found is not None)
    # 30 steps old already: it finds cells at the first look
    assert state.found.count > 20


def test_an_answer_of_another_family_is_not_shown(taught: SketchDock) -> None:
    state = taught.state
    late = answer(taught.results._source, state.params, state.layers.instances.data, True)
    choose(taught, OTHERS[0])
    taught.results.show(late)
    assert state.found is None
    assert not state.layers.instances.data.any()


def test_changing_the_family_gives_up_the_whole_image(taught: SketchDock) -> None:
    taught.results.segment_whole()
    choose(taught, OTHERS[0])
    assert taught.state.progress is None
    wait_until(lambda: not learner_threads())
    live(0.1)
    assert not taught.state.layers.instances.data.any()
    assert not taught.result_panel.whole.isEnabled()


def test_another_image_keeps_what_was_learned_but_not_what_was_seen(taught: SketchDock, sample: Any) -> None:
    state, model = taught.state, taught.state.model
    choose(taught, OTHERS[0])
    taught.viewer.add_image(sample.image[::-1].copy(), name="mirrored")
    taught.image_panel.choice.setCurrentText("mirrored")
    taught.workbench.start()
    choose(taught, "flow")
    assert state.model is model
    assert state.found is None
    assert not state.layers.instances.data.any()


def test_every_family_learns_in_the_dock(sketched: SketchDock) -> None:
    state = sketched.state
    state.learn = True
    for name in OTHERS[1:]:  # flow and the first of the others learn in other tests
        choose(sketched, name)
        wait_until(lambda: state.found is not None, seconds=60)
        assert state.model.config.family == state.family


def test_raw_maps_follow_the_family(taught: SketchDock) -> None:
    viewer, results = taught.viewer, taught.results
    taught.state.raw_maps = True
    names = FAMILIES["flow"].channels(taught.state.params)
    wait_until(lambda: set(names) <= set(results._raw._layers))
    layers = dict(results._raw._layers)
    choose(taught, OTHERS[0])
    assert not any(layer.visible for layer in layers.values())
    choose(taught, "flow")
    wait_until(lambda: set(names) <= set(results._raw._layers))
    assert {id(layer) for layer in results._raw._layers.values()} == {id(layer) for layer in layers.values()}
    assert all(np.nan_to_num(viewer.layers[name].data).any() for name in names)


def test_a_training_parameter_begins_learning_again(sketched: SketchDock) -> None:
    state = sketched.state
    state.learn = True
    wait_until(lambda: state.model is not None and state.step.number > 8)
    model, form = state.model, sketched.learn_panel.form
    strokes = state.layers.sketch.data.copy()
    name = next(name for name, box in form.editors.items() if isinstance(box, QDoubleSpinBox))
    usual = form.editors[name].value()
    form.editors[name].setValue(usual + 1)
    form.editors[name].setValue(usual + 2)
    assert state.phase is Phase.LEARNING  # it waits until the value stays
    # what was on its way from before may still arrive
    wait_until(lambda: getattr(state.model.config.params, name) == usual + 2)
    assert state.model is not model
    assert (state.layers.sketch.data == strokes).all()
    sketched.learn_panel.reset.click()
    assert getattr(state.params, name) == usual
    assert form.editors[name].value() == usual


def test_sliders_do_not_begin_learning_again(sketched: SketchDock) -> None:
    sketched.state.learn = True
    wait_until(lambda: sketched.state.step is not None)
    sketched.result_panel.form.editors["minimum_size"].setValue(40)
    assert not sketched.teacher._soon.isActive()
    sketched.result_panel.reset.click()
    assert sketched.state.params.minimum_size == FAMILIES["flow"].Params().minimum_size


def test_every_parameter_is_in_a_form_with_words(dock: SketchDock) -> None:
    for name in FAMILIES:
        choose(dock, name)
        params = dock.state.params
        for form, stage in ((dock.result_panel.form, "decode"), (dock.learn_panel.form, "train")):
            fields = params_of_stage(type(params), stage)
            assert list(form.editors) == [field.name for field in fields]
            for field in fields:
                assert len(form.editors[field.name].toolTip()) > 8


@dataclass(frozen=True)
class Words:
    kind: str = param("one", label="Kind", help="Which kind it is.", stage="train", choices=("one", "two"))
    sharp: bool = param(True, label="Sharp", help="Whether it is sharp.", stage="train")
    size: int = param(3, label="Size", help="How large it is.", stage="train", min=1, max=9, step=2)


def test_a_form_of_words_switches_and_numbers(qtbot: Any) -> None:
    state = State()
    state.params = Words()
    form = ParamsForm(state, "train")
    qtbot.addWidget(form)
    kind, sharp, size = form.editors.values()
    assert isinstance(kind, QComboBox)
    assert isinstance(sharp, QCheckBox)
    kind.setCurrentText("two")
    sharp.setChecked(False)
    size.setValue(5)
    assert state.params == Words("two", False, 5)
    state.params = Words()
    assert (kind.currentText(), sharp.isChecked(), size.value()) == ("one", True, 3)


def test_the_wheel_over_a_parameter_scrolls_the_dock(dock: SketchDock) -> None:
    before = dock.state.params
    inner = dock.result_panel.form.editors["minimum_size"]._slider
    for editor in (inner, dock.learn_panel.family):
        place = QPointF(5, 5)
        wheel = QWheelEvent(
            place,
            QPointF(editor.mapToGlobal(place.toPoint())),
            QPoint(0, -120),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(editor, wheel)
    assert dock.state.params == before
    assert dock.state.family == "flow"


def test_only_thresholds_are_taken_over() -> None:
    params = FAMILIES["flow"].Params()
    other = replace(params, minimum_size=99, flow_weight=7.0)
    assert with_thresholds(params, other) == replace(params, minimum_size=99)
    assert with_thresholds(params, Words()) is params
    assert not same_lesson(params, other)
    assert same_lesson(params, replace(params, minimum_size=99))


def test_fitted_thresholds_move_the_sliders(sketched: SketchDock, sample: Any, messages: list[str]) -> None:
    state, panel = sketched.state, sketched.result_panel
    assert not panel.fit.isEnabled()
    state.model = train([sample.image], [sample.sketch], seconds=None, steps=5, hold_out=0.0)
    state.params = replace(state.params, parting=1.0, minimum_size=0)
    before = state.params
    panel.fit.click()
    assert state.fitting
    assert not panel.fit.isEnabled()
    wait_until(lambda: not state.fitting)
    assert messages
    assert "Fitted" in messages[0] or "clearly better" in messages[0]
    for field in params_of_stage(type(before), "decode"):
        if getattr(state.params, field.name) != getattr(before, field.name):
            assert field.metadata["label"] in messages[0]
            assert panel.form.editors[field.name].value() == getattr(state.params, field.name)
    panel.reset.click()
    assert state.params == type(state.params)()


def test_too_few_strokes_to_fit_to(dock: SketchDock, model: Model, messages: list[str]) -> None:
    layers = dock.workbench.start()
    layers.sketch.paint((60, 60), 2)
    dock.state.model = model
    dock.fitter.start()
    wait_until(lambda: messages)
    assert "at least six" in messages[0]
    assert dock.state.params == type(dock.state.params)()


def test_there_is_a_menu_action_for_every_family() -> None:
    manifest = PluginManifest.from_file(sketchcell.__path__[0] + "/napari.yaml")
    listed = {item.command for item in manifest.contributions.menus["napari-sketchcell/menu"]}
    commands = {command.id: str(command.python_name) for command in manifest.contributions.commands}
    for name in FAMILIES:
        assert f"napari-sketchcell.{name}" in listed
        assert commands[f"napari-sketchcell.{name}"] == f"sketchcell.ui.menu:{name}"


def test_menu_actions_open_one_dock(make_napari_viewer: Any, sample: Any) -> None:
    from napari._app_model import get_app_model

    viewer = make_napari_viewer()
    viewer.add_image(sample.image, name="nuclei")
    commands = get_app_model().commands
    viewer.window._qt_window.setFocus()
    commands.execute_command(f"napari-sketchcell.{OTHERS[0]}")
    docks = [widget for widget in viewer.window.dock_widgets.values() if isinstance(widget, SketchDock)]
    assert len(docks) == 1
    assert docks[0].state.family == OTHERS[0]
    assert DOCK_NAME in viewer.window.dock_widgets
    docks[0].workbench.start()
    viewer.window._wrapped_dock_widgets[DOCK_NAME].setVisible(False)
    commands.execute_command("napari-sketchcell.flow")
    assert list(viewer.window.dock_widgets.values()).count(docks[0]) == 1
    assert docks[0].state.family == "flow"
    assert viewer.window._wrapped_dock_widgets[DOCK_NAME].isVisibleTo(viewer.window._qt_window)
    # napari's own entry in the menu *Plugins* finds the same dock
    _, again = viewer.window.add_plugin_dock_widget("napari-sketchcell", "Sketch & Train")
    again.shut_down()
    assert open_dock(viewer) is docks[0]
    docks[0].shut_down()


def test_a_second_dock_in_the_window(make_napari_viewer: Any, sample: Any) -> None:
    viewer = make_napari_viewer()
    viewer.add_image(sample.image, name="nuclei")
    first, second = SketchDock(viewer), SketchDock(viewer)
    layers = first.workbench.start()
    second.workbench.start()
    assert second.state.layers.sketch is layers.sketch
    second.state.family = OTHERS[0]
    assert first.state.family == "flow"
    second.shut_down()
    first.shut_down()
