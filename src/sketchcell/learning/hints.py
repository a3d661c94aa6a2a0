"""Where a stroke would correct something: cells that a network finds otherwise when the image is turned."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from math import pi, sqrt
from typing import Any

import edt
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sketchcell.errors import SketchcellError
from sketchcell.inference import Progress
from sketchcell.learning.confidence import confidence_of, typical_area
from sketchcell.learning.second_look import Shared, looking_again
from sketchcell.model import Model

_LEAST = 0.1  # probability of being wrong, from which a cell is worth a look
_MOSTLY = 0.5  # share of a cell
_HARDLY = 0.2
_SAME = 0.8  # intersection over union


@dataclass(frozen=True)
class Hint:
    """A place to paint at next.

    Attributes
    ----------
    row, column
        The middle of what is doubtful, in pixels of the image.
    radius
        Of a disk as large as that, in pixels of the image.
    score
        How likely what is found there is wrong, 0…1, less for what is smaller than a typical cell.
    reason
        A short sentence for a person.
    """

    row: float
    column: float
    radius: float
    score: float
    reason: str


@dataclass(frozen=True, eq=False)
class Hints:
    """Where a network is in doubt.

    Attributes
    ----------
    map
        float32, shape (H, W), 0…1: how likely what is found there is wrong; 0 where it is painted.
    places
        The highest score first.
    """

    map: NDArray[np.float32]
    places: tuple[Hint, ...]


def looking_for_hints(
    model: Model,
    channels: NDArray[np.float32],
    painted: NDArray[np.bool_],
    count: int = 20,
    params: Any = None,
) -> Generator[Progress, None, Hints]:
    """Look twice, and rank what is found by how likely it is wrong.

    The doubt about an instance is 1 − `confidence`: it is large if the instance is another one, or none,
    when the image is turned by 180 degrees. Small ones score less: a speck in doubt is soon painted over
    and teaches little. Costs two passes of the network; the same input gives the same
    hints. Where a network finds nothing in either look there are no hints.

    Parameters
    ----------
    model
        Of any family.
    channels
        float32, shape (C, H, W), normalised: an image or a window of it.
    painted
        bool, shape (H, W): what is painted already. Instances of which more than half is painted are left
        out.
    count
        Most places to return; they are at least the diameter of a typical cell apart.
    params
        Of the family, for decoding; None takes the model's own.

    Yields
    ------
    Progress
        After each tile.

    Returns
    -------
    Hints

    Raises
    ------
    SketchcellError
        When `painted` has another shape than the image.
    """
    if painted.shape != channels.shape[1:]:
        raise SketchcellError(
            f"What is painted has the shape {painted.shape}, the image {channels.shape[1:]}; give the part "
            "of the sketch that belongs to the image."
        )
    maps = yield from model.predicting_normalized(channels)
    first = model.decode(maps, params)
    again = yield from looking_again(model, channels, params)
    yield Progress(1, 1, "comparing both looks")
    shared = Shared.of(first, again)
    area = np.concatenate([shared.first_area, shared.second_area])
    typical = typical_area(area) if area.any() else 1.0
    doubtful = np.zeros(first.shape, np.float32)
    found: list[Hint] = []
    for labels, pairs in ((first, shared), (again, shared.turned())):
        doubt = 1 - confidence_of(pairs)
        doubt[0] = 0
        np.maximum(doubtful, doubt[labels], out=doubtful)
        found += _hints(labels, pairs, doubt, painted, typical)
        yield Progress(1, 1, "comparing both looks")
    doubtful[painted] = 0
    return Hints(doubtful, tuple(_spread(found, 2 * sqrt(typical / pi), count)))


def _hints(
    labels: NDArray[np.int32],
    shared: Shared,
    doubt: NDArray[np.float32],
    painted: NDArray[np.bool_],
    typical: float,
) -> list[Hint]:
    """Return one hint for each doubtful instance that is not painted yet."""
    area = shared.first_area
    free = np.where(painted, 0, labels)
    left = np.bincount(free.ravel(), minlength=area.size)
    numbers = np.flatnonzero((doubt > _LEAST) & (left > (1 - _MOSTLY) * area))
    if not numbers.size:
        return []
    depth = edt.edt(free.astype(np.uint32), black_border=True)
    middles = ndimage.maximum_position(depth, free, numbers)
    reasons = _reasons(shared, typical)
    return [
        Hint(
            float(row),
            float(column),
            sqrt(int(area[number]) / pi),
            float(doubt[number]) * min(float(area[number]) / typical, 1.0),
            reasons[number],
        )
        for number, (row, column) in zip(numbers.tolist(), middles, strict=True)
    ]


def _reasons(shared: Shared, typical: float) -> list[str]:
    """Return for each instance of the first look why it is in doubt, by label."""
    area, other = shared.first_area, shared.second_area
    holds = np.bincount(shared.first[shared.pixels > _MOSTLY * other[shared.second]], minlength=area.size)
    inside = shared.pixels > _MOSTLY * area[shared.first]
    held = np.bincount(shared.second[inside], minlength=other.size)
    siblings = np.zeros(area.size, np.int64)
    np.maximum.at(siblings, shared.first[inside], held[shared.second[inside]])
    covered = np.bincount(shared.first, shared.pixels, area.size) / np.maximum(area, 1)
    same = shared.found_again() > _SAME
    choices = [
        (covered < _HARDLY, "unsure whether there is a cell"),
        ((holds > 1) | (siblings > 1), "unsure whether this is one cell or several"),
        (same & (area < typical), "much smaller than other cells"),
        (same, "much larger than other cells"),
    ]
    conditions, sentences = zip(*choices, strict=True)
    return [str(one) for one in np.select(conditions, sentences, "unsure where this cell ends")]


def _spread(found: list[Hint], apart: float, count: int) -> list[Hint]:
    """Return the hints with the highest scores that are not close to each other."""
    chosen: list[Hint] = []
    for hint in sorted(found, key=lambda hint: (-hint.score, hint.row, hint.column)):
        if len(chosen) >= count:
            break
        if all((hint.row - o.row) ** 2 + (hint.column - o.column) ** 2 >= apart**2 for o in chosen):
            chosen.append(hint)
    return chosen
