"""A robot annotator: sketches drawn from a ground truth, as a person would draw them.

The strokes never paint a wrong label, so the valid distances of the sketch are those of the truth.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketchcell.errors import SketchcellError
from sketchcell.sketch.annotator import Annotator
from sketchcell.sketch.sketch import Sketch, as_labels

KINDS = ("strokes", "dabs", "scribbles", "cells", "field")


def simulate_sketch(
    truth: ArrayLike, share: float = 0.03, kind: str = "strokes", seed: int = 0, one_id: bool = False
) -> Sketch:
    """Draw a sketch from instance labels.

    Parameters
    ----------
    truth
        (H, W) whole numbers: 0 background, 1 and more objects.
    share
        Fraction of the image's pixels to paint, in (0, 1]; met to the pixel. Boundaries on unpainted pixels
        do not count. Where strokes of the kind cannot reach it, the rest is painted as with "field".
    kind
        "strokes", a person's mixture: dabs and scribbles in objects, whole objects with background around
        them, background beside objects and elsewhere; "dabs", disks; "scribbles", curves; "cells", whole
        objects with background around them; "field", smoothed noise (Gaussian, sigma 50 px) above a
        threshold, as in Sketchpose.
    seed
        Of the random numbers: the same seed draws the same sketch.
    one_id
        Paint all objects with id 2, and lines between touching ones as boundaries; else each object has its
        own id.

    Returns
    -------
    Sketch
        With every object of the truth at the id 2 + its rank among the truth's ids, or at 2.

    Raises
    ------
    SketchcellError
        If the kind is unknown, the share is not in (0, 1], the seed is negative, or the truth is not a
        plane of labels.
    """
    if kind not in KINDS:
        raise SketchcellError(
            f"There are no sketches of the kind {kind!r}: choose one of {', '.join(KINDS)}."
        )
    if not 0 < share <= 1:
        raise SketchcellError(f"The share of painted pixels is {share}; give a number above 0 and up to 1.")
    if seed < 0:
        raise SketchcellError(f"The seed is {seed!r}; give a whole number that is not negative.")
    labels = as_labels(truth, "truth", "0 background, 1 or more objects")
    annotator = Annotator(labels, share, np.random.default_rng(seed), one_id)
    if kind != "field" and share < 1:
        _draw(annotator, _ACTIONS[kind])
    annotator.field()
    return annotator.sketch()


_Action = Callable[[Annotator], None]
# Actions on objects and on background, with how often a person does each of them.
_ACTIONS: dict[str, tuple[dict[_Action, float], dict[_Action, float]]] = {
    "strokes": (
        {Annotator.dab: 0.25, Annotator.scribble: 0.45, Annotator.cell: 0.3},
        {Annotator.beside: 0.5, Annotator.background_scribble: 0.5},
    ),
    "dabs": ({Annotator.dab: 1.0}, {Annotator.background_dab: 1.0}),
    "scribbles": ({Annotator.scribble: 1.0}, {Annotator.beside: 0.3, Annotator.background_scribble: 0.7}),
    "cells": ({Annotator.cell: 1.0}, {Annotator.beside: 1.0}),
}


def _draw(annotator: Annotator, actions: tuple[dict[_Action, float], dict[_Action, float]]) -> None:
    """Draw strokes until the share is met, or until a while of strokes has added nothing."""
    idle = 0
    choices = [_choices(weights, annotator.random) for weights in actions]
    while annotator.left and idle < 50 + 2 * annotator.count:
        before = annotator.left
        next(choices[0 if annotator.wants_objects else 1])(annotator)
        idle = 0 if annotator.left < before else idle + 1


def _choices(weights: dict[_Action, float], random: np.random.Generator) -> Iterator[_Action]:
    actions = list(weights)
    probabilities: NDArray[np.float64] = np.array(list(weights.values()))
    while True:
        yield actions[int(random.choice(len(actions), p=probabilities))]
