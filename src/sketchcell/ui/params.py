"""Parameters of a family, taken apart: those that act on maps that are there, and those of learning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sketchcell.families import params_of_stage
from sketchcell.families.params import Stage


def with_thresholds(params: Any, thresholds: Any) -> Any:
    """Return parameters with another set's values of what acts on maps that are there.

    Those of another family have nothing to say: then the parameters come back as they are.
    """
    if type(thresholds) is not type(params):
        return params
    return replace(params, **_values(thresholds, "decode"))


def with_defaults(params: Any, stage: Stage) -> Any:
    """Return parameters with those of one stage back at their defaults."""
    return replace(params, **_values(type(params)(), stage))


def same_lesson(one: Any, other: Any) -> bool:
    """Tell whether two sets of parameters teach the same."""
    return type(one) is type(other) and _values(one, "train") == _values(other, "train")


def _values(params: Any, stage: Stage) -> dict[str, Any]:
    return {field.name: getattr(params, field.name) for field in params_of_stage(type(params), stage)}
