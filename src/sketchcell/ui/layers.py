"""The layers of one sketched image: made, found again, and told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels

from sketchcell.errors import SketchcellError
from sketchcell.images import Planes
from sketchcell.sketch import FIRST_OBJECT
from sketchcell.ui.colors import boundary_colormap, cell_colormap, sketch_colormap
from sketchcell.ui.frame import Frame

_KEY = "sketchcell"
_MOST_BYTES = 2**38  # of a layer of zeros, which takes memory only where it is painted


@dataclass(frozen=True, eq=False)
class SketchLayers:
    """The layers in which one image is sketched, each of the image's planes.

    Attributes
    ----------
    sketch
        0 unpainted, 1 background, 2… objects.
    boundaries
        1 on lines between touching objects.
    instances
        The cells that were found, int32.
    frame
        Where a plane of the image lies in these layers.
    """

    sketch: Labels
    boundaries: Labels
    instances: Labels
    frame: Frame

    def __iter__(self) -> Iterator[Labels]:
        return iter((self.sketch, self.boundaries, self.instances))

    def __contains__(self, layer: object) -> bool:
        return any(layer is mine for mine in self)


def planes_of(image: Image) -> Planes:
    """Return an image layer plane by plane.

    Raises
    ------
    SketchcellError
        When it has no planes that can be sketched on.
    """
    chosen = image.metadata.get(_KEY, {}).get("channels")
    return Planes(
        list(image.data) if image.multiscale else image.data,
        rgb=bool(image.rgb),
        axes=tuple(image.axis_labels),
        channels=None if chosen is None else tuple(chosen),
    )


def choose_channels(image: Image, channels: tuple[int, ...] | None) -> None:
    """Learn from some channels only; None: from all."""
    mine = dict(image.metadata.get(_KEY, {}))
    mine["channels"] = None if channels is None else list(channels)
    image.metadata[_KEY] = mine


def note_entry(image: Image, entry: str) -> None:
    """Note on an image layer which image of the project it shows."""
    image.metadata[_KEY] = {**image.metadata.get(_KEY, {}), "entry": entry}


def noted_entry(image: Image) -> str:
    """Return which image of the project a layer shows; empty if that was not noted."""
    return str(image.metadata.get(_KEY, {}).get("entry", ""))


def note_project(image: Image, folder: Path) -> None:
    """Note on an image layer which project it belongs to, for a dock that is opened later."""
    image.metadata[_KEY] = {**image.metadata.get(_KEY, {}), "project": str(folder)}


def noted_project(image: Image) -> Path | None:
    """Return the project that a layer belonged to when the dock was closed."""
    folder = image.metadata.get(_KEY, {}).get("project")
    return None if folder is None else Path(folder)


def find_layers(viewer: ViewerModel, image: Image) -> SketchLayers | None:
    """Return the layers in which an image is already sketched, if they are all there."""
    try:
        frame = Frame(image, planes_of(image))
    except SketchcellError:
        return None
    found = {role: _find(viewer, image, frame, role) for role in ("sketch", "boundaries", "instances")}
    if any(layer is None for layer in found.values()):
        return None
    return SketchLayers(**found, frame=frame)


def make_layers(viewer: ViewerModel, image: Image) -> SketchLayers:
    """Add what is missing of an image's sketch to the viewer, ready to paint.

    Labels layers named ``sketch`` or ``boundaries`` of the image's size are taken over.

    Raises
    ------
    SketchcellError
        When the image cannot be sketched on.
    """
    frame = Frame(image, planes_of(image))
    if 4 * int(np.prod(frame.shape, dtype=np.int64)) > _MOST_BYTES:
        raise SketchcellError(
            f"'{image.name}' is too large to sketch on as a whole {frame.shape}: take a part of its planes "
            "(right-click on the layer, or slice the array) and sketch on that."
        )
    instances = _find_or_add(viewer, image, frame, "instances", np.int32)
    sketch = _find_or_add(viewer, image, frame, "sketch", np.uint16)
    lines = _find_or_add(viewer, image, frame, "boundaries", np.uint8)
    lowest = min(viewer.layers.index(layer) for layer in (sketch, lines))
    if viewer.layers.index(instances) > lowest:  # strokes stay in sight, above the cells
        viewer.layers.move(viewer.layers.index(instances), lowest)

    instances.colormap, instances.opacity = cell_colormap(), 0.45
    sketch.colormap, sketch.opacity = sketch_colormap(), 0.75
    lines.colormap, lines.opacity = boundary_colormap(), 0.95
    sketch.brush_size = brush_size(frame.planes.shape)
    lines.brush_size = 2
    lines.selected_label = 1
    sketch.selected_label = FIRST_OBJECT
    viewer.layers.selection.active = sketch
    sketch.mode = "paint"
    return SketchLayers(sketch, lines, instances, frame)


def renew_layers(layers: SketchLayers, image: Image) -> SketchLayers:
    """Empty the layers for another image that has taken the place of the one they belong to.

    To make layers anew takes napari a large part of a second.

    Raises
    ------
    SketchcellError
        When the image cannot be sketched on.
    """
    frame = Frame(image, planes_of(image))
    for layer in layers:
        layer.data = np.zeros(frame.shape, layer.data.dtype)
        put(layer, frame.placement(image))
    return SketchLayers(layers.sketch, layers.boundaries, layers.instances, frame)


def put(layer: Labels, placement: Mapping[str, Any]) -> None:
    """Put a layer where it is to be; only what differs is set, as napari draws anew each time."""
    for name, value in placement.items():
        here = getattr(layer, name)
        if name == "affine":
            here = here.affine_matrix
        same = here == value if name == "units" else np.array_equal(here, value)
        if value is not None and not same:
            setattr(layer, name, value)


def brush_size(shape: tuple[int, int]) -> int:
    """Return a brush that fits into most cells of an image of this size."""
    return int(np.clip(round(min(shape) / 75), 3, 25))


def mark(layer: Any, image: Image, role: str) -> None:
    """Note on a layer what it is to which image, so that it is found again."""
    layer.metadata[_KEY] = {"role": role, "image": str(image.unique_id)}


def mark_left(layer: Any) -> None:
    """Note on a layer of ours that it belongs to no image any more."""
    layer.metadata[_KEY] = {"role": "left"}


def is_ours(layer: Any) -> bool:
    """Tell whether a layer was made by this plugin, rather than opened by a person."""
    return "role" in layer.metadata.get(_KEY, {})


def _is_mine(layer: Any, image: Image, role: str) -> bool:
    return bool(layer.metadata.get(_KEY) == {"role": role, "image": str(image.unique_id)})


def _find(viewer: ViewerModel, image: Image, frame: Frame, role: str) -> Labels | None:
    labels = [layer for layer in viewer.layers if isinstance(layer, Labels)]
    for layer in labels:
        if _is_mine(layer, image, role) and layer.data.shape == frame.shape:
            return layer
    for layer in labels:
        if (
            layer.name == role
            and _KEY not in layer.metadata
            and isinstance(layer.data, np.ndarray)
            and layer.data.shape == frame.shape
        ):
            mark(layer, image, role)
            return layer
    return None


def _find_or_add(
    viewer: ViewerModel, image: Image, frame: Frame, role: str, dtype: type[np.integer[Any]]
) -> Labels:
    layer = _find(viewer, image, frame, role)
    if layer is None:
        layer = viewer.add_labels(np.zeros(frame.shape, dtype), name=role, **frame.placement(image))
        mark(layer, image, role)
    return layer
