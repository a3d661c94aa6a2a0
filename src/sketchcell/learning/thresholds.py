"""The decoder's thresholds, fitted on strokes that were held out from learning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.families import Family, params_of_stage
from sketchcell.inference import drain
from sketchcell.learning.agreement import Agreement, agreement, mostly_in
from sketchcell.learning.example import Example
from sketchcell.learning.held_out import HeldOut
from sketchcell.model import Model
from sketchcell.sketch import PaintedObject, Sketch, Window
from sketchcell.sketch.window import expand, within

_SIDE = 256  # of a window that is judged, in pixels of the working scale
_MARGIN = 48
_MOST_WINDOWS = 8
_FEWEST_OBJECTS = 6
_GAIN = 0.01  # of the score, that another value than the default must bring
_GAIN_OF_SIDES = 0.05
_FEWEST_OUTLINES = 12
_FEWEST_KEPT = 0.95  # of the instances, by a value that moves outlines: fewer have grown together


@dataclass(frozen=True, eq=False)
class _Judged:
    """Maps of a window and what is known there."""

    maps: NDArray[np.float32]
    sketch: Sketch
    window: Window
    objects: list[PaintedObject]
    counts: NDArray[np.bool_]


def fit_thresholds(model: Model, examples: Sequence[Example], held_out: HeldOut) -> tuple[Any, float | None]:
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
    judged = [_judged(model, *place, held_out) for place in _windows(examples, held_out)]
    if not judged:
        return params, None
    zoom = model.config.scale**2
    best = _agreement(model.family, judged, params, zoom)
    if best.quality.size < _FEWEST_OBJECTS:
        return params, None
    for field in 2 * params_of_stage(type(params), "decode"):  # twice: one may have to wait for another
        now = getattr(params, field.name)
        for value in sorted(field.metadata["fit"], key=lambda value: abs(value - now)):
            tried = replace(params, **{field.name: value})
            found = _agreement(model.family, judged, tried, zoom)
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


def _agreement(family: Family, judged: Sequence[_Judged], params: Any, zoom: float) -> Agreement:
    params = replace(params, minimum_size=round(params.minimum_size * zoom))
    return Agreement.of_all(
        [
            agreement(family.decode(one.maps, params), one.sketch, one.window, one.objects, one.counts)
            for one in judged
        ]
    )


def _judged(model: Model, example: Example, number: int, window: Window, held_out: HeldOut) -> _Judged:
    around = expand(window, _MARGIN, example.sketch.shape)
    maps = drain(example.predicting(model.network, model.family.activate, around))
    counts = np.zeros(maps.shape[1:], np.bool_)
    counts[within(window, around)] = held_out.mask(number, window)
    objects = mostly_in(example.sketch.objects.within(window), counts, around)
    return _Judged(maps, example.sketch, around, objects, counts)


def _windows(examples: Sequence[Example], held_out: HeldOut) -> list[tuple[Example, int, Window]]:
    """Return the windows with most held-out paint on objects."""
    found: list[tuple[int, int, Example, int, Window]] = []
    for number, example in enumerate(examples):
        height, width = example.sketch.shape
        for top in range(0, height, _SIDE):
            for left in range(0, width, _SIDE):
                window = slice(top, min(top + _SIDE, height)), slice(left, min(left + _SIDE, width))
                painted = (example.sketch.labels[window] > 1) & held_out.mask(number, window)
                if painted.any():
                    found.append((int(np.count_nonzero(painted)), len(found), example, number, window))
    found.sort(key=lambda one: (-one[0], one[1]))
    return [(example, number, window) for _, _, example, number, window in found[:_MOST_WINDOWS]]
