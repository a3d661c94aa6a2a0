"""The size of a pixel, as people give it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from sketchcell.errors import SketchcellError

#: A side of square pixels, height and width, or both by the names of their axes; in µm.
PixelSize = float | Sequence[float] | Mapping[str, float]


def as_spacing(pixel_size: PixelSize | None) -> tuple[float, float] | None:
    """Return height and width of a pixel in µm, None where they are not known.

    Parameters
    ----------
    pixel_size
        A number, ``(y, x)``, ``(z, y, x)`` or a mapping with ``y`` and ``x``; None or a mapping without both
        where it is not known.

    Raises
    ------
    SketchcellError
        If it is something else, or not above 0.
    """
    if pixel_size is None:
        return None
    if isinstance(pixel_size, Mapping):
        if "y" not in pixel_size or "x" not in pixel_size:
            return None
        given: tuple[object, ...] = (pixel_size["y"], pixel_size["x"])
    elif isinstance(pixel_size, Sequence | np.ndarray):
        given = tuple(pixel_size)[-2:]
    else:
        given = (pixel_size, pixel_size)
    try:
        numbers = [float(number) for number in given]  # type: ignore[arg-type]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != 2 or not all(math.isfinite(number) and number > 0 for number in numbers):
        raise SketchcellError(
            f"The size of a pixel is one number or height and width, in µm and above 0, not {pixel_size}."
        )
    return numbers[0], numbers[1]
