"""Drawing a labels layer again after its array was written to."""

from __future__ import annotations

from napari.layers import Labels


def redraw(layer: Labels) -> None:
    """Draw what is in view; neither extent nor thumbnail follow, which cost more than the drawing."""
    layer.refresh(extent=False, highlight=False, thumbnail=False)
