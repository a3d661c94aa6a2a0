"""The decoder's thresholds, fitted on strokes that were held out from learning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sketchcell.families import params_of_stage
from sketchcell.inference import drain
from sketchcell.learning.agreement import Agreement
from sketchcell.learning.example import Example
from sketchcell.learning.held_out import HeldOut
from sketchcell.learning.judged import agreement_with, predicting_judged, windows_to_judge
from sketchcell.model import Model

_SIDE = 256  # of a window that is judged, in pixels of the working scale
_MARGIN = 48
_MOST_WINDOWS = 8
_FEWEST_OBJECTS = 6
_GAIN = 0.01  # of the score, that another value than the default must bring
_GAIN_OF_SIDES = 0.05
_FEWEST_OUTLINES = 12
_FEWEST_KEPT = 0.95  # of the instances, by a value that moves outlines: fewer have grown together


def fit_thresholds(model: Model, examples: Iterable[Example], held_out: HeldOut) -> tuple[Any, float | None]:
    """Return the family's parameters with the thresholds that suit the held-out strokes best.

    One parameter after the other is tried over its values (``fit`` of `param`); another value than the one
    that is set is only taken if it is clearly better. Those that move outlines are judged by objects whose
    outline is known, or, with fewer than twelve of them, by how many painted pixels of cells and of
    background come out as that, and may not join cells; the others by all objects that are painted. With
    fewer than six painted objects nothing is changed.

    Parameters
    ----------
    model
        Whose maps are judged.
    examples
        At the model's working scale.
    held_out
        What it did not learn from.

    Returns
    -------
    params
        Of the family.
    score
        Agreement with the held-out strokes, 0…1; None if there were too few.
    """
    params = model.config.params
    windows = windows_to_judge(examples, held_out, side=_SIDE, most=_MOST_WINDOWS)
    judged = drain(predicting_judged(model, windows, held_out, _MARGIN))
    if not judged:
        return params, None
    zoom = model.config.scale**2
    best = agreement_with(model.family, judged, params, zoom)
    if best.quality.size < _FEWEST_OBJECTS:
        return params, None
    for field in 2 * params_of_stage(type(params), "decode"):  # twice: one may have to wait for another
        now = getattr(params, field.name)
        for value in sorted(field.metadata["fit"], key=lambda value: abs(value - now)):
            tried = replace(params, **{field.name: value})
            found = agreement_with(model.family, judged, tried, zoom)
            if _clearly_better(found, best, field.metadata["moves_outlines"]):
                params, best = tried, found
    return params, best.score


def _clearly_better(new: Agreement, old: Agreement, outlines: bool) -> bool:
    if not outlines:
        return new.clearly_better_than(old, _GAIN)
    if new.instances < _FEWEST_KEPT * old.instances:
        return False
    if old.outlines().quality.size >= _FEWEST_OUTLINES:
        return new.outlines().clearly_better_than(old.outlines(), _GAIN)
    # strokes alone tell the sides, not the outline between them
    return new.sides - old.sides > _GAIN_OF_SIDES
