"""The model families: each turns strokes into targets and maps into cells, in one file."""

from __future__ import annotations

from sketchcell.errors import SketchcellError
from sketchcell.families.decoding import Parts, are_cells
from sketchcell.families.distance import Distance
from sketchcell.families.flow import Flow
from sketchcell.families.multiclass import Multiclass
from sketchcell.families.params import checked_params, params_from_dict, params_of_stage, params_to_dict
from sketchcell.families.protocol import Family, Target
from sketchcell.families.sdf import Sdf
from sketchcell.families.traits import MapTraits

FAMILIES: dict[str, Family] = {family.name: family for family in (Flow(), Distance(), Sdf(), Multiclass())}


def get_family(name: str) -> Family:
    """Return a family by its name.

    Raises
    ------
    SketchcellError
        When there is none of that name.
    """
    if name not in FAMILIES:
        raise SketchcellError(f"There is no family '{name}'; choose from {', '.join(FAMILIES)}.")
    return FAMILIES[name]


__all__ = [
    "FAMILIES",
    "Family",
    "MapTraits",
    "Parts",
    "Target",
    "are_cells",
    "checked_params",
    "get_family",
    "params_from_dict",
    "params_of_stage",
    "params_to_dict",
]
