import shutil

import numpy as np
import pandas
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
    assert err.splitlines()[-1].startswith("Images: 2 segmented; ")
    labels = read_labels(desk.path("a/b/image.tif"))
    assert np.array_equal(labels, load_model(model).segment(read_image(desk.path("image.tif"))))
    assert read_labels(desk.path("a/b/small.tif")).shape == (33, 41)


def test_own_results_are_kept_until_asked(desk, model, refused, capsys):
    given = ["segment", model, desk.path("image.tif"), "--out", desk.path("out")]
    assert main(given) == 0
    labels = desk.folder / "out" / "image.tif"
    before = labels.stat().st_mtime_ns
    capsys.readouterr()
    assert main(given) == 0
    out, err = capsys.readouterr()
    assert out.endswith("done before\n")
    assert "1 done before" in err
    assert labels.stat().st_mtime_ns == before
    assert "--again" in refused(*given, "--minimum-size", "5")
    assert main([*given, "--minimum-size", "5", "--again"]) == 0
    assert labels.stat().st_mtime_ns != before


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
    assert main([*given, "--minimum-size", "5000", "--distance-threshold", "8", "--again"]) == 0
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
    colour = {"photometric": "rgb"}
    yield "channels", np.stack([image] * 3, -1).astype(np.uint8), colour, "3 channel(s)"
    yield "nan", np.where(image == 50, np.float32("nan"), image), {}, "NaN"
    yield "constant", image * 0, {}, "constant"


@pytest.mark.parametrize(("name", "image", "options", "said"), list(bad_images()))
def test_one_bad_image_is_told_and_the_rest_done(desk, model, capsys, name, image, options, said):
    bad = desk.save("bad.tif", image, **options)
    assert main(["segment", model, bad, desk.path("image.tif"), "--out", desk.path("out")]) == 3
    out, err = capsys.readouterr()
    assert said in err
    assert "bad.tif" in err
    assert "Images: 1 segmented, 1 failed" in err
    assert len(out.splitlines()) == 1
    assert read_labels(desk.path("out/image.tif")).any()
    assert not (desk.folder / "out" / "bad.tif").exists()


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
    assert "No image fits" in refused("segment", model, "*.xyz", "--out", "out")
    assert "No image is found" in refused("segment", model, "model", "--out", "out")


def test_a_folder_a_pattern_and_a_table(desk, model, capsys):
    (desk.folder / "in" / "deep").mkdir(parents=True)
    for name in ("in/a.tif", "in/b.tif", "in/deep/c.tif"):
        shutil.copy(desk.path("image.tif"), desk.path(name))
    table = ["--table", "cells.csv"]
    assert main(["segment", model, "in", "--recursive", "--out", "in/out", *table]) == 0
    found = pandas.read_csv("cells.csv")
    assert list(found["file"].unique()) == ["in/a.tif", "in/b.tif", "in/deep/c.tif"]
    labels = read_labels(desk.path("in/out/deep/c.tif"))
    assert (found["file"] == "in/deep/c.tif").sum() == labels.max()
    images = pandas.read_csv("cells_images.csv")
    assert list(images["cells"]) == [labels.max()] * 3
    before = {path: path.read_bytes() for path in (desk.folder / "in" / "out").rglob("*.tif")}
    assert main(["segment", model, "in/**/*.tif", "--out", "in/out", "--table", "again.csv"]) == 0
    assert "3 done before" in capsys.readouterr().err
    assert (desk.folder / "again.csv").read_bytes() == (desk.folder / "cells.csv").read_bytes()
    assert before == {path: path.read_bytes() for path in (desk.folder / "in" / "out").rglob("*.tif")}
