"""Sliders for a family's parameters, built from what the parameters say about themselves."""

from __future__ import annotations

from dataclasses import Field, replace
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QFormLayout, QWidget
from superqt import QLabeledDoubleSlider, QLabeledSlider

from sketchcell.families import params_of_stage
from sketchcell.ui.state import State


class ParamsForm(QWidget):
    """One slider or check box for each parameter that acts on kept maps.

    Parameters
    ----------
    state
        Whose ``params`` are shown and replaced.
    """

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self.editors: dict[str, Any] = {}
        self._layout = QFormLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setVerticalSpacing(2)
        self._kind: type[Any] | None = None
        state.events.params.connect(self._show)
        self._show(state.params)

    def _show(self, params: Any) -> None:
        if type(params) is not self._kind:
            self._build(type(params))
        for name, editor in self.editors.items():
            editor.blockSignals(True)
            value = getattr(params, name)
            if isinstance(editor, QCheckBox):
                editor.setChecked(value)
            else:
                editor.setValue(value)
            editor.blockSignals(False)

    def _build(self, kind: type[Any]) -> None:
        while self._layout.rowCount():
            self._layout.removeRow(0)
        self._kind = kind
        self.editors = {}
        for field in params_of_stage(kind, "decode"):
            editor = self._make(field)
            editor.setToolTip(field.metadata["help"])
            self._layout.addRow(field.metadata["label"], editor)
            self._layout.labelForField(editor).setToolTip(field.metadata["help"])
            self.editors[field.name] = editor

    def _make(self, field: Field[Any]) -> Any:
        if isinstance(field.default, bool):
            box = QCheckBox()
            box.toggled.connect(_replacer(self._state, field.name, bool))
            return box
        whole = isinstance(field.default, int)
        low, high, step = (field.metadata[key] for key in ("min", "max", "step"))
        slider = (QLabeledSlider if whole else QLabeledDoubleSlider)(Qt.Orientation.Horizontal)
        slider.setRange(low, high)
        slider.setSingleStep(step)
        if not whole:
            slider.setDecimals(2 if step < 0.1 else 1)
        slider.valueChanged.connect(_replacer(self._state, field.name, int if whole else float))
        return slider


def _replacer(state: State, name: str, kind: type[Any]) -> Any:
    def set_param(value: Any) -> None:
        state.params = replace(state.params, **{name: kind(value)})

    return set_param
