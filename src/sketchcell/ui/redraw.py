"""Drawing a labels layer again after its array was written to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from napari.layers import Labels

from sketchcell.sketch import Window


def redraw(layer: Labels, index: Sequence[Any] | None = None) -> None:
    """Draw what is in view; neither extent nor thumbnail follow, which cost more than the drawing.

    Parameters
    ----------
    layer
        With an array.
    index
        Where that was written to: a place on each leading axis, then rows and columns; None: anywhere. Only
        that is drawn, and nothing if it is on another plane.
    """
    if not layer.visible:
        return
    if index is None or not _shows_its_array(layer):
        layer.refresh(extent=False, highlight=False, thumbnail=False)
        return
    in_view = layer._get_pt_not_disp()
    if all(round(in_view[axis]) == at for axis, at in enumerate(index[:-2])):
        _draw(layer, (index[-2], index[-1]))


def _shows_its_array(layer: Labels) -> bool:
    """Tell whether what is drawn is a plane of the array itself, rather than turned or in 3D."""
    image, last = layer._slice.image, [layer.ndim - 2, layer.ndim - 1]
    in_place = layer.loaded and list(layer._slice_input.displayed) == last
    return bool(in_place and np.may_share_memory(image.raw, layer.data))


def _draw(layer: Labels, window: Window) -> None:
    image = layer._slice.image
    margin = int(layer.contour)
    rows, columns = (
        slice(max(0, span.start - margin), min(length, span.stop + margin))
        for span, length in zip(window, image.raw.shape, strict=True)
    )
    image.view[rows, columns] = layer._raw_to_displayed(image.raw, (rows, columns))
    layer.events.labels_update(data=image.view[rows, columns], offset=[rows.start, columns.start])
