"""Images of all kinds: sketched on and learned from, or declined in a sentence; never read as a whole."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import dask.array as da
import numpy as np
import pytest
import zarr

from sketchcell.ui.menu import open_dock
from sketchcell.ui.state import Phase

from .chaos import assert_written, no_errors
from .conftest import learner_threads, live, wait_until


@pytest.fixture(autouse=True)
def _nothing_is_raised() -> Iterator[None]:
    with no_errors():
        yield


def _noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).random(shape, np.float32)


def _zarr(shape: tuple[int, ...]) -> Any:
    array = zarr.create_array({}, shape=shape, chunks=(1, *shape[1:]), dtype="uint16")
    array[:] = (1000 * _noise(*shape)).astype(np.uint16)
    return array


ODD = {
    "bool": (_noise(64, 64) > 0.5, {}, (64, 64)),
    "five axes": (_noise(2, 3, 4, 32, 40), {}, (2, 3, 4, 32, 40)),
    "pyramid": ([_noise(128, 128), _noise(64, 64), _noise(32, 32)], {"multiscale": True}, (128, 128)),
    "zarr": (_zarr((4, 64, 64)), {"axis_labels": ("z", "y", "x")}, (4, 64, 64)),
    "RGB stack": (np.zeros((3, 48, 64, 3), np.uint8), {"rgb": True}, (3, 48, 64)),
    "channels in the middle": (
        _noise(5, 2, 48, 64),
        {"axis_labels": ("z", "c", "y", "x")},
        (5, 1, 48, 64),
    ),
    "dask": (
        da.from_array(_noise(6, 64, 64), chunks=(1, 64, 64)),
        {"axis_labels": ("z", "y", "x")},
        (6, 64, 64),
    ),
}


@pytest.mark.parametrize("kind", ODD)
def test_it_is_sketched_on_and_learned_from(make_napari_viewer: Any, kind: str) -> None:
    data, options, shape = ODD[kind]
    viewer = make_napari_viewer(show=True)
    viewer.add_image(data, **options)
    dock = open_dock(viewer)
    dock.state.start = "random"
    layers = dock.workbench.start()
    assert layers.sketch.data.shape == shape
    plane = layers.sketch.data[layers.frame.index(dock.state.spot.plane)]
    plane[4:8, 4:28], plane[12:20, 4:12] = 1, 2
    layers.sketch.refresh()
    dock.state.learn = True
    wait_until(lambda: dock.state.phase is Phase.LEARNING or not dock.state.learn)
    assert dock.state.learn, dock.state.message
    wait_until(lambda: dock.state.model is not None)
    dock.results.segment_whole()
    wait_until(lambda: dock.state.progress is None, 60)
    assert_written(dock)
    dock.shut_down()
    assert learner_threads() == []


UNFIT = {
    "constant": (np.full((64, 64), 7, np.uint8), "constant"),
    "NaN": (np.where(np.eye(64) > 0, np.nan, 1.0), "NaN"),
    "one pixel": (np.zeros((1, 1), np.uint8), "1 × 1"),
    "seven axes": (np.zeros((1, 2, 1, 2, 1, 16, 16), np.uint8), "7 axes"),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_it_is_declined_in_a_sentence(make_napari_viewer: Any, messages: list[str], kind: str) -> None:
    data, word = UNFIT[kind]
    viewer = make_napari_viewer(show=True)
    viewer.add_image(data, contrast_limits=(0, 1))
    dock = open_dock(viewer)
    dock.image_panel.start.click()
    if dock.state.layers is not None:
        dock.state.layers.sketch.paint((5, 5), 1)
        dock.state.layers.sketch.paint((30, 30), 2)
    dock.state.learn = True
    wait_until(lambda: not dock.state.learn)
    assert any(word in message for message in messages)
    dock.shut_down()


def test_a_huge_image_is_not_read(make_napari_viewer: Any, messages: list[str]) -> None:
    read: list[Any] = []

    def chunk(block_info: Any = None) -> np.ndarray:
        read.append(block_info)
        return np.zeros(block_info[None]["chunk-shape"], np.uint8)

    stack = da.map_blocks(chunk, chunks=((1,) * 200, (1000,) * 40, (1000,) * 40), dtype=np.uint8)
    viewer = make_napari_viewer(show=True)
    image = viewer.add_image(stack, contrast_limits=(0, 255), visible=False)
    seen = len(read)
    tracemalloc.start()
    dock = open_dock(viewer)
    dock.image_panel.start.click()
    live(0.1)
    grown = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(read) - seen < 50
    assert grown < 200 * 2**20
    assert dock.state.layers is None
    assert any("too large" in message for message in messages)
    assert image in viewer.layers
    dock.shut_down()
    assert learner_threads() == []
