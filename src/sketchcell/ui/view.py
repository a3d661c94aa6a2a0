"""What of a layer is in sight, and where the mouse is in it."""

from __future__ import annotations

from collections.abc import Sequence

from napari.layers import Labels

from sketchcell.sketch import Window
from sketchcell.ui.layers import SketchLayers


def visible(layer: Labels) -> Window:
    """Return the rows and columns of a plane that are in view; all of them if none are."""
    height, width = layer.data.shape[-2:]
    (top, left), (bottom, right) = layer.corner_pixels[:, -2:].astype(int)
    rows = slice(max(0, int(top)), min(height, int(bottom) + 1))
    columns = slice(max(0, int(left)), min(width, int(right) + 1))
    if rows.stop - rows.start < 2 or columns.stop - columns.start < 2:
        return slice(0, height), slice(0, width)
    return rows, columns


def pixel_at(layers: SketchLayers, world: Sequence[float]) -> tuple[int, int] | None:
    """Return the pixel under a point of the canvas, None outside the image."""
    place = layers.sketch.world_to_data(world[-layers.sketch.ndim :])[-2:]
    row, column = round(float(place[0])), round(float(place[1]))
    height, width = layers.frame.planes.shape
    return (row, column) if 0 <= row < height and 0 <= column < width else None
