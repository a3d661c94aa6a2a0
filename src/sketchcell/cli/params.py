"""Options made from the families' parameter classes."""

from __future__ import annotations

import argparse
from typing import Any

from sketchcell.errors import SketchcellError
from sketchcell.families import FAMILIES, Family, params_from_dict, params_of_stage, params_to_dict
from sketchcell.families.params import Stage

_PREFIX = "param:"


def add_param_options(parser: argparse.ArgumentParser, stage: Stage) -> None:
    """Add one option for each parameter of a stage, whatever family has it."""
    group = parser.add_argument_group("parameters of the family")
    seen: set[str] = set()
    for family in FAMILIES.values():
        for field in params_of_stage(family.Params, stage):
            if field.name in seen:
                continue
            seen.add(field.name)
            kind: dict[str, Any] = {
                "type": type(field.default),
                "metavar": type(field.default).__name__.upper(),
            }
            if isinstance(field.default, bool):
                kind = {"action": argparse.BooleanOptionalAction}
            text = f"{field.metadata['label']}: {field.metadata['help']} ({family.name}: {field.default})"
            group.add_argument(
                f"--{field.name.replace('_', '-')}",
                dest=_PREFIX + field.name,
                default=argparse.SUPPRESS,
                help=text.replace("%", "%%"),
                **kind,
            )


def chosen_params(arguments: argparse.Namespace, family: Family, stage: Stage, base: Any = None) -> Any:
    """Return the parameters of a family: `base` (or the defaults), changed by the options of a stage.

    Raises
    ------
    SketchcellError
        If an option belongs to another family or its value is out of range.
    """
    given = {
        name.removeprefix(_PREFIX): value
        for name, value in vars(arguments).items()
        if name.startswith(_PREFIX)
    }
    known = [field.name for field in params_of_stage(family.Params, stage)]
    for name in given:
        if name not in known:
            raise SketchcellError(
                f"The family '{family.name}' has no parameter '{name}'; choose from {', '.join(known)}."
            )
    return params_from_dict(family.Params, params_to_dict(base or family.Params()) | given)
