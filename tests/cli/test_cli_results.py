"""The commands that need no network: evaluate, measure, simulate."""

import json
import shutil

import numpy as np
import pandas
import pytest
import zarr

from sketchcell.cli import main
from sketchcell.images import is_ours, read_image, read_labels, read_mask
from sketchcell.measure import evaluate, measure
from sketchcell.sketch import simulate_sketch


@pytest.fixture
def folders(desk, cells):
    """Folders of predictions and truths; the predictions have lost their largest label."""
    for name in ("predicted", "truth"):
        (desk.folder / name).mkdir()
    for seed in (1, 2, 3):
        _, truth = cells(seed)
        desk.save(f"truth/{seed}.tif", truth)
        desk.save(f"predicted/{seed}.tif", np.where(truth == truth.max(), 0, truth))
    return desk.path("predicted"), desk.path("truth")


def test_evaluate_files(desk, capsys):
    truth = read_labels(desk.path("truth.tif"))
    predicted = desk.save("predicted.tif", np.where(truth == 1, 0, truth))
    assert main(["evaluate", predicted, desk.path("truth.tif")]) == 0
    text = capsys.readouterr().out
    accuracy = evaluate(truth, np.where(truth == 1, 0, truth))
    assert f"AP at IoU 0.50             {accuracy.ap50:.3f}" in text
    assert main(["evaluate", predicted, desk.path("truth.tif"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == accuracy.to_dict()


def test_evaluate_folders(folders, capsys):
    assert main(["evaluate", *folders, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sorted(found["images"]) == ["1", "2", "3"]
    assert found["mean"]["ap50"] == pytest.approx(np.mean([one["ap50"] for one in found["images"].values()]))
    assert main(["evaluate", *folders]) == 0
    text = capsys.readouterr().out
    assert "Mean of 3 images" in text
    assert f"{found['mean']['ap50']:.3f}" in text


def test_evaluate_pools_the_objects_of_a_folder(folders, capsys):
    assert main(["evaluate", *folders, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    n_true = sum(one["true_objects"] for one in found["images"].values())
    assert found["pooled"]["true_objects"] == found["mean"]["true_objects"] == n_true
    assert found["pooled"]["ap50"] == pytest.approx((n_true - 3) / n_true)
    assert main(["evaluate", *folders]) == 0
    line = f"AP at IoU 0.50             {found['mean']['ap50']:.3f}  {found['pooled']['ap50']:.3f}\n"
    assert line in capsys.readouterr().out


@pytest.fixture
def stacks(desk, cells):
    """A stack of truths, and of predictions that have lost one object in one plane."""
    truth = np.stack([cells(seed)[1] for seed in (1, 1, 2)])
    predicted = truth.copy()
    predicted[0][predicted[0] == 1] = 0
    desk.save("p.tif", predicted, photometric="minisblack")
    desk.save("t.tif", truth, metadata={"axes": "ZYX"}, photometric="minisblack")
    return predicted, truth


def evaluated(capsys, *words):
    assert main(["evaluate", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_evaluate_a_stack_as_a_volume(desk, stacks, capsys):
    predicted, truth = stacks
    assert evaluated(capsys, "p.tif", "t.tif") == evaluate(truth, predicted).to_dict()
    assert main(["evaluate", "p.tif", "t.tif"]) == 0
    assert f"{truth.max()} true objects" in capsys.readouterr().out


def test_evaluate_the_planes_of_a_stack(desk, stacks, capsys):
    found = evaluated(capsys, "p.tif", "t.tif", "--planes")
    expected = {f"p[{at}]": evaluate(*planes) for at, planes in enumerate(zip(*stacks[::-1], strict=True))}
    assert found["images"] == {name: one.to_dict() for name, one in expected.items()}
    assert found["mean"]["ap50"] == pytest.approx(np.mean([one.ap50 for one in expected.values()]))
    assert main(["evaluate", "p.tif", "t.tif", "--planes"]) == 0
    assert "Mean of 3 images" in capsys.readouterr().out
    one = desk.path("truth.tif")
    assert evaluated(capsys, one, one, "--planes") == evaluated(capsys, one, one)


def test_evaluate_time_points_one_by_one(desk, stacks, capsys):
    predicted, truth = stacks
    planes = evaluated(capsys, "p.tif", "t.tif", "--planes")
    desk.save("t.tif", truth, metadata={"axes": "TYX"}, photometric="minisblack")
    assert evaluated(capsys, "p.tif", "t.tif") == planes
    for name, labels in (("p.tif", predicted), ("t.tif", truth)):
        desk.save(name, np.stack([labels, labels]), metadata={"axes": "TZYX"}, photometric="minisblack")
    volumes = evaluated(capsys, "p.tif", "t.tif")
    assert volumes["images"] == dict.fromkeys(["p[0]", "p[1]"], evaluate(truth, predicted).to_dict())
    every = evaluated(capsys, "p.tif", "t.tif", "--planes")["images"]
    assert [*every] == [f"p[{time}, {depth}]" for time in range(2) for depth in range(3)]
    assert every["p[1, 0]"] == planes["images"]["p[0]"]


def test_evaluate_folders_of_stacks(folders, desk, stacks, capsys):
    for folder, name in (("predicted", "p.tif"), ("truth", "t.tif")):
        shutil.move(desk.path(name), desk.path(f"{folder}/stack.tif"))
    assert [*evaluated(capsys, *folders)["images"]] == ["1", "2", "3", "stack"]
    apart = [*evaluated(capsys, *folders, "--planes")["images"]]
    assert apart == ["1", "2", "3", "stack[0]", "stack[1]", "stack[2]"]


def test_evaluate_refuses_what_holds_no_labels(desk, stacks, refused):
    truth = desk.path("t.tif")
    assert "72 × 88 pixels and" in refused("evaluate", desk.path("truth.tif"), truth)
    assert "not whole numbers" in refused("evaluate", desk.save("f.tif", stacks[0][:2] + 0.5), truth)
    assert "lie between 0" in refused("evaluate", desk.save("n.tif", stacks[0][:2].astype(int) - 1), truth)
    colour = desk.save("c.tif", np.zeros((72, 88, 3), np.uint8), photometric="rgb")
    assert "single channel" in refused("evaluate", colour, truth)
    assert "TZYX" in refused("evaluate", desk.save("4.tif", np.zeros((2, 5, 9, 9), np.uint8)), truth)


def test_evaluate_nothing_to_find(desk, capsys):
    empty = desk.save("empty.tif", np.zeros((9, 9), np.uint8))
    assert main(["evaluate", empty, empty, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["seg"] is None
    assert main(["evaluate", empty, empty]) == 0
    assert "SEG                        -" in capsys.readouterr().out


def test_evaluate_refuses(desk, folders, refused):
    predicted, truth = folders
    assert "does not exist" in refused("evaluate", "nowhere", truth)
    assert "One is a folder" in refused("evaluate", predicted, desk.path("truth.tif"))
    desk.save("small.tif", np.zeros((9, 9), np.uint8))
    assert "9 × 9 pixels" in refused("evaluate", "small.tif", desk.path("truth.tif"))
    (desk.folder / "empty").mkdir()
    assert "no label images" in refused("evaluate", predicted, desk.path("empty"))
    shutil.move(desk.path("truth/2.tif"), desk.path("truth/two.tif"))
    assert "no partner" in refused("evaluate", predicted, truth)
    shutil.copy(desk.path("truth/1.tif"), desk.path("truth/1.tiff"))
    assert "same name" in refused("evaluate", predicted, truth)


def test_measure(desk):
    truth, image = desk.path("truth.tif"), desk.path("image.tif")
    assert main(["measure", truth, truth, "--image", image, image, "--out", desk.path("new/cells.csv")]) == 0
    table = pandas.read_csv(desk.path("new/cells.csv"))
    single = measure(read_labels(truth), read_image(image))
    assert len(table) == 2 * len(single)
    assert table.columns.tolist() == ["file", *single.columns]
    assert table["intensity_mean"][: len(single)].to_numpy() == pytest.approx(
        single["intensity_mean"].to_numpy()
    )
    figures = pandas.read_csv(desk.path("new/cells_images.csv"))
    assert figures["cells"].tolist() == [len(single)] * 2
    assert figures["confluency"][0] == pytest.approx((read_labels(truth) > 0).mean())
    assert main(["measure", truth, "--out", desk.path("new/cells.csv")]) == 0
    assert len(pandas.read_csv(desk.path("new/cells.csv"))) == len(single)


def test_measure_stacks_in_micrometres(desk, capsys):
    labels = np.zeros((3, 20, 30), np.uint16)
    labels[0, 2:6, 2:6], labels[2, 2:6, 2:6], labels[2, 2:6, 8:10] = 5, 6, 7
    image = np.arange(3 * 2 * 20 * 30, dtype=np.uint16).reshape(3, 2, 20, 30)
    stack = desk.save("stack.tif", labels, imagej=True, metadata={"axes": "ZYX"})
    channels = desk.save("channels.tif", image, imagej=True, metadata={"axes": "ZCYX"})
    words = ["--pixel-size", "0.5", "2", "--neighbour-distance", "6", "--summary", "sum.parquet"]
    for _ in range(2):
        assert main(["measure", stack, "--image", channels, "--out", "a.parquet", *words]) == 0
    assert "within 6 µm" in capsys.readouterr().out
    cells = pandas.read_parquet("a.parquet")
    assert cells.columns.tolist()[:3] == ["file", "plane", "label"]
    assert cells["plane"].tolist() == [0, 2, 2]
    assert cells["area_um2"].tolist() == [16, 16, 8]
    assert cells["neighbours"].tolist() == [0, 1, 1]
    assert cells["intensity_max_1"][0] == image[0, 1, 5, 5]
    assert pandas.read_parquet("sum.parquet")["cells"].tolist() == [1, 0, 2]


def test_measure_reads_the_size_of_pixels(desk, refused):
    labels = np.zeros((20, 30), np.uint16)
    labels[2:6, 2:6] = 5
    plain = desk.save("plain.tif", labels)
    sized = desk.save("sized.tif", labels, imagej=True, resolution=(2, 4), metadata={"unit": "um"})
    for words in ([sized], [plain, "--image", sized], [plain, "--pixel-size", "0.25", "0.5"]):
        assert main(["measure", *words, "--out", "a.csv"]) == 0
        assert pandas.read_csv("a.csv")["area_um2"].tolist() == [2]
    assert main(["measure", plain, "--out", "a.csv"]) == 0
    assert "area_um2" not in pandas.read_csv("a.csv")
    assert "give --pixel-size" in refused("measure", plain, sized, "--out", "a.csv")


def test_measure_zarr_labels(desk):
    labels = np.zeros((2, 20, 30), np.int32)
    labels[1, 2:6, 2:6] = 5
    group = zarr.open_group(desk.path("labels.zarr"), mode="w")
    group.create_array("0", data=labels, chunks=(1, 8, 8))
    axes = [{"name": name, "type": "space"} for name in "zyx"]
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": [{"path": "0"}]}]
    assert main(["measure", desk.path("labels.zarr"), "--out", "a.csv"]) == 0
    assert pandas.read_csv("a.csv")[["plane", "label", "area"]].to_numpy().tolist() == [[1, 5, 16]]


def test_measure_refuses(desk, refused):
    truth = desk.path("truth.tif")
    (desk.folder / "mine.csv").write_text("name,age\n")
    assert "was not written by sketchcell" in refused("measure", truth, "--out", "mine.csv")
    assert "one of the inputs" in refused("measure", truth, "--out", truth)
    assert "2 image(s)" in refused("measure", truth, "--image", truth, truth, "--out", "a.csv")
    desk.save("small.tif", np.eye(9))
    assert "must be equal" in refused("measure", truth, "--image", "small.tif", "--out", "a.csv")
    assert "csv or .parquet" in refused("measure", truth, "--out", "a.txt")
    assert "cannot hold both" in refused("measure", truth, "--out", "a.csv", "--summary", "./a.csv")
    assert "height and the width" in refused(
        "measure", truth, "--out", "a.csv", "--pixel-size", "1", "2", "3"
    )
    assert "from 0 on" in refused("measure", truth, "--out", "a.csv", "--neighbour-distance", "-1")
    (desk.folder / "mine.parquet").write_text("mine")
    assert "was not written by sketchcell" in refused("measure", truth, "--out", "mine.parquet")
    assert "is a folder" in refused("measure", truth, "--out", str(desk.folder))
    assert "not whole numbers" in refused(
        "measure", desk.save("f.tif", np.full((4, 4), 0.5)), "--out", "a.csv"
    )


def test_simulate(desk, capsys):
    truth = desk.path("truth.tif")
    given = ["simulate", truth, "--out", desk.path("a/s.tif"), "--share", "0.2", "--seed", "5"]
    assert main([*given, "--kind", "dabs"]) == 0
    expected = simulate_sketch(read_labels(truth), 0.2, kind="dabs", seed=5)
    assert np.array_equal(read_labels(desk.path("a/s.tif")), expected.labels)
    assert main([*given, "--one-id", "--boundaries-out", desk.path("b.png")]) == 0
    expected = simulate_sketch(read_labels(truth), 0.2, seed=5, one_id=True)
    assert np.array_equal(read_labels(desk.path("a/s.tif")), expected.labels)
    assert np.array_equal(read_mask(desk.path("b.png")), expected.boundaries)
    assert is_ours(desk.path("a/s.tif"))
    assert is_ours(desk.path("b.png"))


def test_simulate_refuses(desk, refused):
    given = ["simulate", desk.path("truth.tif"), "--out"]
    assert "no sketches of the kind 'x'" in refused(*given, "s.tif", "--kind", "x")
    assert "up to 1" in refused(*given, "s.tif", "--share", "2")
    assert "end it in" in refused(*given, "s.jpg")
    assert "end it in" in refused(*given, "s.tif", "--boundaries-out", "b.csv")
    assert "same file" in refused(*given, "s.tif", "--boundaries-out", "./s.tif")
    assert "one of the inputs" in refused(*given, desk.path("truth.tif"))
    assert "was not written by sketchcell" in refused(*given, desk.path("image.tif"))
    (desk.folder / "text.tif").write_text("no image")
    assert "is no TIFF" in refused("simulate", "text.tif", "--out", "s.tif")
