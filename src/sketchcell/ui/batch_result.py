"""Opening an image and its labels from the window for many images."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import napari

from sketchcell.images import Opened, Planes, open_image
from sketchcell.ui.jobs import Job
from sketchcell.ui.notify import tell

_Found = tuple[Path, Opened, list[tuple[Path, Opened]]]


def open_result(viewer: napari.Viewer, image: Path, outputs: Sequence[Path]) -> Job:
    """Read an image and its labels in the background, and show them."""
    return Job(_reading(image, outputs), on_done=lambda found: _show(viewer, *found), on_error=tell).start()


def _reading(image: Path, outputs: Sequence[Path]) -> Generator[None, None, _Found]:
    yield None
    opened = open_image(image)
    yield None
    return image, opened, [(path, open_image(path)) for path in outputs]


def _show(viewer: napari.Viewer, image: Path, opened: Opened, labels: Sequence[tuple[Path, Opened]]) -> None:
    levels = isinstance(opened.data, list)
    planes = Planes(opened.data, rgb=opened.rgb, axes=opened.axes)
    channel = None if opened.rgb else planes.channel_axis
    axes = [axis for number, axis in enumerate(opened.axes) if number != channel]
    viewer.add_image(
        opened.data,
        name=image.name,
        rgb=opened.rgb,
        multiscale=levels,
        channel_axis=channel,
        **_placed(opened, axes),
    )
    for path, found in labels:
        viewer.add_labels(
            found.data,
            name=path.name,
            multiscale=isinstance(found.data, list),
            **_placed(found, list(found.axes)),
        )


def _placed(opened: Opened, axes: list[str]) -> dict[str, Any]:
    """Return axes and, if the size of a pixel is known, scale in µm."""
    size = opened.pixel_size
    placed: dict[str, Any] = {"axis_labels": axes}
    if "y" in size and "x" in size:
        placed["scale"] = [size.get(axis, 1.0) for axis in axes]
        placed["units"] = ["µm" if axis in size else "pixel" for axis in axes]
    return placed
