"""The cell table against scikit-image and slow references."""

from importlib import import_module

import numpy as np
import pandas
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.measure import label as components
from skimage.measure import regionprops_table
from skimage.morphology import convex_hull_image

from sketchcell.errors import SketchcellError
from sketchcell.images import Planes
from sketchcell.measure import measure, measuring

NAMES = {
    "centroid-0": "centroid_y",
    "centroid-1": "centroid_x",
    "area": "area",
    "perimeter": "perimeter",
    "axis_major_length": "major_axis",
    "axis_minor_length": "minor_axis",
    "eccentricity": "eccentricity",
    "solidity": "solidity",
    "extent": "extent",
    "feret_diameter_max": "feret_max",
    "equivalent_diameter_area": "equivalent_diameter",
    "bbox-0": "bbox_top",
    "bbox-1": "bbox_left",
    "bbox-2": "bbox_bottom",
    "bbox-3": "bbox_right",
    "intensity_mean": "intensity_mean",
    "intensity_std": "intensity_std",
    "intensity_min": "intensity_min",
    "intensity_max": "intensity_max",
    "intensity_median": "intensity_median",
}
PROPERTIES = tuple(dict.fromkeys(name.split("-")[0] for name in NAMES))


def shapes(seed):
    """Return labels: noise whose cells lie in many pieces, blobs, specks, or large squares."""
    random = np.random.default_rng(seed)
    if seed % 4 == 0:
        return random.integers(0, 30, (25, 31)) * 3
    if seed % 4 == 3:
        return random.integers(0, 7, (4, 5)).repeat(9, 0).repeat(8, 1)
    smooth = ndimage.gaussian_filter(random.normal(size=(70, 90)), 1 + seed % 3)
    return components(smooth > 0, connectivity=1 + seed % 2)


@pytest.fixture(params=[8_000_000, 200], ids=["at once", "in bands"])
def _band(request, monkeypatch):
    monkeypatch.setattr(import_module("sketchcell.measure.bands"), "_BAND", request.param)


@pytest.mark.parametrize("dtype", [np.float64, np.uint16, np.int32])
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.usefixtures("_band")
def test_equals_scikit_image(seed, dtype):
    labels = shapes(seed)
    image = (np.random.default_rng(seed).random(labels.shape) * 60000).astype(dtype)
    theirs = regionprops_table(labels, image, properties=("label", "orientation", *PROPERTIES))
    ours = measure(labels, image)
    assert ours["label"].tolist() == theirs["label"].tolist()
    for name, column in NAMES.items():
        np.testing.assert_allclose(ours[column], theirs[name], rtol=1e-9, atol=1e-6, err_msg=column)
    # A round cell has no direction, and a line lies at both ends of the range.
    has_one = ours["eccentricity"] > 1e-3
    turned = np.abs(ours["orientation"] - theirs["orientation"])[has_one]
    assert np.minimum(turned, np.pi - turned).max() < 1e-6
    total = (ours["intensity_mean"] * ours["area"]).to_numpy()
    assert ours["intensity_sum"].to_numpy() == pytest.approx(total)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 14), st.integers(1, 14), st.floats(0.05, 1))
def test_convex_images(seed, height, width, share):
    cell = np.random.default_rng(seed).random((height, width)) < share
    cell.flat[0] = True
    cells = measure(cell)
    theirs = regionprops_table(cell.astype(int), properties=["feret_diameter_max"])
    assert cells["solidity"][0] == cell.sum() / convex_hull_image(cell).sum()
    assert cells["feret_max"][0] == pytest.approx(theirs["feret_diameter_max"][0])


@pytest.mark.parametrize("spacing", [(1, 1), (0.5, 0.2), (0.3, 1.0)])
@pytest.mark.parametrize("seed", range(3))
def test_ferets_against_all_directions(seed, spacing):
    labels = shapes(4 * seed + 1)
    cells = measure(labels, pixel_size=spacing)
    angles = np.linspace(0, np.pi, 2001)
    normals = np.stack([np.sin(angles), np.cos(angles)])
    offsets = np.array([(0.5, 0), (-0.5, 0), (0, 0.5), (0, -0.5)])
    for cell in cells.itertuples():
        whole = np.argwhere(convex_hull_image(labels == cell.label))
        along = (whole[:, np.newaxis] + offsets).reshape(-1, 2) * spacing @ normals
        width = along.max(0) - along.min(0)
        assert cell.feret_max_um == pytest.approx(width.max(), rel=1e-5)
        assert cell.feret_min_um == pytest.approx(width.min(), rel=1e-2)
        assert cell.feret_min_um <= width.min() * (1 + 1e-9)


def test_pixels_that_are_not_square():
    spacing = 0.8, 0.3
    labels = np.zeros((60, 150), int)
    labels[10:30, 20:60] = 1  # 16 × 12 µm
    rows, columns = np.indices(labels.shape)
    labels[((rows - 40) * spacing[0]) ** 2 + ((columns - 110) * spacing[1]) ** 2 <= 100] = 2
    box, disc = measure(labels, pixel_size=spacing).to_dict("records")
    assert box["area_um2"] == pytest.approx(16 * 12)
    assert box["perimeter_um"] == pytest.approx(2 * (19 * 0.8 + 39 * 0.3))
    assert box["perimeter"] == pytest.approx(2 * (19 + 39))
    assert box["feret_min_um"] == pytest.approx(12)
    assert box["feret_max_um"] == pytest.approx(np.hypot(16, 12), rel=0.02)
    assert box["orientation"] == 0  # tall, though it has more columns than rows
    assert abs(measure(labels)["orientation"][0]) == pytest.approx(np.pi / 2)
    assert (box["centroid_y_um"], box["centroid_x_um"]) == pytest.approx((19.5 * 0.8, 39.5 * 0.3))
    assert disc["area_um2"] == pytest.approx(np.pi * 100, rel=0.01)
    assert disc["eccentricity"] < 0.15
    assert disc["perimeter_um"] == pytest.approx(2 * np.pi * 10, rel=0.11)
    theirs = regionprops_table(
        labels, spacing=spacing, properties=["axis_major_length", "eccentricity", "feret_diameter_max"]
    )
    assert theirs["axis_major_length"][1] == pytest.approx(disc["major_axis_um"])
    assert theirs["eccentricity"][1] == pytest.approx(disc["eccentricity"])
    assert theirs["feret_diameter_max"][1] == pytest.approx(disc["feret_max_um"])


@pytest.mark.parametrize(
    "size", [0.25, (0.25, 0.25), np.array([2, 0.25, 0.25]), {"x": 0.25, "y": 0.25, "z": 3}]
)
def test_square_pixels_scale(size):
    cells = measure(shapes(1), pixel_size=size)
    assert cells["area_um2"].to_numpy() == pytest.approx(cells["area"].to_numpy() / 16)
    for name in ("perimeter", "major_axis", "feret_min", "feret_max", "centroid_y", "equivalent_diameter"):
        assert cells[f"{name}_um"].to_numpy() == pytest.approx(cells[name].to_numpy() / 4)


def test_pixel_sizes_that_are_not_known():
    assert not [name for name in measure(shapes(1), pixel_size={"z": 1}) if "um" in name.split("_")]
    for bad in (0, -1, np.nan, (1, 0), "a", (1,)):
        with pytest.raises(SketchcellError, match="size of a pixel"):
            measure(shapes(1), pixel_size=bad)


@pytest.mark.parametrize("distance", [0, 1, 1.5, 2, 5.5, 300])
@pytest.mark.parametrize("spacing", [None, (0.5, 0.2), (0.1, 0.1)])
@pytest.mark.usefixtures("_band")
def test_neighbours_against_all_distances(distance, spacing):
    random = np.random.default_rng(0)
    labels = np.zeros((60, 70), int)
    for number in range(1, 25):
        (row, column), (height, width) = random.integers(0, (60, 70)), random.integers(1, 12, 2)
        labels[row : row + height, column : column + width] = number * 7
    distance = distance * (0.1 if spacing else 1)
    side = spacing or (1, 1)
    cells = measure(labels, pixel_size=spacing, neighbour_distance=distance)
    places = {label: np.argwhere(labels == label) for label in cells["label"]}
    for cell in cells.itertuples():
        here, near = places[cell.label], []
        for label in cells["label"].drop(cell.Index):
            steps = cKDTree(places[label]).query(here, p=np.inf)[0].min()
            apart = cKDTree(places[label] * side).query(here * side)[0].min()
            if steps <= 1 or apart <= distance * (1 + 1e-9):
                near.append(label)
        assert cell.neighbour_ids == tuple(near)
        assert cell.neighbours == len(near)


def test_neighbours_by_hand():
    labels = np.array(
        [
            [1, 1, 2, 2, 0, 0, 5],
            [1, 1, 0, 0, 0, 0, 0],
            [0, 0, 3, 0, 4, 0, 0],
        ]
    )

    def found(distance):
        return dict(measure(labels, neighbour_distance=distance)[["label", "neighbour_ids"]].to_numpy())

    assert found(0) == found(1) == {1: (2, 3), 2: (1,), 3: (1,), 4: (), 5: ()}
    assert found(2) == {1: (2, 3), 2: (1, 3), 3: (1, 2, 4), 4: (3,), 5: ()}
    # 2 lies between 1 and 5, and does not matter.
    assert found(5)[1] == (2, 3, 4, 5)
    with pytest.raises(SketchcellError, match="from 0 on"):
        measure(labels, neighbour_distance=-1)


def test_a_distance_beyond_the_image_makes_all_neighbours():
    labels = np.zeros((30, 40), int)
    labels[0, 0], labels[29, 39], labels[15, 3:9] = 1, 2, 3
    cells = measure(labels, pixel_size=1e-6, neighbour_distance=1e6)
    assert cells["neighbour_ids"].tolist() == [(2, 3), (1, 3), (1, 2)]


@pytest.mark.parametrize("known", [{3: 0.5, 9: 0.25}, [0, 0, 0, 0.5, 0, 0, 0, 0, 0, 0.25]])
def test_confidence(known):
    labels = np.array([[3, 0, 9, 20]])
    assert measure(labels, confidence=known)["confidence"].tolist()[:2] == [0.5, 0.25]
    assert np.isnan(measure(labels, confidence=known)["confidence"][2])
    with pytest.raises(SketchcellError, match="one number a label"):
        measure(labels, confidence=[[1]])


@pytest.mark.usefixtures("_band")
def test_stacks_and_lazy_arrays():
    labels = np.stack([shapes(1), shapes(2) * 0, shapes(2)]).astype(np.int32)
    image = np.random.default_rng(0).random((3, 2, 70, 90))
    whole = measure(labels, image)
    assert whole["plane"].unique().tolist() == [0, 2]
    single = measure(labels[2], image[2])
    assert whole[whole["plane"] == 2].drop(columns="plane").reset_index(drop=True).equals(single)
    lazy = zarr.create_array({}, data=labels, chunks=(1, 16, 16))
    channels = zarr.create_array({}, data=image, chunks=(1, 1, 16, 16))
    single_channel = zarr.create_array({}, data=labels[:, np.newaxis], chunks=(1, 1, 16, 16))
    for stored, seen in (
        (lazy, channels),
        (Planes(lazy, channel_axis=None), Planes(channels, channel_axis=1)),
        (Planes(single_channel, axes=("z", "c", "y", "x")), channels),
        (labels, np.moveaxis(image, 1, -1)),
    ):
        pandas.testing.assert_frame_equal(measure(stored, seen), whole, rtol=1e-9)
    with pytest.raises(SketchcellError, match="2 channels"):
        measure(Planes(channels, channel_axis=1))
    deep = measure(labels[np.newaxis], image[np.newaxis])
    assert deep.columns[:2].tolist() == ["plane_0", "plane_1"]
    assert len(deep) == len(whole)


@pytest.mark.usefixtures("_band")
def test_progress():
    steps = [*measuring(np.stack([shapes(1), shapes(2)]))]
    assert all(0 < step.done <= step.total for step in steps)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
