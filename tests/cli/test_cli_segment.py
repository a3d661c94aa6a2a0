import shutil

import numpy as np
import pytest
import tifffile

from sketchcell.cli import main
from sketchcell.images import read_image, read_labels
from sketchcell.model import load_model


def test_one_file_of_labels_an_image(desk, model, capsys):
    small = desk.save("small.tif", read_image(desk.path("image.tif"))[:33, :41])
    assert main(["segment", model, desk.path("image.tif"), small, "--out", desk.path("a/b")]) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2
    assert err == ""
    labels = read_labels(desk.path("a/b/image.tif"))
    assert np.array_equal(labels, load_model(model).segment(read_image(desk.path("image.tif"))))
    assert read_labels(desk.path("a/b/small.tif")).shape == (33, 41)


def test_own_results_are_replaced(desk, model):
    given = ["segment", model, desk.path("image.tif"), "--out", desk.path("out")]
    assert main(given) == 0
    assert main(given) == 0
    assert [path.name for path in (desk.folder / "out").iterdir()] == ["image.tif"]


def test_corrected_labels_are_not_replaced(desk, model, refused):
    given = ["segment", model, desk.path("image.tif"), "--out", desk.path("out")]
    assert main(given) == 0
    corrected = desk.folder / "out" / "image.tif"
    tifffile.imwrite(corrected, read_labels(corrected))
    assert "was not written by sketchcell" in refused(*given)


def test_images_are_never_replaced(desk, model, refused):
    assert "one of the inputs" in refused("segment", model, desk.path("image.tif"), "--out", desk.path("."))


def test_the_same_name_twice(desk, model, refused):
    (desk.folder / "other").mkdir()
    for other in ("other/image.tif", "IMAGE.TIFF"):
        shutil.copy(desk.path("image.tif"), desk.path(other))
        said = refused("segment", model, desk.path("image.tif"), desk.path(other), "--out", desk.path("out"))
        assert "would both become" in said


def test_thresholds_are_options(desk, model):
    given = ["segment", model, desk.path("image.tif"), "--out", desk.path("out")]
    assert main([*given, "--distance-threshold", "-4"]) == 0
    many = (read_labels(desk.path("out/image.tif")) > 0).sum()
    assert main([*given, "--minimum-size", "5000", "--distance-threshold", "8"]) == 0
    assert (read_labels(desk.path("out/image.tif")) > 0).sum() < many


def broken_models():
    yield "missing weights", lambda folder: (folder / "weights.safetensors").unlink(), "weights"
    yield "missing config", lambda folder: (folder / "config.json").unlink(), "config.json"
    yield "no config", lambda folder: (folder / "config.json").write_text("{}"), "config.json"
    yield "no JSON", lambda folder: (folder / "config.json").write_text("{"), "config.json"
    yield "altered weights", alter_weights, "altered"
    yield "another family", lambda folder: replace(folder, '"flow"', '"other"'), "family 'other'"
    yield "another key", lambda folder: replace(folder, '"scale"', '"scales"'), "scales"
    yield "newer", lambda folder: replace(folder, '"format": 1', '"format": 99'), "newer"
    yield "no folder", shutil.rmtree, "is not a model"


def alter_weights(folder):
    path = folder / "weights.safetensors"
    data = bytearray(path.read_bytes())
    data[-10] ^= 1
    path.write_bytes(data)


def replace(folder, old, new):
    path = folder / "config.json"
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(("name", "harm", "said"), list(broken_models()))
def test_broken_models(desk, model, refused, name, harm, said):
    harm(desk.folder / "model")
    assert said in refused("segment", model, desk.path("image.tif"), "--out", desk.path("out"))


def bad_images():
    image = np.arange(72 * 88, dtype=np.float32).reshape(72, 88)
    yield "channels", np.stack([image, image]), "2 channel(s)"
    yield "nan", np.where(image == 50, np.float32("nan"), image), "NaN"
    yield "constant", image * 0, "constant"


@pytest.mark.parametrize(("name", "image", "said"), list(bad_images()))
def test_one_bad_image_stops_all_before_work(desk, model, refused, name, image, said):
    bad = desk.save("bad.tif", image, photometric="minisblack")
    found = refused("segment", model, desk.path("image.tif"), bad, "--out", desk.path("out"))
    assert said in found
    assert "bad.tif" in found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["--out", "image.tif"], "is a file"),
        (["--out", "out", "--minimum-size", "-3"], "minimum_size"),
        (["--out", "out", "--minimum-size", "3.5"], "invalid int"),
        (["--out", "out", "--device", "tpu"], "no device"),
    ],
)
def test_bad_options(desk, model, refused, change, said):
    assert said in refused("segment", model, desk.path("image.tif"), *change)


def test_missing_images(desk, model, refused):
    assert "missing.tif does not exist" in refused("segment", model, "missing.tif", "--out", "out")
    assert "is a folder" in refused("segment", model, desk.path("."), "--out", "out")
