"""Files with several images, pages written one by one, and formats of microscopes' makers."""

import numpy as np
import pytest
import tifffile

from sketchcell.errors import SketchcellError
from sketchcell.images import open_image, scene_names
from sketchcell.images.vendor import open_vendor, vendor_scenes

A = np.arange(30 * 40, dtype=np.uint16).reshape(30, 40)


def two_scenes(path):
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(A, metadata={"Name": "left", "PhysicalSizeX": 0.5})
        writer.write(
            np.stack([A, A])[:, :20], metadata={"axes": "ZYX", "Name": "right", "PhysicalSizeX": 2.0}
        )


def test_scenes_of_an_ome_tiff(tmp_path):
    two_scenes(tmp_path / "a.tif")
    assert scene_names(tmp_path / "a.tif") == ("left", "right")
    left, right = (open_image(tmp_path / "a.tif", scene) for scene in (0, 1))
    assert (left.axes, left.pixel_size) == (("y", "x"), {"x": 0.5})
    assert (right.axes, right.pixel_size) == (("z", "y", "x"), {"x": 2.0})


def test_one_image_has_one_name(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", A)
    assert scene_names(tmp_path / "a.tif") == ("",)


def test_pages_written_one_by_one_are_a_stack(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for number in range(5):
            writer.write(A + number)
    opened = open_image(tmp_path / "a.tif")
    assert opened.axes == ("i", "y", "x")
    assert np.array_equal(opened.data, np.stack([A + number for number in range(5)]))


def test_a_thumbnail_is_no_page(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(A)
        writer.write(A[:10, :10])
    assert open_image(tmp_path / "a.tif").data.shape == (30, 40)


@pytest.mark.parametrize("name", ["a.czi", "a.lif", "a.nd2"])
def test_a_reader_that_is_missing_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"ZISRAWFILE and more")
    with pytest.raises(SketchcellError, match="bioio-" + name[-3:]):
        open_image(tmp_path / name)


def test_what_nobody_knows(tmp_path):
    (tmp_path / "a.xyz").write_bytes(b"something else")
    with pytest.raises(SketchcellError, match="is no TIFF"):
        open_image(tmp_path / "a.xyz")


def test_a_file_read_by_bioio(tmp_path, monkeypatch):
    bioio = pytest.importorskip("bioio")
    reader = pytest.importorskip("bioio_ome_tiff").Reader
    path = tmp_path / "a.czi"
    two_scenes(path)
    monkeypatch.setattr("warnings.warn", lambda *_, **__: None)
    real = bioio.BioImage
    monkeypatch.setattr(bioio, "BioImage", lambda file: real(file, reader=reader))
    assert len(vendor_scenes(path)) == 2
    data, axes, calibration = open_vendor(path, 1)
    assert axes == ("z", "y", "x")
    assert np.array_equal(np.asarray(data), np.stack([A, A])[:, :20])
    assert calibration.pixel_size == {"x": 2.0}
