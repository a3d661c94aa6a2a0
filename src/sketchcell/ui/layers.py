"""The layers of one sketched image: made, found again, and told apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.sketch import FIRST_OBJECT
from sketchcell.ui.colors import boundary_colormap, cell_colormap, sketch_colormap

_KEY = "sketchcell"
_MOST_CHANNELS = 4  # of a stack that is taken for the channels of one plane


@dataclass(frozen=True, eq=False)
class SketchLayers:
    """The layers in which one image is sketched.

    Attributes
    ----------
    sketch
        0 unpainted, 1 background, 2… objects.
    boundaries
        1 on lines between touching objects.
    instances
        The cells that were found, int32.
    """

    sketch: Labels
    boundaries: Labels
    instances: Labels

    def __iter__(self) -> Iterator[Labels]:
        return iter((self.sketch, self.boundaries, self.instances))

    def __contains__(self, layer: object) -> bool:
        return any(layer is mine for mine in self)


def plane_shape(image: Image) -> tuple[int, int]:
    """Return rows and columns of the plane that is sketched on.

    Raises
    ------
    SketchcellError
        When the layer is a stack or a movie.
    """
    shape = tuple(image.data[0].shape if image.multiscale else image.data.shape)
    if image.rgb:
        shape = shape[:-1]
    if len(shape) == 3 and (shape[0] <= _MOST_CHANNELS or _is_channel(image.axis_labels[0])):
        shape = shape[1:]
    if len(shape) != 2:
        raise SketchcellError(
            f"'{image.name}' is a stack of planes {shape}; sketching works on single planes for now: "
            "take one plane out of it (right-click on the layer, 'Split Stack') and choose that."
        )
    return int(shape[0]), int(shape[1])


def pixels(image: Image) -> NDArray[np.generic]:
    """Return the image in memory; may take long for images on disk."""
    return np.asarray(image.data[0] if image.multiscale else image.data)


def find_layers(viewer: ViewerModel, image: Image) -> SketchLayers | None:
    """Return the layers in which an image is already sketched, if they are all there."""
    found = {role: _find(viewer, image, role) for role in ("sketch", "boundaries", "instances")}
    if any(layer is None for layer in found.values()):
        return None
    return SketchLayers(**found)


def make_layers(viewer: ViewerModel, image: Image) -> SketchLayers:
    """Add what is missing of an image's sketch to the viewer, ready to paint.

    Labels layers named ``sketch`` or ``boundaries`` of the image's size are taken over.
    """
    shape = plane_shape(image)
    instances = _find_or_add(viewer, image, "instances", np.int32)
    sketch = _find_or_add(viewer, image, "sketch", np.uint16)
    lines = _find_or_add(viewer, image, "boundaries", np.uint8)
    lowest = min(viewer.layers.index(layer) for layer in (sketch, lines))
    if viewer.layers.index(instances) > lowest:  # strokes stay in sight, above the cells
        viewer.layers.move(viewer.layers.index(instances), lowest)

    instances.colormap, instances.opacity = cell_colormap(), 0.45
    sketch.colormap, sketch.opacity = sketch_colormap(), 0.75
    lines.colormap, lines.opacity = boundary_colormap(), 0.95
    sketch.brush_size = brush_size(shape)
    lines.brush_size = 2
    lines.selected_label = 1
    sketch.selected_label = FIRST_OBJECT
    viewer.layers.selection.active = sketch
    sketch.mode = "paint"
    return SketchLayers(sketch, lines, instances)


def brush_size(shape: tuple[int, int]) -> int:
    """Return a brush that fits into most cells of an image of this size."""
    return int(np.clip(round(min(shape) / 75), 3, 25))


def place_like(image: Image) -> dict[str, Any]:
    """Return scale, translation and the rest that put a plane where the image is."""
    return {
        "scale": image.scale[-2:],
        "translate": image.translate[-2:],
        "rotate": image.rotate[-2:, -2:],
        "shear": image.shear[-1:],
        "affine": image.affine.affine_matrix[-3:, -3:] if image.ndim == 2 else None,
        "units": image.units[-2:],
    }


def mark(layer: Any, image: Image, role: str) -> None:
    """Note on a layer what it is to which image, so that it is found again."""
    layer.metadata[_KEY] = {"role": role, "image": str(image.unique_id)}


def _is_mine(layer: Any, image: Image, role: str) -> bool:
    return bool(layer.metadata.get(_KEY) == {"role": role, "image": str(image.unique_id)})


def _find(viewer: ViewerModel, image: Image, role: str) -> Labels | None:
    labels = [layer for layer in viewer.layers if isinstance(layer, Labels)]
    for layer in labels:
        if _is_mine(layer, image, role):
            return layer
    for layer in labels:
        if (
            layer.name == role
            and _KEY not in layer.metadata
            and isinstance(layer.data, np.ndarray)
            and layer.data.shape == plane_shape(image)
        ):
            mark(layer, image, role)
            return layer
    return None


def _find_or_add(viewer: ViewerModel, image: Image, role: str, dtype: type[np.integer[Any]]) -> Labels:
    layer = _find(viewer, image, role)
    if layer is None:
        layer = viewer.add_labels(np.zeros(plane_shape(image), dtype), name=role, **place_like(image))
        mark(layer, image, role)
    return layer


def _is_channel(axis: str) -> bool:
    return axis.lower() in {"c", "channel", "channels"}
