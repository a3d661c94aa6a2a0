"""``sketchcell export``: the file, the report, and mistakes in one sentence."""

import zipfile
from pathlib import Path

import pytest
import tifffile

from sketchcell.cli import main
from sketchcell.images import read_labels


def test_torchscript(model, desk, capsys):
    words = ["export", model, "--format", "torchscript", "--out", "m.pt", "--image", "image.tif"]

    assert main(words) == 0

    out = capsys.readouterr().out
    assert "torch.jit" in out
    assert "maps differ by at most" in out
    assert (desk.folder / "m.pt").exists()
    assert main(words) == 0  # ours: replaced


@pytest.mark.slow
def test_a_package_segments_like_its_model(model, desk):
    words = ["--author", "Ada; London", "--licence", "MIT", "--tag", "nuclei"]
    assert main(["export", model, "--format", "bioimageio", "--out", "m.zip", *words]) == 0

    assert main(["segment", "m.zip", "image.tif", "--out", "one"]) == 0
    assert main(["segment", model, "image.tif", "--out", "two"]) == 0

    one, two = (read_labels(desk.folder / name / "image.tif") for name in ("one", "two"))
    assert (one == two).all()
    with zipfile.ZipFile(desk.folder / "m.zip") as package:
        description = package.read("rdf.yaml")
    assert b"affiliation: London" in description
    assert f"name: {Path(model).name}".encode() in description


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--format", "bioimageio", "--out", "m.zip"], "needs to know: authors, licence."),
        (["--format", "onnx", "--out", "m.pt"], "must end in .onnx"),
        (["--format", "tflite", "--out", "m.tflite"], "invalid choice"),
        (["--format", "torchscript", "--out", "m.pt", "--author", "a;b;c;d"], "is not an author"),
        (["--format", "torchscript", "--out", "image.tif"], "must end in .pt"),
        (["--format", "torchscript", "--out", "none/m.pt"], "does not exist"),
    ],
)
def test_mistakes(words, message, model, refused):
    assert message in refused("export", model, *words)


def test_an_image_of_another_kind(model, desk, refused):
    import numpy as np

    tifffile.imwrite(desk.folder / "rgb.tif", np.arange(72 * 88 * 3, dtype=np.uint16).reshape(72, 88, 3))
    words = ["--format", "torchscript", "--out", "m.pt", "--image", "rgb.tif"]

    assert "1 channel(s)" in refused("export", model, *words)
