"""What is drawn of a labels layer after its array was written to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.layers import Labels
from numpy.typing import NDArray

from sketchcell.ui.areas import areas_of
from sketchcell.ui.redraw import redraw
from sketchcell.ui.results import write

from .conftest import wait_until


def shown(layer: Labels) -> NDArray[Any]:
    """Return what the window draws of a layer."""
    view: NDArray[Any] = np.array(layer._slice.image.view)
    return view


@pytest.mark.parametrize("contour", [0, 2])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32])
def test_a_part_is_drawn_as_if_everything_was(make_napari_viewer: Any, contour: int, dtype: type) -> None:
    viewer = make_napari_viewer(show=False)
    layer = viewer.add_labels(np.zeros((40, 50), dtype))
    layer.contour = contour
    layer.data[5:20, 5:20] = 3
    layer.refresh()
    updates: list[Any] = []
    layer.events.labels_update.connect(lambda event: updates.append(np.array(event.data)))
    cells = np.zeros((12, 14), dtype)
    cells[2:9, 3:11] = 7
    write(layer, (slice(10, 22), slice(0, 14)), cells)
    drawn = shown(layer)
    assert len(updates) == 1
    assert updates[0].size < drawn.size
    layer.refresh()
    np.testing.assert_array_equal(drawn, shown(layer))


def test_only_the_plane_in_view_is_drawn(make_napari_viewer: Any) -> None:
    viewer = make_napari_viewer(show=True)
    layer = viewer.add_labels(np.zeros((3, 20, 20), np.int32))
    viewer.dims.set_current_step(0, 1)
    texture = viewer.window._qt_viewer.canvas.layer_to_visual[layer].node._texture
    wait_until(lambda: texture.shape[:2] == (20, 20))  # it was drawn
    updates: list[Any] = []
    for event in (layer.events.labels_update, layer.events.set_data):
        event.connect(updates.append)
    window = (slice(0, 20), slice(0, 20))
    write(layer, (2, *window), np.full((20, 20), 4, np.int32))
    assert updates == []
    write(layer, (1, *window), np.full((20, 20), 4, np.int32))
    assert len(updates) == 1
    write(layer, (1, *window), np.full((20, 20), 4, np.int32))
    assert len(updates) == 1  # nothing is different


def test_a_turned_plane_is_drawn_whole(make_napari_viewer: Any) -> None:
    viewer = make_napari_viewer(show=False)
    layer = viewer.add_labels(np.zeros((6, 20, 30), np.int32))
    viewer.dims.order = (1, 0, 2)
    viewer.dims.set_current_step(1, 8)
    layer.data[2, 8, 10:15] = 9
    redraw(layer, (2, slice(8, 9), slice(10, 15)))
    drawn = shown(layer)
    layer.refresh()
    np.testing.assert_array_equal(drawn, shown(layer))
    assert drawn.any()


def test_a_hidden_layer_shows_what_was_written_once_it_is_visible(make_napari_viewer: Any) -> None:
    viewer = make_napari_viewer(show=False)
    layer = viewer.add_labels(np.zeros((20, 20), np.int32))
    layer.visible = False
    write(layer, (slice(0, 5), slice(0, 5)), np.full((5, 5), 2, np.int32))
    layer.visible = True
    assert shown(layer)[:5, :5].all()


def test_areas_are_counts_of_pixels() -> None:
    cells = np.random.default_rng(0).integers(0, 9, (30, 40)).astype(np.int32)
    np.testing.assert_array_equal(areas_of(cells), np.bincount(cells.ravel())[1:])
    assert areas_of(np.zeros((4, 4), np.int32)).sum() == 0
