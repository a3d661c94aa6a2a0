"""Lines that a hand draws over a plane, as pixels."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skimage import draw

from sketchcell.errors import SketchcellError


def as_line(line: ArrayLike, least: int = 1) -> NDArray[np.float64]:
    """Return vertices as an array (N, 2); raise SketchcellError unless they are `least` places or more."""
    try:
        vertices = np.asarray(line, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SketchcellError("A line must be a list of rows and columns: draw it again.") from error
    if vertices.ndim != 2 or vertices.shape[1] != 2 or len(vertices) < least:
        raise SketchcellError(
            f"A line must have the shape (N, 2) with N at least {least}, rows and columns, not "
            f"{vertices.shape}: draw it again."
        )
    if not np.isfinite(vertices).all():
        raise SketchcellError("A line holds a place that is not a number: draw it again.")
    return vertices


def line_pixels(vertices: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.intp]:
    """Return the pixels (M, 2) of an image along a line, in its order, each a king's move from the last.

    What lies outside the image is left out; pixels are not repeated one after the other.
    """
    ends_at = vertices[1:] if len(vertices) > 1 else vertices
    pieces = [np.zeros((0, 2), np.intp)]
    for segment in zip(vertices, ends_at, strict=False):
        ends = _clipped(segment, shape)
        if ends is not None:
            (top, left), (bottom, right) = ends.tolist()
            drawn = draw.line(top, left, bottom, right)  # type: ignore[no-untyped-call]
            pieces.append(np.stack(drawn, axis=1))
    path = np.concatenate(pieces)
    again = np.zeros(len(path), np.bool_)
    again[1:] = (path[1:] == path[:-1]).all(axis=1)
    return path[~again]


def stamped(path: NDArray[np.intp], offsets: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the pixels of an image under a brush of `offsets` (M, 2) that is drawn along a path (N, 2)."""
    mask = np.zeros(shape, np.bool_)
    at = (path[:, None] + offsets).reshape(-1, 2)
    at = at[((at >= 0) & (at < shape)).all(axis=1)]
    mask[at[:, 0], at[:, 1]] = True
    return mask


def _clipped(
    segment: tuple[NDArray[np.float64], NDArray[np.float64]], shape: tuple[int, int]
) -> NDArray[np.intp] | None:
    """Return the end pixels of what of a straight segment lies in the image, None if nothing."""
    start, along = segment[0], segment[1] - segment[0]
    low, high = -0.5 - start, np.asarray(shape) - 0.5 - start
    if ((along == 0) & ((low > 0) | (high < 0))).any():
        return None
    steps = along != 0
    entries = np.stack([low[steps], high[steps]]) / along[steps]
    first = entries.min(axis=0).max(initial=0.0)
    last = entries.max(axis=0).min(initial=1.0)
    if first > last:
        return None
    ends = start + np.outer([first, last], along)
    pixels: NDArray[np.intp] = np.clip(np.rint(ends), 0, np.asarray(shape) - 1).astype(np.intp)
    return pixels
