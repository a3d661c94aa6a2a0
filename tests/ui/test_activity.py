"""Long work in napari's activity dock."""

from __future__ import annotations

from typing import Any

import pytest
from napari._qt.widgets.qt_progress_bar import QtLabeledProgressBar
from napari.utils.progress import progress

from sketchcell.ui.activity import Activity

from .conftest import live, wait_until


@pytest.fixture
def viewer(make_napari_viewer: Any) -> Any:
    return make_napari_viewer(show=True)


def bars(viewer: Any) -> list[QtLabeledProgressBar]:
    found = viewer.window._qt_window.findChildren(QtLabeledProgressBar)
    return [bar for bar in found if not bar.isHidden()]


def test_progress_is_shown_and_goes_away(viewer: Any, capfd: pytest.CaptureFixture[str]) -> None:
    activity = Activity("Segmenting 3 images", lambda: None)
    activity.set(1, 4)
    wait_until(lambda: bars(viewer))
    (bar,) = bars(viewer)
    assert "Segmenting 3 images" in bar.description_label.text()
    wait_until(lambda: bar.qt_progress_bar.value() == 1)
    assert bar.qt_progress_bar.maximum() == 4
    activity.set(6, 8)
    wait_until(lambda: (bar.qt_progress_bar.value(), bar.qt_progress_bar.maximum()) == (6, 8))
    activity.close()
    activity.close()
    assert not progress._all_instances
    wait_until(lambda: not bars(viewer))
    assert capfd.readouterr().err == ""  # nothing on the terminal


def test_cancel_calls_back_once(viewer: Any) -> None:
    cancelled: list[None] = []
    activity = Activity("Learning", lambda: cancelled.append(None))
    wait_until(lambda: bars(viewer))
    (bar,) = bars(viewer)
    assert not bar.cancel_button.isHidden()
    bar.cancel_button.click()
    bar.cancel_button.click()
    assert cancelled == [None]
    activity.close()


def test_cancel_may_close_it(viewer: Any) -> None:
    activity = Activity("Learning", lambda: activity.close())
    wait_until(lambda: bars(viewer))
    bars(viewer)[0].cancel_button.click()
    assert not progress._all_instances


def test_what_is_soon_done_does_not_flicker(viewer: Any) -> None:
    activity = Activity("Short", lambda: None)
    live(0.05)
    activity.close()
    live(0.5)
    assert not bars(viewer)


def test_it_may_be_closed_while_it_is_being_drawn(viewer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    activity = Activity("Nested", lambda: None)

    def close_meanwhile(*_: Any) -> None:  # as events do that napari handles in the middle of drawing
        activity.close()

    monkeypatch.setattr(QtLabeledProgressBar, "setDescription", close_meanwhile)
    wait_until(lambda: activity._closed)
    live(0.3)
    assert not progress._all_instances
    assert not bars(viewer)


def test_long_work_is_in_both_places_and_ends_in_both(dock: Any) -> None:
    panel, state = dock.result_panel, dock.state
    dock.help_panel.setVisible(False)
    cancelled: list[None] = []
    state.progress = 0.25
    assert panel.progress.isHidden()
    wait_until(lambda: bars(dock.viewer) and not panel.progress.isHidden())
    (bar,) = bars(dock.viewer)
    state.progress = 0.5
    wait_until(lambda: bar.qt_progress_bar.value() == 500)
    assert panel.bar.value() == 500
    state.events.progress.connect(lambda share: cancelled.append(None) if share is None else None)
    bar.cancel_button.click()
    wait_until(lambda: not bars(dock.viewer))
    assert cancelled
    assert panel.progress.isHidden()


@pytest.mark.parametrize("name", ["progress", "fetching", "opening", "importing", "batch"])
def test_quick_work_shows_nothing(dock: Any, name: str) -> None:
    setattr(dock.state, name, 0.5)
    live(0.1)
    setattr(dock.state, name, None)
    live(0.5)
    assert not bars(dock.viewer)
    assert dock.result_panel.progress.isHidden()
    assert dock.model_panel.progress.isHidden()
