import numpy as np
import pytest

import sketchcell
from sketchcell.errors import SketchcellError
from sketchcell.measure import measure, overlay

SIZES = ["perimeter", "major_axis", "minor_axis", "feret_max", "feret_min", "equivalent_diameter"]
SHAPE = ["eccentricity", "orientation", "aspect_ratio", "circularity", "solidity", "extent"]
BOX = ["bbox_top", "bbox_left", "bbox_bottom", "bbox_right", "touches_border"]
COLUMNS = ["label", "centroid_y", "centroid_x", "area", *SIZES, *SHAPE, *BOX, "neighbours", "neighbour_ids"]
STATISTICS = ["mean", "std", "min", "max", "median", "sum"]


@pytest.fixture
def labels():
    found = np.zeros((60, 80), np.int32)
    rows, columns = np.indices(found.shape)
    found[(rows - 20) ** 2 + (columns - 30) ** 2 <= 100] = 4
    found[40:50, 10:70] = 9
    found[0, 0] = 70000
    return found


def test_one_row_a_cell(labels):
    cells = measure(labels)
    assert cells.columns.tolist() == COLUMNS
    assert cells["label"].tolist() == [4, 9, 70000]
    disc, bar, speck = cells.to_dict("records")
    assert (disc["centroid_y"], disc["centroid_x"]) == (20, 30)
    assert disc["area"] == np.sum(labels == 4)
    assert disc["eccentricity"] < 0.1
    assert disc["feret_max"] == pytest.approx(21, abs=0.7)
    assert disc["feret_min"] == pytest.approx(20.5, abs=0.6)
    assert bar["area"] == 600
    assert abs(bar["orientation"]) == pytest.approx(np.pi / 2)
    assert bar["solidity"] == 1
    assert bar["aspect_ratio"] == pytest.approx(6, rel=0.01)
    assert bar["feret_min"] == 10
    assert bar["feret_max"] == pytest.approx(np.hypot(60, 9))
    assert bar["equivalent_diameter"] == pytest.approx(np.sqrt(4 * 600 / np.pi))
    assert [bar[name] for name in BOX] == [40, 10, 50, 70, False]
    assert speck["touches_border"]
    assert np.isnan(speck["aspect_ratio"])


def test_intensities(labels):
    image = np.random.default_rng(0).normal(size=labels.shape)
    assert measure(labels, image)["intensity_mean"][1] == pytest.approx(image[labels == 9].mean(), abs=1e-5)
    colour = np.stack([image, image + 1, image * 0], axis=-1)
    cells = measure(labels, colour)
    assert cells.columns.tolist() == [
        *COLUMNS,
        *(f"intensity_{name}_{channel}" for channel in range(3) for name in STATISTICS),
    ]
    assert cells["intensity_mean_1"].to_numpy() == pytest.approx(
        cells["intensity_mean_0"].to_numpy() + 1, abs=1e-5
    )


def test_no_cells_make_an_empty_table(labels):
    assert measure(labels * 0).columns.tolist() == COLUMNS
    image = np.random.default_rng(0).normal(size=labels.shape)
    assert measure(labels * 0, image).shape == (0, len(COLUMNS) + len(STATISTICS))


def test_the_public_name_is_callable_in_every_order_of_imports(labels):
    import sketchcell.measure as package

    assert sketchcell.evaluate(labels, labels).ap50 == 1
    assert len(sketchcell.measure(labels)) == 3
    assert len(package(labels)) == 3


@pytest.mark.parametrize("largest", [70000, 2**31 - 1, 2**31, 2**52])
@pytest.mark.parametrize("dtype", [np.uint64, np.float64])
def test_ids_may_be_far_apart(labels, largest, dtype):
    image = np.random.default_rng(0).normal(size=labels.shape)
    expected = measure(labels, image)
    cells = measure(np.where(labels == 70000, largest, labels.astype(np.int64)).astype(dtype), image)
    assert cells["label"].tolist() == [4, 9, largest]
    assert cells.drop(columns="label").equals(expected.drop(columns="label"))


def test_a_constant_image_has_intensities(labels):
    assert measure(labels, np.full(labels.shape, 7))["intensity_mean"].tolist() == [7, 7, 7]


@pytest.mark.parametrize(
    ("bad", "image", "words"),
    [
        (np.full((3, 3), 0.5), None, "not whole numbers"),
        ([[1, 2], [3]], None, "differ in length"),
        (np.zeros((0, 3), int), None, "one plane"),
        (np.full((3, 3), 2**63, np.uint64), None, "between 0"),
        (np.zeros(3, int), None, "one plane"),
        (np.zeros((2, 3, 3), int), np.zeros((3, 3, 3)), "they must be equal"),
        (np.ones((3, 3), int), np.full((3, 3), np.nan), "NaN"),
        (np.ones((3, 3), int), np.full((3, 3), "a"), "integers or of floating"),
        (np.ones((3, 3), int), [[1, 2], [3]], "differ in length"),
        (np.full((3, 3), -1), None, "negative"),
        (np.ones((3, 3), int), np.arange(12).reshape(4, 3), "they must be equal"),
    ],
)
def test_bad_labels(bad, image, words):
    with pytest.raises(SketchcellError, match=words):
        measure(bad, image)


@pytest.mark.parametrize("channels", [None, 1, 2, 3, 5])
def test_the_overlay_shows_image_and_outlines(labels, channels):
    shape = labels.shape if channels is None else (*labels.shape, channels)
    image = np.random.default_rng(0).integers(0, 4000, shape)
    picture = overlay(image, labels)
    assert picture.shape == (*labels.shape, 3)
    assert picture.dtype == np.uint8
    # The inside and the outside of the bar are image, its edge is one colour.
    plain = overlay(image, labels * 0)
    assert np.array_equal(picture[42:48, 12:68], plain[42:48, 12:68])
    assert np.array_equal(picture[39, :], plain[39, :])
    assert len(np.unique(picture[40, 10:70], axis=0)) == 1
    assert not np.array_equal(picture[40, 20], picture[20, 20])


def test_touching_cells_have_their_own_colours():
    labels = np.repeat([[1, 2]], 5, axis=1).repeat(10, axis=0)
    image = np.random.default_rng(0).normal(size=labels.shape)
    picture = overlay(image, labels)
    assert not np.array_equal(picture[3, 4], picture[3, 5])
    with pytest.raises(SketchcellError, match="must be equal"):
        overlay(image[1:], labels)
