from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from sketchcell.errors import SketchcellError
from sketchcell.images import as_channels, read_image, read_labels, read_mask


@pytest.mark.parametrize("dtype", ["?", "u1", "u2", ">u2", "i2", "u4", "i4", ">i4", "f4", ">f4", "f8"])
@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
def test_tiff_types_come_back_unchanged(tmp_path, plane, dtype, compression):
    image = (plane % 100).astype(dtype)
    order = ">" if dtype.startswith(">") else "<"
    tifffile.imwrite(tmp_path / "a.tif", image, byteorder=order, compression=compression)
    found = read_image(tmp_path / "a.tif")
    assert np.array_equal(found, image)
    assert found.dtype.isnative
    assert found.dtype.kind == image.dtype.kind


@pytest.mark.parametrize(
    ("shape", "options", "expected"),
    [
        ((40, 50, 3), {"photometric": "rgb"}, (40, 50, 3)),
        ((3, 40, 50), {"photometric": "rgb", "planarconfig": "separate"}, (40, 50, 3)),
        ((40, 50, 4), {"photometric": "rgb", "extrasamples": ["unassalpha"]}, (40, 50, 3)),
        ((40, 50, 2), {"photometric": "minisblack", "extrasamples": ["unassalpha"]}, (40, 50)),
        ((2, 40, 50), {"imagej": True, "metadata": {"axes": "CYX"}}, (40, 50, 2)),
        ((1, 40, 50), {"imagej": True, "metadata": {"axes": "ZYX"}}, (40, 50)),
        ((1, 3, 1, 40, 50), {"ome": True, "metadata": {"axes": "TCZYX"}}, (40, 50, 3)),
        ((5, 40, 50), {"photometric": "minisblack"}, (5, 40, 50)),
    ],
)
def test_tiff_axes(tmp_path, shape, options, expected):
    image = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", image, **options)
    found = read_image(tmp_path / "a.tif")
    assert found.shape == expected
    assert as_channels(found).shape[1:] == (40, 50)


@pytest.mark.parametrize(("axes", "words"), [("ZYX", "stack of 5 planes"), ("TYX", "stack of 5 time points")])
def test_stacks_are_refused(tmp_path, axes, words):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 9, 9), np.uint16), imagej=True, metadata={"axes": axes})
    with pytest.raises(SketchcellError, match=words):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("mode", "suffix", "shape", "dtype"),
    [
        ("L", "png", (40, 50), "u1"),
        ("1", "png", (40, 50), "?"),
        ("RGB", "png", (40, 50, 3), "u1"),
        ("RGBA", "png", (40, 50, 3), "u1"),
        ("LA", "png", (40, 50), "u1"),
        ("P", "png", (40, 50, 3), "u1"),
        ("L", "jpg", (40, 50), "u1"),
        ("RGB", "jpg", (40, 50, 3), "u1"),
        ("CMYK", "jpg", (40, 50, 3), "u1"),
    ],
)
def test_png_and_jpeg(tmp_path, plane, mode, suffix, shape, dtype):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray((plane // 256).astype(np.uint8)).convert(mode).save(path)
    found = read_image(path)
    assert found.shape == shape
    assert found.dtype == dtype


def test_sixteen_bit_png(tmp_path, plane):
    Image.fromarray(plane).save(tmp_path / "a.png")
    assert np.array_equal(read_image(tmp_path / "a.png"), plane)


def test_content_counts_not_the_suffix(tmp_path, plane):
    tifffile.imwrite(tmp_path / "a.png", plane)
    assert np.array_equal(read_image(tmp_path / "a.png"), plane)


def _damaged(name: str, folder: Path) -> Path:
    path = folder / name
    image = np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)
    match name:
        case "folder":
            path.mkdir()
        case "empty.tif":
            path.touch()
        case "text.tif":
            path.write_text("not an image")
        case "missing.tif":
            pass
        case "gif.png":
            Image.fromarray(image).save(path, format="GIF")
        case "complex.tif":
            tifffile.imwrite(path, image.astype(np.complex64))
        case _:
            whole = folder / f"whole{path.suffix}"
            if path.suffix == ".tif":
                tifffile.imwrite(whole, image, compression=name.split("-")[1].removesuffix(".tif"))
            else:
                Image.fromarray(image).save(whole)
            path.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    return path


@pytest.mark.parametrize("read", [read_image, read_labels, read_mask])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("folder", "is a folder"),
        ("empty.tif", "is an empty file"),
        ("text.tif", "is no TIFF, PNG or JPEG"),
        ("missing.tif", "does not exist"),
        ("gif.png", "is no TIFF, PNG or JPEG"),
        ("complex.tif", "type complex64"),
        ("cut-none.tif", "damaged or incomplete"),
        ("cut-zlib.tif", "damaged or incomplete"),
        ("cut-lzw.tif", "damaged or incomplete"),
        ("cut-jpeg.tif", "damaged or incomplete"),
        ("cut.png", "damaged or incomplete"),
        ("cut.jpg", "damaged or incomplete"),
    ],
)
def test_bad_files_give_one_sentence(tmp_path, capfd, read, name, words):
    path = _damaged(name, tmp_path)
    with pytest.raises(SketchcellError, match=words) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert capfd.readouterr().err == ""


def test_labels_of_every_kind(tmp_path, plane):
    for name, stored in [("i", plane.astype(np.int32)), ("f", plane.astype(np.float32)), ("u", plane)]:
        tifffile.imwrite(tmp_path / f"{name}.tif", stored)
        found = read_labels(tmp_path / f"{name}.tif")
        assert found.dtype == np.int32
        assert np.array_equal(found, plane)


def test_palette_indices_are_labels(tmp_path):
    indices = np.arange(12, dtype=np.uint8).reshape(3, 4)
    picture = Image.fromarray(indices)
    picture.putpalette(list(range(255, -1, -1)) * 3)
    picture.save(tmp_path / "a.png")
    assert np.array_equal(read_labels(tmp_path / "a.png"), indices)


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (np.full((4, 5), 1.5, np.float32), "not whole numbers"),
        (np.full((4, 5), np.nan, np.float32), "not whole numbers"),
        (np.full((4, 5), -1, np.int16), "between 0 and"),
        (np.full((4, 5), 3_000_000_000, np.uint32), "between 0 and"),
        (np.zeros((40, 50, 3), np.uint8), "single channel"),
        (np.zeros((7, 40, 50), np.uint8), "single channel"),
    ],
)
def test_what_is_no_label_image(tmp_path, stored, words):
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb" if stored.shape[-1] == 3 else "minisblack")
    with pytest.raises(SketchcellError, match=words):
        read_labels(tmp_path / "a.tif")


def test_masks(tmp_path):
    mask = np.eye(9, dtype=bool)
    Image.fromarray(mask.astype(np.uint8) * 255).save(tmp_path / "a.png")
    assert np.array_equal(read_mask(tmp_path / "a.png"), mask)
    tifffile.imwrite(tmp_path / "a.tif", np.full((4, 4), np.nan))
    with pytest.raises(SketchcellError, match="NaN"):
        read_mask(tmp_path / "a.tif")
