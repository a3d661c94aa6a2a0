import pandas
import pytest

from sketchcell.cli import main
from sketchcell.images import read_image, read_labels
from sketchcell.model import load_model


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "results"
    assert main(["demo", "--out", str(folder), "--steps", "2", "--device", "cpu"]) == 0
    return folder


def test_everything_is_there(demo_folder):
    assert sorted(path.name for path in demo_folder.iterdir()) == [
        "cells.csv",
        "labels.tif",
        "model",
        "overlay.png",
    ]
    labels = read_labels(demo_folder / "labels.tif")
    assert read_image(demo_folder / "overlay.png").shape == (*labels.shape, 3)
    assert len(pandas.read_csv(demo_folder / "cells.csv")) == labels.max()
    load_model(demo_folder / "model")


def test_it_can_be_repeated_and_tells_how_good_it_is(demo_folder, capsys):
    assert main(["demo", "--out", str(demo_folder), "--steps", "1", "--device", "cpu"]) == 0
    text = capsys.readouterr().out
    assert "AP50" in text
    for name in ("cells.csv", "labels.tif", "model", "overlay.png"):
        assert str(demo_folder / name) in text


def test_files_of_others_are_left_alone(desk, refused):
    (desk.folder / "cells.csv").write_text("name,age\n")
    assert "was not written by sketchcell" in refused("demo", "--out", desk.path("."))
    (desk.folder / "cells.csv").unlink()
    (desk.folder / "model").mkdir()
    (desk.folder / "model" / "thoughts.txt").write_text("keep me")
    assert "other files in it" in refused("demo", "--out", desk.path("."))
