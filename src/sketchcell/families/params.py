"""Family parameters: one frozen dataclass builds the form, the command line and ``config.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, asdict, field, fields
from numbers import Integral, Real
from typing import Any, Literal, TypeVar

from sketchcell.errors import SketchcellError

Stage = Literal["train", "decode"]
ParamsT = TypeVar("ParamsT")


def param(
    default: float | int | bool | str,
    *,
    label: str,
    help: str,
    stage: Stage,
    min: float | None = None,
    max: float | None = None,
    step: float | None = None,
    fit: tuple[float, ...] = (),
    moves_outlines: bool = False,
    choices: tuple[str, ...] = (),
) -> Any:
    """Return a dataclass field that knows how to show itself in a form.

    Parameters
    ----------
    default
        Its value when nothing is said.
    label, help
        What a person reads.
    stage
        ``"decode"`` parameters act on maps that are already there; ``"train"`` parameters on learning.
    min, max, step
        The range of a slider, in the parameter's unit.
    fit
        Values that are tried on held-out strokes after learning.
    moves_outlines
        Whether it makes cells larger or smaller: then only objects whose outline is known can judge it.
    choices
        The words that a parameter of text may be.
    """
    metadata = {
        "label": label,
        "help": help,
        "stage": stage,
        "min": min,
        "max": max,
        "step": step,
        "fit": fit,
        "moves_outlines": moves_outlines,
        "choices": choices,
    }
    return field(default=default, metadata=metadata)


def params_of_stage(params_type: type[Any], stage: Stage) -> tuple[Field[Any], ...]:
    """Return the fields of a parameter class that belong to one stage."""
    return tuple(f for f in fields(params_type) if f.metadata.get("stage") == stage)


def params_to_dict(params: Any) -> dict[str, Any]:
    """Return the parameters as plain values for JSON."""
    return asdict(params)


def params_from_dict(params_type: type[ParamsT], values: Mapping[str, Any]) -> ParamsT:
    """Return parameters from plain values.

    Raises
    ------
    SketchcellError
        When a key is unknown or a value is not of the field's type or range.
    """
    known = {f.name: f for f in fields(params_type)}  # type: ignore[arg-type]
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise SketchcellError(f"There is no parameter '{name}'; choose from {', '.join(known)}.")
        default: Any = known[name].default
        if isinstance(default, str):
            checked[name] = _chosen(name, value, known[name].metadata["choices"])
            continue
        if isinstance(default, bool):
            fits = isinstance(value, bool)
        elif isinstance(default, int):
            fits = isinstance(value, Integral) and not isinstance(value, bool)
        else:
            fits = isinstance(value, Real) and not isinstance(value, bool)
        if not fits:
            raise SketchcellError(
                f"The parameter '{name}' must be of type {type(default).__name__}, not {value!r}."
            )
        low, high = known[name].metadata.get("min"), known[name].metadata.get("max")
        # in this form a NaN is out of range as well
        if not ((low is None or value >= low) and (high is None or value <= high)):
            raise SketchcellError(f"The parameter '{name}' must lie between {low} and {high}, not {value!r}.")
        checked[name] = type(default)(value)
    return params_type(**checked)


def checked_params(params_type: type[ParamsT], params: Any) -> ParamsT:
    """Return parameters whose values are known to be in range.

    Raises
    ------
    SketchcellError
        When they are of another type, or a value is not of the field's type or range.
    """
    if not isinstance(params, params_type):
        raise SketchcellError(
            f"The parameters are of the type {type(params).__name__}, but the family takes "
            f"{params_type.__name__}; change a model's own with dataclasses.replace."
        )
    return params_from_dict(params_type, params_to_dict(params))


def _chosen(name: str, value: Any, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise SketchcellError(f"The parameter '{name}' must be one of {', '.join(choices)}, not {value!r}.")
    return str(value)
