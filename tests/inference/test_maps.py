"""Maps and sizes."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from sketchcell.inference import Maps, Progress, drain, resize_channels, resize_labels, resize_window

SIDES = st.integers(1, 30)


def test_maps_are_asked_for_by_name_and_at_the_images_size():
    values = np.stack([np.full((10, 12), 3.0), np.full((10, 12), -1.0)]).astype(np.float32)
    maps = Maps(values, ("distance", "flow_y"), (25, 30))
    np.testing.assert_allclose(maps.at_image_size("distance"), np.full((25, 30), 3), atol=1e-6)
    np.testing.assert_allclose(maps.at_image_size("flow_y"), np.full((25, 30), -1), atol=1e-6)
    with pytest.raises(ValueError, match="tuple"):
        maps.at_image_size("flow_x")


@given(height=SIDES, width=SIDES, new_height=SIDES, new_width=SIDES)
def test_labels_are_resized_to_the_nearest(height, width, new_height, new_width):
    labels = np.arange(height * width, dtype=np.int32).reshape(height, width)
    resized = resize_labels(labels, (new_height, new_width))
    assert resized.dtype == np.int32
    for (y, x), value in np.ndenumerate(resized):
        row, column = divmod(int(value), width)
        assert abs((y + 0.5) * height / new_height - (row + 0.5)) <= 0.5 + 1e-9
        assert abs((x + 0.5) * width / new_width - (column + 0.5)) <= 0.5 + 1e-9


@given(height=SIDES, width=SIDES, new_height=SIDES, new_width=SIDES, seed=st.integers(0, 99))
def test_channels_are_resized_within_their_range(height, width, new_height, new_width, seed):
    channels = np.random.default_rng(seed).normal(size=(2, height, width)).astype(np.float32)
    resized = resize_channels(channels, (new_height, new_width))
    assert resized.shape == (2, new_height, new_width)
    assert resized.dtype == np.float32
    assert channels.min() - 1e-5 <= resized.min()
    assert resized.max() <= channels.max() + 1e-5


def test_the_same_size_costs_nothing():
    channels, labels = np.zeros((1, 4, 5), np.float32), np.zeros((4, 5), np.int32)
    assert resize_channels(channels, (4, 5)) is channels
    assert resize_labels(labels, (4, 5)) is labels


def test_draining_runs_to_the_result():
    seen = []

    def work():
        for done in range(3):
            seen.append(done)
            yield Progress(done, 3, "working")
        return "result"

    assert drain(work()) == "result"
    assert seen == [0, 1, 2]


@given(height=SIDES, width=SIDES, new_height=SIDES, new_width=SIDES, seed=st.integers(0, 99))
def test_a_window_of_a_resized_image_is_a_part_of_the_whole(height, width, new_height, new_width, seed):
    random = np.random.default_rng(seed)
    channels = random.normal(size=(2, height, width)).astype(np.float32)
    whole = resize_channels(channels, (new_height, new_width))
    if min(height, width, new_height, new_width) > 1:  # torch repeats the first pixel of a line
        mixed = functional.interpolate(
            torch.from_numpy(channels)[None], size=(new_height, new_width), mode="bilinear", antialias=True
        )
        np.testing.assert_allclose(whole, mixed[0].numpy(), atol=1e-5)
    corners = [np.sort(random.choice(side + 1, 2, replace=False)) for side in (new_height, new_width)]
    window = tuple(slice(int(start), int(stop)) for start, stop in corners)
    part = resize_window(lambda here: channels[:, *here], (height, width), (new_height, new_width), window)
    np.testing.assert_array_equal(part, whole[:, *window])
