"""Where the planes of an image lie in the layers that are painted on."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Layer

from sketchcell.errors import SketchcellError
from sketchcell.images import Planes
from sketchcell.sketch import Window

Plane = tuple[int, ...]
"""Where one steps to among an image's leading axes; empty for a single plane."""


class Frame:
    """The axes of the layers that belong to an image.

    They have the image's axes but for its channels: a first axis of channels is left out; one in between has
    a single entry that spans all channels, so that the sketch is there whichever of them is shown.

    Parameters
    ----------
    image
        The layer.
    planes
        Of it.

    Raises
    ------
    SketchcellError
        When napari shows the image's channels as its columns.
    """

    def __init__(self, image: Image, planes: Planes) -> None:
        self.planes = planes
        first_of_plane = image.ndim - 2
        channel = None if image.rgb else planes.channel_axis
        if channel is not None and channel >= first_of_plane:
            raise SketchcellError(
                f"The channels of '{image.name}' are its last axis: open it as RGB, or move that axis first."
            )
        between = channel is not None and any(axis < channel for axis in planes.leading_axes)
        axes = sorted([*planes.leading_axes, *([channel] if between and channel is not None else [])])
        lengths = dict(zip(planes.leading_axes, planes.leading, strict=True))
        self.shape = (*(lengths.get(axis, 1) for axis in axes), *planes.shape)
        self._leading = [axes.index(axis) for axis in planes.leading_axes]
        self._channel = axes.index(channel) if between and channel is not None else None

    def index(self, plane: Plane) -> tuple[int, ...]:
        """Return the index of a plane in an array of this shape."""
        index = [0] * (len(self.shape) - 2)
        for place, step in zip(self._leading, plane, strict=True):
            index[place] = step
        return tuple(index)

    def plane(self, index: tuple[int, ...]) -> Plane:
        """Return the plane at an index of the leading axes of an array of this shape."""
        return tuple(int(index[place]) for place in self._leading)

    def __contains__(self, plane: Plane) -> bool:
        lengths = self.planes.leading
        return len(plane) == len(lengths) and all(
            0 <= step < length for step, length in zip(plane, lengths, strict=True)
        )

    @property
    def count(self) -> int:
        """How many planes there are."""
        return int(np.prod(self.planes.leading, dtype=np.int64))

    def all_planes(self) -> list[Plane]:
        """Return all planes in their order."""
        return [tuple(int(i) for i in index) for index in np.ndindex(*self.planes.leading)]

    def plane_in_view(self, viewer: ViewerModel, layer: Layer) -> Plane | None:
        """Return the plane that is looked at, None while the image is turned or shown in 3D."""
        if layer.ndim != len(self.shape):
            return None  # somebody is putting other data there
        displayed = viewer.dims.displayed
        if len(displayed) != 2 or set(displayed) != {viewer.dims.ndim - 2, viewer.dims.ndim - 1}:
            return None
        return self.plane(self.point_in_view(viewer, layer)[:-2])

    def point_in_view(self, viewer: ViewerModel, layer: Layer) -> tuple[int, ...]:
        """Return what the sliders point at, as an index into an array of this shape."""
        point = layer.world_to_data(viewer.dims.point[-len(self.shape) :])
        last = np.array(self.shape) - 1
        return tuple(int(i) for i in np.clip(np.round(point), 0, last))

    def placement(self, image: Image) -> dict[str, Any]:
        """Return scale, translation and the rest that put these layers where the image is."""
        count = len(self.shape)
        placed = {
            "scale": np.array(image.scale[-count:]),
            "translate": np.array(image.translate[-count:]),
            "rotate": image.rotate[-count:, -count:],
            "shear": image.shear[-(count * (count - 1) // 2) :] if count > 1 else None,
            "affine": image.affine.affine_matrix[-(count + 1) :, -(count + 1) :]
            if image.ndim == count
            else None,
            "units": image.units[-count:],
        }
        if self._channel is not None:
            count = self.planes.channel_count
            placed["translate"][self._channel] += (count - 1) / 2 * placed["scale"][self._channel]
            placed["scale"][self._channel] *= count
        return placed


def plane_placement(image: Image) -> dict[str, Any]:
    """Return what puts a single plane where the image is, on all of its planes."""
    return {
        "scale": image.scale[-2:],
        "translate": image.translate[-2:],
        "rotate": image.rotate[-2:, -2:],
        "shear": image.shear[-1:],
        "affine": image.affine.affine_matrix[-3:, -3:] if image.ndim == 2 else None,
        "units": image.units[-2:],
    }


def whole(shape: tuple[int, int]) -> Window:
    """Return the window that holds a whole plane."""
    return slice(0, shape[0]), slice(0, shape[1])
