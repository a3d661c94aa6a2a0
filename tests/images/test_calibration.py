"""Pixel sizes in all the ways in which programs write them."""

import numpy as np
import pytest
import tifffile
import zarr

from sketchcell.images import is_ours, open_image, read_label_stack, write_label_stack, write_labels

STACK = np.arange(5 * 6 * 7, dtype=np.uint16).reshape(5, 6, 7)


def written(tmp_path, array=STACK, **options):
    tifffile.imwrite(tmp_path / "a.tif", array, **options)
    return open_image(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("unit", "size"), [(None, 0.5), ("µm", 0.5), ("nm", 500.0), ("mm", 5e-4), ("Å", 5000.0), ("\u03bcm", 0.5)]
)
def test_ome(tmp_path, unit, size):
    about = {"axes": "ZYX"}
    for axis, factor in (("Z", 4), ("Y", 1), ("X", 2)):
        about[f"PhysicalSize{axis}"] = size * factor
        if unit:
            about[f"PhysicalSize{axis}Unit"] = unit
    opened = written(tmp_path, ome=True, metadata=about)
    assert opened.axes == ("z", "y", "x")
    assert opened.pixel_size == pytest.approx({"z": 2.0, "y": 0.5, "x": 1.0})


def test_ome_time_and_channels(tmp_path):
    about = {
        "axes": "TCYX",
        "PhysicalSizeX": 0.3,
        "PhysicalSizeXUnit": "pixel",
        "TimeIncrement": 2.0,
        "TimeIncrementUnit": "min",
        "Channel": {"Name": ["DAPI", "GFP"]},
    }
    opened = written(tmp_path, STACK[:4].reshape(2, 2, 6, 7), ome=True, metadata=about)
    assert opened.calibration.time_interval == 120
    assert opened.calibration.channel_names == ("DAPI", "GFP")
    assert opened.pixel_size == {}


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("micron", 1), ("um", 1), ("\\u00B5m", 1), ("nm", 1e-3), ("inch", 25400), ("mm", 1e3)],
)
def test_imagej(tmp_path, unit, factor):
    about = {"axes": "ZYX", "unit": unit, "spacing": 3.0, "finterval": 10.0}
    opened = written(tmp_path, imagej=True, resolution=(4, 2), metadata=about)
    assert opened.pixel_size == pytest.approx({"z": 3 * factor, "y": 0.5 * factor, "x": 0.25 * factor})
    assert opened.calibration.time_interval == 10


@pytest.mark.parametrize("unit", ["pixel", "", "furlong", "Mm"])
def test_what_is_no_length(tmp_path, unit):
    opened = written(tmp_path, imagej=True, resolution=(4, 2), metadata={"unit": unit, "axes": "ZYX"})
    assert opened.pixel_size == {}


@pytest.mark.parametrize(
    ("resolution", "unit", "expected"),
    [
        ((10000 / 0.25, 10000 / 0.5), "CENTIMETER", {"y": 0.5, "x": 0.25}),
        ((25400 / 0.25, 25400 / 0.5), "INCH", {"y": 0.5, "x": 0.25}),
        ((4, 4), "NONE", {}),
        ((72, 72), "INCH", {}),
        ((300, 300), "INCH", {}),
        ((28.35, 28.35), "CENTIMETER", {}),
    ],
)
def test_plain_tags(tmp_path, resolution, unit, expected):
    opened = written(tmp_path, resolution=resolution, resolutionunit=unit, photometric="minisblack")
    assert opened.pixel_size == pytest.approx(expected, rel=1e-6)


def test_a_slide_scanner(tmp_path):
    opened = written(tmp_path, STACK[0], description="Aperio Image Library v1\n7x6|AppMag = 20|MPP = 0.4990")
    assert opened.pixel_size == {"y": 0.499, "x": 0.499}


def test_damaged_metadata_is_not_said(tmp_path):
    about = {"axes": "ZYX", "PhysicalSizeX": "much", "PhysicalSizeY": 0.5, "PhysicalSizeZ": -1.0}
    assert written(tmp_path, ome=True, metadata=about).pixel_size == {"y": 0.5}


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr(tmp_path, version):
    group = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2 if version == "0.4" else 3)
    for level in range(2):
        group.create_array(f"s{level}", data=np.zeros((2, 3, 16 >> level, 16 >> level), np.uint8))
    axes = [
        {"name": "t", "type": "time", "unit": "minute"},
        {"name": "z", "type": "space", "unit": "nanometer"},
        {"name": "y", "type": "space", "unit": "micrometer"},
        {"name": "x", "type": "space"},
    ]
    datasets = [
        {
            "path": f"s{n}",
            "coordinateTransformations": [{"type": "scale", "scale": [2, 500, 0.2 * (n + 1), 1]}],
        }
        for n in range(2)
    ]
    image = {
        "axes": axes,
        "datasets": datasets,
        "coordinateTransformations": [{"type": "scale", "scale": [1.5, 1, 2, 1]}],
    }
    described = {"multiscales": [image], "omero": {"channels": [{"label": "DAPI"}, {}]}}
    group.attrs.put({"ome": described | {"version": "0.5"}} if version == "0.5" else described)
    opened = open_image(tmp_path / "a.zarr")
    assert opened.pixel_size == pytest.approx({"z": 0.5, "y": 0.4})
    assert opened.calibration.time_interval == 180
    assert opened.calibration.channel_names == ("DAPI", "")


def test_labels_keep_the_pixel_size(tmp_path):
    path = tmp_path / "a.tif"
    write_labels(path, STACK[0], pixel_size={"y": 0.5, "x": 0.65})
    opened = open_image(path)
    assert opened.pixel_size == {"y": 0.5, "x": 0.65}
    assert is_ours(path)
    with tifffile.TiffFile(path) as tiff:
        tags = tiff.pages.first.tags
        pixels, centimetres = tags["XResolution"].value
        assert tags["ResolutionUnit"].value == 3
        assert pixels / centimetres == pytest.approx(10000 / 0.65)
    assert np.array_equal(tifffile.imread(path), STACK[0])


@pytest.mark.parametrize(
    ("axes", "leading", "expected"),
    [
        (("z",), (5,), {"z": 2.0, "y": 0.5, "x": 0.5}),
        (("t",), (5,), {"z": 2.0, "y": 0.5, "x": 0.5}),
        (("t", "z"), (5, 1), {"z": 2.0, "y": 0.5, "x": 0.5}),
        (("position",), (5,), {"y": 0.5, "x": 0.5}),
        (("t", "t"), (5, 1), {"y": 0.5, "x": 0.5}),
    ],
)
def test_stacks_keep_axes_and_sizes(tmp_path, axes, leading, expected):
    path = tmp_path / "a.tif"
    size = {"z": 2.0, "y": 0.5, "x": 0.5}
    write_label_stack(path, list(STACK), leading, axes, pixel_size=size, time_interval=30)
    opened = open_image(path)
    assert opened.pixel_size == pytest.approx(expected)
    if axes[0] in "tz" and len(set(axes)) == len(axes):
        assert opened.axes == (*axes, "y", "x")[-opened.data.ndim :] or len(axes) == 2
        assert opened.calibration.time_interval == 30
    assert np.array_equal(np.squeeze(opened.data), STACK)
    if axes == ("t",):
        assert read_label_stack(path)[1] == "TYX"


def test_the_same_labels_are_the_same_file(tmp_path):
    for name in ("a.tif", "b.tif"):
        write_label_stack(tmp_path / name, list(STACK), (5,), ("z",), pixel_size={"y": 0.1, "x": 0.1})
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def test_the_file_is_valid_ome(tmp_path):
    from_tiff = pytest.importorskip("ome_types").from_tiff
    write_label_stack(tmp_path / "a.tif", list(STACK), (5,), ("z",), {"z": 2.0, "y": 0.5, "x": 0.65}, 9.0)
    pixels = from_tiff(tmp_path / "a.tif").images[0].pixels
    assert (pixels.size_z, pixels.size_t, pixels.time_increment) == (5, 1, 9)
    assert (pixels.physical_size_z, pixels.physical_size_y, pixels.physical_size_x) == (2.0, 0.5, 0.65)
