"""Stacks of labels, in all the ways in which programs write them."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from sketchcell.errors import SketchcellError
from sketchcell.images import read_label_stack, read_labels

STACK = np.arange(5 * 6 * 7, dtype=np.uint16).reshape(5, 6, 7)


def page_by_page(path, stack):
    with tifffile.TiffWriter(path) as writer:
        for plane in stack:
            writer.write(plane)


def with_pillow(path, stack):
    pages = [Image.fromarray(plane) for plane in stack]
    pages[0].save(path, save_all=True, append_images=pages[1:])


def as_samples(path, stack):
    # tifffile does so by itself with three or four planes: it takes them for colours.
    photometric = "rgb" if len(stack) in (3, 4) else "minisblack"
    tifffile.imwrite(path, stack, photometric=photometric, planarconfig="separate")


def plain(path, stack):
    tifffile.imwrite(path, stack, photometric="minisblack")


def compressed(path, stack):
    tifffile.imwrite(path, stack, photometric="minisblack", compression="zlib")


WRITERS = {
    "plain": plain,
    "compressed": compressed,
    "ImageJ": lambda path, stack: tifffile.imwrite(path, stack, imagej=True),
    "OME": lambda path, stack: tifffile.imwrite(path, stack, ome=True, metadata={"axes": "ZYX"}),
    "page by page": page_by_page,
    "Pillow": with_pillow,
    "samples": as_samples,
}


@pytest.mark.parametrize("planes", [2, 3, 4, 5])
@pytest.mark.parametrize("writer", WRITERS)
def test_a_stack_is_a_volume(tmp_path, writer, planes):
    path = tmp_path / "a.tif"
    WRITERS[writer](path, STACK[:planes])
    labels, axes = read_label_stack(path)
    assert (axes, labels.dtype) == ("ZYX", np.int32)
    assert np.array_equal(labels, STACK[:planes])


@pytest.mark.parametrize(
    ("given", "shape", "axes"),
    [
        ("TYX", (5, 6, 7), "TYX"),
        ("CYX", (5, 6, 7), "ZYX"),
        ("TZYX", (5, 2, 3, 7), "TZYX"),
        ("TZYX", (5, 1, 6, 7), "TYX"),
        ("TZYX", (1, 5, 6, 7), "ZYX"),
    ],
)
def test_named_axes(tmp_path, given, shape, axes):
    stack = STACK.reshape(shape)
    tifffile.imwrite(tmp_path / "a.tif", stack, ome=True, metadata={"axes": given})
    labels, found = read_label_stack(tmp_path / "a.tif")
    assert found == axes
    assert np.array_equal(labels, stack.squeeze())


def test_depth_before_time(tmp_path):
    stack = STACK.reshape(5, 2, 3, 7)
    tifffile.imwrite(tmp_path / "a.tif", stack, metadata={"axes": "ZTYX"})
    labels, axes = read_label_stack(tmp_path / "a.tif")
    assert (axes, labels.shape) == ("TZYX", (2, 5, 3, 7))
    assert np.array_equal(labels[1, 4], stack[4, 1])


@pytest.mark.parametrize("name", ["a.tif", "a.png"])
def test_a_plane_is_read_as_ever(tmp_path, name):
    path = tmp_path / name
    Image.fromarray(STACK[1]).save(path)
    labels, axes = read_label_stack(path)
    assert axes == "YX"
    assert np.array_equal(labels, read_labels(path))


@pytest.mark.parametrize(
    ("array", "options", "words"),
    [
        (np.zeros((6, 7, 3), np.uint8), {"photometric": "rgb"}, "single channel"),
        (np.zeros((2, 6, 7, 3), np.uint8), {"photometric": "rgb"}, "single channel"),
        (STACK.reshape(5, 2, 3, 7), {}, "TZYX"),
        (STACK + 0.5, {}, "not whole numbers"),
        (STACK.astype(np.int32) - 1, {}, "between 0 and"),
    ],
)
def test_what_is_no_stack_of_labels(tmp_path, array, options, words):
    tifffile.imwrite(tmp_path / "a.tif", array, **options)
    with pytest.raises(SketchcellError, match=words):
        read_label_stack(tmp_path / "a.tif")


def test_colour_and_damage(tmp_path):
    Image.fromarray(np.zeros((6, 7, 3), np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(SketchcellError, match="single channel"):
        read_label_stack(tmp_path / "a.png")
    tifffile.imwrite(tmp_path / "a.tif", STACK)
    (tmp_path / "b.tif").write_bytes((tmp_path / "a.tif").read_bytes()[:-40])
    with pytest.raises(SketchcellError, match="damaged"):
        read_label_stack(tmp_path / "b.tif")
    with pytest.raises(SketchcellError, match="does not exist"):
        read_label_stack(tmp_path / "c.tif")
