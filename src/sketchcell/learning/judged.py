"""Windows with held-out strokes, and how well a model's instances agree with them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.families import Family
from sketchcell.inference import Progress
from sketchcell.learning.agreement import Agreement, agreement, mostly_in
from sketchcell.learning.example import Example
from sketchcell.learning.held_out import HeldOut
from sketchcell.model import Model
from sketchcell.sketch import PaintedObject, Sketch, Window
from sketchcell.sketch.window import expand, within


@dataclass(frozen=True, eq=False)
class Judged:
    """Maps of a window and what is known there."""

    maps: NDArray[np.float32]
    sketch: Sketch
    window: Window
    objects: list[PaintedObject]
    counts: NDArray[np.bool_]


def windows_to_judge(
    examples: Iterable[Example], held_out: HeldOut, *, side: int, most: int
) -> list[tuple[Example, Window]]:
    """Return the windows of a side, in pixels of the working scale, with most held-out paint on objects."""
    found: list[tuple[int, int, Example, Window]] = []
    for example in examples:
        if not example.is_painted:
            continue
        height, width = example.sketch.shape
        for top in range(0, height, side):
            for left in range(0, width, side):
                window = slice(top, min(top + side, height)), slice(left, min(left + side, width))
                labels = example.sketch.labels[window]
                if not labels.any():
                    continue
                painted = (labels > 1) & held_out.mask(example.number, window)
                if painted.any():
                    found.append((int(np.count_nonzero(painted)), len(found), example, window))
    found.sort(key=lambda one: (-one[0], one[1]))
    return [(example, window) for _, _, example, window in found[:most]]


def predicting_judged(
    model: Model, windows: Sequence[tuple[Example, Window]], held_out: HeldOut, margin: int
) -> Generator[Progress, None, list[Judged]]:
    """Predict windows with a margin around each.

    Parameters
    ----------
    model
        Of the examples' working scale.
    windows
        Of examples.
    held_out
        What is judged by.
    margin
        In pixels: what lies around a window is part of the answer at its rim.
    """
    judged = []
    for example, window in windows:
        around = expand(window, margin, example.sketch.shape)
        maps = yield from example.predicting(model.network, model.family.activate, around)
        counts = np.zeros(maps.shape[1:], np.bool_)
        counts[within(window, around)] = held_out.mask(example.number, window)
        objects = mostly_in(example.sketch.objects.within(window), counts, around)
        judged.append(Judged(maps, example.sketch, around, objects, counts))
    return judged


def agreement_with(family: Family, judged: Sequence[Judged], params: Any, zoom: float) -> Agreement:
    """Decode maps and compare the instances with what is painted.

    Parameters
    ----------
    family, params
        Decode.
    judged
        At least one window.
    zoom
        Pixels of the working scale for each pixel of the image.
    """
    params = replace(params, minimum_size=round(params.minimum_size * zoom))
    return Agreement.of_all(
        [
            agreement(family.decode(one.maps, params), one.sketch, one.window, one.objects, one.counts)
            for one in judged
        ]
    )
