"""A form for a family's parameters, built from what the parameters say about themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, replace
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QFormLayout, QSpinBox, QWidget
from superqt import QLabeledDoubleSlider, QLabeledSlider

from sketchcell.families import params_of_stage
from sketchcell.families.params import Stage
from sketchcell.ui.panels.wheel import calm
from sketchcell.ui.state import State

_UNLIMITED = 1_000_000


class ParamsForm(QWidget):
    """One row for each parameter of a stage: a check box, a list of words, or a number.

    Numbers that act at once are sliders, to be dragged while one looks. Those that learning begins again for
    are typed.

    Parameters
    ----------
    state
        Whose ``params`` are shown and replaced.
    stage
        Which of them.
    """

    def __init__(self, state: State, stage: Stage) -> None:
        super().__init__()
        self._state, self._stage = state, stage
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
            elif isinstance(editor, QComboBox):
                editor.setCurrentText(value)
            else:
                editor.setValue(value)
            editor.blockSignals(False)

    def _build(self, kind: type[Any]) -> None:
        while self._layout.rowCount():
            self._layout.removeRow(0)
        self._kind = kind
        self.editors = {}
        for field in params_of_stage(kind, self._stage):
            editor = self._make(field)
            editor.setToolTip(field.metadata["help"])
            calm(editor)
            self._layout.addRow(field.metadata["label"], editor)
            self._layout.labelForField(editor).setToolTip(field.metadata["help"])
            self.editors[field.name] = editor

    def _make(self, field: Field[Any]) -> Any:
        change = _replacer(self._state, field.name, type(field.default))
        if isinstance(field.default, bool):
            box = QCheckBox()
            box.toggled.connect(change)
            return box
        if isinstance(field.default, str):
            words = QComboBox()
            words.addItems(field.metadata["choices"])
            words.currentTextChanged.connect(change)
            return words
        return (_slider if self._stage == "decode" else _spin_box)(field, change)


def _slider(field: Field[Any], change: Callable[[Any], None]) -> Any:
    whole = isinstance(field.default, int)
    slider = (QLabeledSlider if whole else QLabeledDoubleSlider)(Qt.Orientation.Horizontal)
    _set_range(slider, field)
    slider.valueChanged.connect(change)
    return slider


def _spin_box(field: Field[Any], change: Callable[[Any], None]) -> Any:
    box = QSpinBox() if isinstance(field.default, int) else QDoubleSpinBox()
    _set_range(box, field)
    box.setKeyboardTracking(False)  # a number counts when it is typed to its end
    box.valueChanged.connect(change)
    return box


def _set_range(editor: Any, field: Field[Any]) -> None:
    low, high, step = (field.metadata[key] for key in ("min", "max", "step"))
    if not isinstance(field.default, int):
        editor.setDecimals(_decimals(step or 0.01))
    editor.setRange(-_UNLIMITED if low is None else low, _UNLIMITED if high is None else high)
    if step is not None:
        editor.setSingleStep(step)


def _decimals(step: float) -> int:
    """Return how many decimals a step shows."""
    return max(1, len(f"{step:.6f}".rstrip("0").partition(".")[2]))


def _replacer(state: State, name: str, kind: type[Any]) -> Any:
    def set_param(value: Any) -> None:
        state.params = replace(state.params, **{name: kind(value)})

    return set_param
