"""Colours that can be read, and steps that fold."""

from __future__ import annotations

from typing import Any

import pytest
from napari.utils.theme import get_theme
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLabel, QWidget

from sketchcell.ui.panels.progress_plot import ProgressPlot
from sketchcell.ui.panels.step import Step
from sketchcell.ui.theme import faint_ink, small_font, style_sheet


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_what_is_written_can_be_read(qtbot: Any, name: str) -> None:
    theme = get_theme(name)
    ground = theme.background.as_hex(format="long")
    assert contrast(faint_ink(theme), ground) >= 4.5  # WCAG AA, text
    assert contrast("#ffffff", "#0072b2") >= 4.5
    assert int(small_font(theme)[:-2]) >= 7
    plot = ProgressPlot()
    qtbot.addWidget(plot)
    plot.set_ink(theme.text.as_hex(format="long"))
    for line in plot._colors:
        assert contrast(line, ground) >= 3  # WCAG AA, graphics


@pytest.mark.parametrize("name", ["dark", "light"])
def test_the_style_sheet_is_one_that_qt_understands(qtbot: Any, name: str) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.setStyleSheet(style_sheet(get_theme(name)))  # Qt warns of mistakes, and warnings fail
    widget.ensurePolished()


def test_a_step_folds_by_mouse_and_by_key(qtbot: Any) -> None:
    told: list[bool] = []
    step = Step(2, "Sketch", "Paint a few strokes", on_collapsed=told.append)
    qtbot.addWidget(step)
    step.add(QLabel("inside"))
    step.show()
    assert not step.collapsed
    assert step.header.accessibleName() == "2 Sketch, open"
    open_height = step.sizeHint().height()
    QTest.mouseClick(step.header, Qt.MouseButton.LeftButton)
    assert step.collapsed
    assert step.sizeHint().height() < open_height
    QTest.keyClick(step.header, Qt.Key.Key_Space)
    assert told == [True, False]
    assert step.header.toolTip() == "Paint a few strokes"


def test_a_step_begins_as_it_was_left(qtbot: Any) -> None:
    told: list[bool] = []
    step = Step(1, "Image", collapsed=True, on_collapsed=told.append)
    qtbot.addWidget(step)
    assert step.collapsed
    step.set_note("nuclei")
    assert step.header.note.text() == "nuclei"
    step.set_collapsed(False)
    assert not told
