"""What of a layer is in sight."""

from __future__ import annotations

from napari.layers import Labels

from sketchcell.sketch import Window


def visible(layer: Labels) -> Window:
    """Return the rows and columns of a plane that are in view; all of them if none are."""
    height, width = layer.data.shape[-2:]
    (top, left), (bottom, right) = layer.corner_pixels[:, -2:].astype(int)
    rows = slice(max(0, int(top)), min(height, int(bottom) + 1))
    columns = slice(max(0, int(left)), min(width, int(right) + 1))
    if rows.stop - rows.start < 2 or columns.stop - columns.start < 2:
        return slice(0, height), slice(0, width)
    return rows, columns
