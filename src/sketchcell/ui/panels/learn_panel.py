"""The switch, and how learning goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QComboBox, QFormLayout, QLabel, QPushButton, QWidget
from superqt import QCollapsible, QToggleSwitch

from sketchcell.families import FAMILIES
from sketchcell.learning import Step
from sketchcell.networks import NETWORKS
from sketchcell.ui.panels.loss_curve import LossCurve
from sketchcell.ui.panels.section import Section, row, sentence
from sketchcell.ui.state import Phase, State

_INVITATION = "Paint some cells and some background, then switch this on."


class LearnPanel(Section):
    """Switches learning on and off and shows how it goes.

    Parameters
    ----------
    state
        As everywhere.
    """

    def __init__(self, state: State) -> None:
        super().__init__("Learn")
        self._state = state
        self.switch = QToggleSwitch("Learn while I paint")
        self.switch.setStyleSheet(
            "QToggleSwitch { qproperty-onColor: #0072b2; qproperty-switchWidth: 34; "
            "qproperty-switchHeight: 16; qproperty-handleSize: 14; font-size: 11pt; }"
        )
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Stop learning now; what was learned is kept")
        self.status = sentence(_INVITATION)
        self.curve = LossCurve()
        self.numbers = QLabel("")
        self.numbers.setStyleSheet("font-size: 8pt;")
        self.add(row(self.switch, self.stop, stretch=0))
        self.add(self.status)
        self.add(self.curve)
        self.add(self.numbers)
        self.add(self._make_advanced())

        self.switch.toggled.connect(self._on_switch)
        self.stop.clicked.connect(self._on_stop)
        state.events.learn.connect(self._show)
        state.events.phase.connect(self._show)
        state.events.message.connect(self._show)
        state.events.step.connect(self._show_step)
        self._show()
        self._show_step(state.step)

    def _make_advanced(self) -> QWidget:
        self.family = _chooser({name: family.title for name, family in FAMILIES.items()})
        self.network = _chooser({name: info.title for name, info in NETWORKS.items()})
        self.device = _chooser(_devices())
        form = QWidget()
        rows = QFormLayout(form)
        rows.setContentsMargins(0, 4, 0, 0)
        for field, box in (("family", self.family), ("network", self.network), ("device", self.device)):
            rows.addRow({"family": "Model family", "network": "Network", "device": "Runs on"}[field], box)
            box.setCurrentIndex(box.findData(getattr(self._state, field)))
            box.currentIndexChanged.connect(_setter(self._state, field, box))
            getattr(self._state.events, field).connect(_shower(box))
        self.advanced = QCollapsible("Advanced")
        self.advanced.setDuration(0)
        self.advanced.addWidget(form)
        for widget in (self.advanced, self.advanced.content()):
            if (layout := widget.layout()) is not None:
                layout.setContentsMargins(0, 0, 0, 0)
        return self.advanced

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Keep room for the longest message, so that nothing moves while one paints."""
        self.status.setFixedHeight(self.status.fontMetrics().lineSpacing() * 3 + 6)
        super().showEvent(event)

    def _on_switch(self, on: bool) -> None:
        self._state.learn = on
        self._show()

    def _on_stop(self) -> None:
        self._state.learn = False

    def _show(self) -> None:
        state = self._state
        self.switch.blockSignals(True)
        self.switch.setChecked(state.learn)
        self.switch.blockSignals(False)
        self.stop.setEnabled(state.phase is not Phase.OFF)
        self.status.setText(state.message or _INVITATION)

    def _show_step(self, step: Step | None) -> None:
        self.curve.set_points(self._state.losses.points)
        if step is None:
            self.numbers.setText("Loss")
            return
        minutes, seconds = divmod(int(step.elapsed), 60)
        speed = step.steps_per_second
        self.numbers.setText(
            f"Loss {self._state.losses.latest:.3g}  ·  {step.number:,} steps  ·  "
            f"{speed:.{1 if speed < 10 else 0}f} steps/s  ·  {minutes}:{seconds:02d}"
        )


def _chooser(titles: Mapping[str, str]) -> QComboBox:
    box = QComboBox()
    for name, title in titles.items():
        box.addItem(name, name)
        box.setItemData(box.count() - 1, title, 3)  # Qt.ToolTipRole
    box.setToolTip("\n".join(f"{name}: {title}" for name, title in titles.items()))
    return box


def _devices() -> dict[str, str]:
    devices = {"auto": "the fastest there is", "cpu": "the processor"}
    if torch.cuda.is_available():
        devices["cuda"] = "the NVIDIA or AMD graphics card"
    if torch.backends.mps.is_available():
        devices["mps"] = "the graphics part of an Apple chip"
    return devices


def _setter(state: State, field: str, box: QComboBox) -> Any:
    return lambda _index: setattr(state, field, box.currentData())


def _shower(box: QComboBox) -> Any:
    return lambda value: box.setCurrentIndex(box.findData(value))
