"""The switch, and how learning goes."""

from __future__ import annotations

import torch
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QFormLayout, QLabel, QPushButton, QVBoxLayout, QWidget
from superqt import QCollapsible, QToggleSwitch

from sketchcell.families import FAMILIES
from sketchcell.learning import Step
from sketchcell.networks import NETWORKS
from sketchcell.ui.panels.chooser import chooser, follow
from sketchcell.ui.panels.params_form import ParamsForm
from sketchcell.ui.panels.progress_plot import ProgressPlot
from sketchcell.ui.panels.section import Section, row, sentence
from sketchcell.ui.params import with_defaults
from sketchcell.ui.state import Phase, State
from sketchcell.ui.teacher import Teacher

_KINDS = (
    "How cells are described to the network. Your strokes serve all kinds: change as often as you like;\n"
    "what one kind has learned waits until you come back to it."
)
_RESTARTS = "A change begins learning again; your strokes stay."
_INVITATION = "Paint some cells and some background, then switch this on."


class LearnPanel(Section):
    """Switches learning on and off and shows how it goes.

    Parameters
    ----------
    state, teacher
        As everywhere.
    """

    def __init__(self, state: State, teacher: Teacher) -> None:
        super().__init__()
        self._state, self._teacher = state, teacher
        self.family = chooser({name: family.title for name, family in FAMILIES.items()}, explained=True)
        self.family.setToolTip(f"{_KINDS}\n\n{self.family.toolTip()}")
        follow(self.family, state, "family")
        kind = QLabel("Kind of model")
        kind.setToolTip(self.family.toolTip())
        self.switch = QToggleSwitch("Learn while I paint")
        self.switch.setStyleSheet(
            "QToggleSwitch { qproperty-onColor: #0072b2; qproperty-switchWidth: 34; "
            "qproperty-switchHeight: 16; qproperty-handleSize: 14; font-size: 11pt; }"
        )
        self.switch.setToolTip("Learn from the strokes, and show the cells, while you go on painting")
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Stop learning now; what was learned is kept")
        self.status = sentence(_INVITATION)
        self.curve = ProgressPlot(self.go_back)
        self.numbers = QLabel("")
        self.numbers.setProperty("small", True)
        self.add(row(kind, self.family, stretch=1))
        self.add(row(self.switch, self.stop, stretch=0))
        self.add(self.status)
        self.add(self.curve)
        self.add(self.numbers)
        self.best = QPushButton("Back to the best")
        self.best.setToolTip("Take up the model as it was when it did best; or click any moment in the curve")
        self.best.clicked.connect(self._on_best)
        self.region = QPushButton("Learn in a box (B)")
        self.region.setToolTip(
            "Draw a box: only what is in it is learned from and predicted, which is faster"
        )
        self.region.clicked.connect(teacher.toggle_region)
        self.add(row(self.best, self.region))
        self.add(self._make_advanced())

        self.switch.toggled.connect(self._on_switch)
        self.stop.clicked.connect(self._on_stop)
        state.events.learn.connect(self._show)
        state.events.phase.connect(self._show)
        state.events.message.connect(self._show)
        state.events.step.connect(self._show_step)
        state.events.moments.connect(self._show_moments)
        state.events.region.connect(self._show_region)
        self._show()
        self._show_moments()
        self._show_region()
        self._show_step(state.step)

    def _make_advanced(self) -> QWidget:
        self.network = chooser({name: info.title for name, info in NETWORKS.items()})
        self.device = chooser(_devices())
        follow(self.network, self._state, "network")
        follow(self.device, self._state, "device")
        self.form = ParamsForm(self._state, "train")
        self.reset = QPushButton("Reset")
        self.reset.setToolTip("Teach with the usual values again; learning begins again with your strokes")
        self.reset.clicked.connect(self._on_reset)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 4, 0, 0)
        rows = QFormLayout()
        rows.setContentsMargins(0, 0, 0, 0)
        for label, choice in (("Network", self.network), ("Runs on", self.device)):
            rows.addRow(label, choice)
            rows.labelForField(choice).setToolTip(choice.toolTip())
        box.addLayout(rows)
        box.addWidget(sentence(_RESTARTS, small=True))
        box.addWidget(self.form)
        box.addWidget(self.reset)
        self.advanced = QCollapsible()
        self.advanced.setDuration(0)
        for set_icon in (self.advanced.setCollapsedIcon, self.advanced.setExpandedIcon):
            set_icon(" ")  # superqt draws its own in black, on any theme
        self.advanced.toggled.connect(self._show_arrow)
        self._show_arrow(False)
        self.advanced.addWidget(inner)
        self.advanced.setToolTip("The network, where it runs, and how it is taught")
        for widget in (self.advanced, self.advanced.content()):
            if (layout := widget.layout()) is not None:
                layout.setContentsMargins(0, 0, 0, 0)
        return self.advanced

    def _show_arrow(self, unfolded: bool) -> None:
        self.advanced.setText(f"{'▾' if unfolded else '▸'}  Advanced")

    def _on_reset(self) -> None:
        self._state.params = with_defaults(self._state.params, "train")

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Keep room for the longest message, so that nothing moves while one paints."""
        self.status.setFixedHeight(self.status.fontMetrics().lineSpacing() * 3 + 12)
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
        self.curve.set_losses(self._state.losses.points, None if step is None else step.number)
        if step is None:
            self.numbers.setText("")
            return
        minutes, seconds = divmod(int(step.elapsed), 60)
        speed = step.steps_per_second
        self.numbers.setText(
            f"Loss {self._state.losses.latest:.3g}  ·  {step.number:,} steps  ·  "
            f"{speed:.{1 if speed < 10 else 0}f} steps/s  ·  {minutes}:{seconds:02d}"
        )

    def go_back(self, step: int) -> None:
        """Take up the model as it was at a step."""
        for moment in self._state.moments:
            if moment.step == step:
                self._teacher.go_back(moment)
                return

    def _on_best(self) -> None:
        best = [moment for moment in self._state.moments if moment.best]
        if best:
            self._teacher.go_back(best[-1])

    def _show_moments(self) -> None:
        moments = self._state.moments
        best = [moment.step for moment in moments if moment.best][-1:]
        self.curve.set_moments([(each.step, each.accuracy, [each.step] == best) for each in moments])
        self.best.setEnabled(bool(best))

    def _show_region(self) -> None:
        boxed = self._state.region is not None
        self.region.setText("Learn everywhere" if boxed else "Learn in a box (B)")


def _devices() -> dict[str, str]:
    devices = {"auto": "the fastest there is", "cpu": "the processor"}
    if torch.cuda.is_available():
        devices["cuda"] = "the NVIDIA or AMD graphics card"
    if torch.backends.mps.is_available():
        devices["mps"] = "the graphics part of an Apple chip"
    return devices
