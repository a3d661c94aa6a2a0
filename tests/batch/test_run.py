"""A run over many images: what comes out, what is skipped, what is never lost."""

import errno
import json
import os
from pathlib import Path

import numpy as np
import pandas
import pytest
import tifffile
import zarr

from sketchcell.batch import Options, Order, find_images, segmenting, summary
from sketchcell.batch import run as run_module
from sketchcell.errors import SketchcellError
from sketchcell.images import open_image, read_label_stack, read_labels, write_labels
from sketchcell.inference import drain
from sketchcell.learning import confidence, looking_again
from sketchcell.linking import linking_planes


def run(model, words, out, **more):
    out.mkdir(exist_ok=True)
    words = words if isinstance(words, list) else [words]
    chosen = {
        name: more.pop(name)
        for name in ("format", "link", "channels", "tile", "halo", "confidence")
        if name in more
    }
    options = Options(measured="table" in more, **chosen)
    return drain(segmenting(model, Order(find_images(words, out=out), out, options, **more)))


def files(out):
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and ".sketchcell-run" not in path.parts
    }


@pytest.mark.parametrize("workers", [1, 3])
def test_labels_are_those_of_the_model(model, folder, tmp_path, workers):
    outcomes = run(model, folder, tmp_path / "out", workers=workers)
    assert [one.state for one in outcomes] == ["done"] * 9 + ["failed"] + ["done"] * 2
    assert "10.tif" in outcomes[9].reason
    for one in outcomes:
        if one.state == "done":
            expected = model.segment(tifffile.imread(one.image))
            assert np.array_equal(read_labels(one.output), expected)
            assert one.cells == expected.max()
    assert summary(outcomes).startswith("Images: 11 segmented, 1 failed; ")
    assert not (tmp_path / "out" / ".sketchcell-run" / "work").exists()


def test_the_number_of_workers_changes_nothing(model, folder, tmp_path):
    for workers in (1, 4):
        out = tmp_path / str(workers)
        run(model, folder, out, workers=workers, table=out / "cells.csv")
    assert files(tmp_path / "1") == files(tmp_path / "4")


def test_a_repaired_image_is_all_that_is_done_again(model, folder, cells, tmp_path):
    out, table = tmp_path / "out", tmp_path / "cells.csv"
    run(model, folder, out, table=table)
    assert len(pandas.read_csv(tmp_path / "cells_images.csv")) == 11
    tifffile.imwrite(folder / "10.tif", cells(10))
    states = [one.state for one in run(model, folder, out, table=table)]
    assert states == ["skipped"] * 9 + ["done"] + ["skipped"] * 2
    fresh = tmp_path / "fresh"
    run(model, folder, fresh, table=tmp_path / "fresh.csv")
    assert files(out) == files(fresh)
    assert table.read_bytes() == (tmp_path / "fresh.csv").read_bytes()


def test_a_table_asked_for_later_costs_no_network(model, folder, tmp_path, monkeypatch):
    out = tmp_path / "out"
    run(model, folder, out)
    monkeypatch.setattr(type(model), "predicting_normalized", None)
    run(model, sorted(folder.glob("0*.tif")), out, table=tmp_path / "later.csv")
    monkeypatch.undo()
    run(model, sorted(folder.glob("0*.tif")), tmp_path / "fresh", table=tmp_path / "fresh.csv")
    assert (tmp_path / "later.csv").read_bytes() == (tmp_path / "fresh.csv").read_bytes()


def test_rows_that_were_lost_are_measured_again(model, folder, tmp_path):
    out = tmp_path / "out"
    run(model, folder, out, table=out / "cells.csv")
    expected = (out / "cells.csv").read_bytes()
    rows = out / ".sketchcell-run" / "rows.csv"
    for damage in (lambda: rows.write_bytes(rows.read_bytes()[:3000]), rows.unlink):
        damage()
        run(model, folder, out, table=out / "cells.csv")
        assert (out / "cells.csv").read_bytes() == expected


def test_an_image_that_changes_while_it_is_segmented_is_done_again(model, folder, cells, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    sources = find_images([folder / "01.tif", folder / "02.tif"])
    (changing, vanishing), later = [source.path for source in sources], cells(99)
    for step in segmenting(model, Order(sources, out, workers=1)):
        if getattr(step, "state", "") == "running":
            if step.image == changing:
                os.utime(changing, ns=(1, 1))
            else:
                vanishing.rename(tmp_path / "away.tif")
    tifffile.imwrite(changing, later)
    os.utime(changing, ns=(1, 1))
    outcomes = run(model, changing, out, again=True)
    assert outcomes[0].state == "done"
    assert np.array_equal(read_labels(out / "01.tif"), model.segment(later))


def test_nothing_is_replaced_without_being_asked(model, folder, cells, tmp_path):
    out, image = tmp_path / "out", folder / "01.tif"
    run(model, image, out)
    with pytest.raises(SketchcellError, match="--again"):
        run(model, image, out, link="none")
    assert run(model, image, out, link="none", again=True)[0].state == "done"
    tifffile.imwrite(image, cells(99))
    with pytest.raises(SketchcellError, match="--again"):
        run(model, image, out, link="none")
    write_labels(out / "02.tif", np.ones((5, 5), int))
    with pytest.raises(SketchcellError, match="--again"):
        run(model, folder / "02.tif", out)
    tifffile.imwrite(out / "03.tif", np.ones((5, 5), np.uint8))
    for again in (False, True):
        with pytest.raises(SketchcellError, match="not written by sketchcell"):
            run(model, folder / "03.tif", out, again=again)


def test_labels_that_were_edited_by_another_program_stay(model, folder, tmp_path):
    out = tmp_path / "out"
    run(model, folder / "01.tif", out)
    tifffile.imwrite(out / "01.tif", read_labels(out / "01.tif"))
    with pytest.raises(SketchcellError, match="not written by sketchcell"):
        run(model, folder / "01.tif", out, again=True)


def test_results_that_were_copied_are_known(model, folder, tmp_path):
    run(model, folder / "01.tif", tmp_path / "out")
    os.utime(tmp_path / "out" / "01.tif", (1, 1))
    assert run(model, folder / "01.tif", tmp_path / "out")[0].state == "skipped"


def test_a_line_that_was_cut_off_is_an_image_that_is_not_done(model, folder, tmp_path):
    out = tmp_path / "out"
    images = [folder / "01.tif", folder / "02.tif"]
    run(model, images, out, workers=1, table=tmp_path / "cells.csv")
    expected = files(out)
    journal = out / ".sketchcell-run" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-9])
    (out / "02.tif").unlink()  # a line comes before its labels
    outcomes = run(model, images, out, table=tmp_path / "again.csv")
    assert [one.state for one in outcomes] == ["skipped", "done"]
    assert files(out) == expected
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "cells.csv").read_bytes()
    assert [json.loads(line)["output"] for line in journal.read_bytes().splitlines() if line[-1:] == b"}"]


@pytest.mark.parametrize("place", ["labels", "rows", "journal"])
def test_a_full_disk_ends_the_run_and_the_next_one_completes_it(model, folder, tmp_path, monkeypatch, place):
    out, table = tmp_path / "out", tmp_path / "out" / "cells.csv"
    run(model, folder, tmp_path / "fresh", table=tmp_path / "fresh" / "cells.csv")
    real = os.fsync
    synced = []

    def full(number):
        name = os.readlink(f"/proc/self/fd/{number}")
        synced.append(name)
        wanted = {"labels": ".part", "rows": "rows.csv", "journal": "journal.jsonl"}[place]
        if sum(name.endswith(wanted) for name in synced) > {"labels": 5}.get(place, 1) and wanted in name:
            os.ftruncate(number, os.fstat(number).st_size - 7)
            raise OSError(errno.ENOSPC, "No space left on device")
        real(number)

    with monkeypatch.context() as patch:
        patch.setattr(run_module, "_NOTE_EVERY", 0)
        patch.setattr(os, "fsync", full)
        with pytest.raises(SketchcellError, match="make room"):
            run(model, folder, out, table=table, workers=1)
    assert not table.exists()
    states = [one.state for one in run(model, folder, out, table=table)]
    assert states.count("failed") == 1
    assert states.count("skipped") >= 1
    assert set(files(out)) == set(files(tmp_path / "fresh"))
    assert files(out) == files(tmp_path / "fresh")


def test_stopping_keeps_what_is_done(model, folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    steps = segmenting(model, Order(find_images([folder]), out, workers=1))
    for step in steps:
        if getattr(step, "state", "") == "done":
            break
    steps.close()
    done = files(out)
    assert 1 <= len(done) < 12
    states = [one.state for one in run(model, folder, out)]
    assert states.count("skipped") == len(done)


def test_one_run_at_a_time(model, folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    steps = segmenting(model, Order(find_images([folder]), out))
    next(steps)
    with pytest.raises(SketchcellError, match="Another run"):
        run(model, folder, out)
    steps.close()
    assert not list(out.iterdir())


def test_a_stack_is_linked_in_depth_and_keeps_axes_and_sizes(model, cells, tmp_path):
    stack = np.stack([cells(1), cells(1), cells(2)])
    about = {"axes": "ZYX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.0}
    tifffile.imwrite(tmp_path / "a.ome.tif", stack, ome=True, metadata=about)
    linked, alone = (
        run(model, tmp_path / "a.ome.tif", tmp_path / link, link=link)[0] for link in ("auto", "none")
    )
    opened = open_image(linked.output)
    assert opened.axes == ("z", "y", "x")
    assert opened.pixel_size == {"z": 2.0, "y": 0.5, "x": 0.5}
    planes = read_label_stack(alone.output)[0]
    assert np.array_equal(planes[0], planes[1])
    assert alone.cells == sum(plane.max() for plane in planes)
    expected = drain(linking_planes(planes))
    assert np.array_equal(read_label_stack(linked.output)[0], expected)
    assert linked.cells == expected.max()


def test_time_is_linked_if_asked_depth_at_each_time(model, cells, tmp_path):
    stack = np.stack([np.stack([cells(1), cells(1)]), np.stack([cells(2), cells(2)])])
    tifffile.imwrite(tmp_path / "a.tif", stack, imagej=True, metadata={"axes": "TZYX"})
    run(model, tmp_path / "a.tif", tmp_path / "z")
    labels, axes = read_label_stack(tmp_path / "z" / "a.tif")
    assert axes == "TZYX"
    assert np.array_equal(labels[:, 0], labels[:, 1])
    assert set(np.unique(labels[0])) & set(np.unique(labels[1])) > {0}
    outcome = run(model, tmp_path / "a.tif", tmp_path / "t", link="t")[0]
    assert outcome.state == "done"
    tifffile.imwrite(tmp_path / "b.tif", stack[:, 0], imagej=True, metadata={"axes": "TYX"})
    assert "no axis 'z'" in run(model, tmp_path / "b.tif", tmp_path / "z2", link="z")[0].reason


def test_pages_without_a_name_are_planes_for_a_grey_model(model, cells, tmp_path):
    stack = np.stack([cells(1), cells(2), cells(3)])
    tifffile.imwrite(tmp_path / "a.tif", stack, photometric="minisblack")
    run(model, tmp_path / "a.tif", tmp_path / "out")
    assert tifffile.imread(tmp_path / "out" / "a.tif").shape == stack.shape


def test_chosen_channels(model, cells, tmp_path):
    both = np.stack([cells(1), cells(2)])
    tifffile.imwrite(tmp_path / "a.tif", both, ome=True, metadata={"axes": "CYX"})
    assert "2 channel(s)" in run(model, tmp_path / "a.tif", tmp_path / "no")[0].reason
    outcome = run(model, tmp_path / "a.tif", tmp_path / "out", channels=(1,))[0]
    assert np.array_equal(read_labels(outcome.output), model.segment(cells(2)))


def test_scenes_of_a_file_each_get_labels(model, cells, tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif", ome=True) as writer:
        writer.write(cells(1))
        writer.write(cells(2)[:60])
    outcomes = run(model, tmp_path / "a.tif", tmp_path / "out", table=tmp_path / "cells.csv")
    assert [one.output.name for one in outcomes] == ["a_1.tif", "a_2.tif"]
    assert np.array_equal(read_labels(outcomes[1].output), model.segment(cells(2)[:60]))
    assert pandas.read_csv(tmp_path / "cells.csv")["file"].nunique() == 2


@pytest.mark.parametrize("version", [2, 3])
def test_ome_zarr_in_a_folder_and_a_plate(model, cells, tmp_path, version):
    for place in ("in/a.zarr", "in/plate.zarr/A/1/0"):
        group = zarr.open_group(tmp_path / place, mode="w", zarr_format=version)
        group.create_array("0", data=cells(1))
        axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]
        scale = [{"type": "scale", "scale": [0.5, 0.5]}]
        image = {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}
        described = {"multiscales": [image]}
        group.attrs.put(described if version == 2 else {"ome": described})
    outcomes = run(model, [tmp_path / "in" / "a.zarr", tmp_path / "in" / "plate.zarr"], tmp_path / "out")
    assert [one.output for one in outcomes] == [
        tmp_path / "out" / "a.tif",
        tmp_path / "out" / "A" / "1" / "0.tif",
    ]
    for one in outcomes:
        assert np.array_equal(read_labels(one.output), model.segment(cells(1)))
        assert open_image(one.output).pixel_size == {"y": 0.5, "x": 0.5}


def test_the_table_says_how_sure_each_cell_is(model, cells, tmp_path):
    stack = np.stack([cells(1), cells(1), cells(2)])
    tifffile.imwrite(tmp_path / "a.tif", stack[0])
    tifffile.imwrite(tmp_path / "z.tif", stack, metadata={"axes": "ZYX"}, photometric="minisblack")
    table = tmp_path / "cells.csv"
    run(model, [tmp_path / "a.tif", tmp_path / "z.tif"], tmp_path / "out", table=table, confidence=True)
    found = pandas.read_csv(table)
    single, sections = (found[found["file"] == str(tmp_path / name)] for name in ("a.tif", "z.tif"))
    labels = model.segment(stack[0])
    channels = model.config.normalization.apply(stack[:1].astype(np.float32))
    expected = confidence(labels, drain(looking_again(model, channels)))
    np.testing.assert_allclose(single["confidence"], expected[single["label"]], rtol=1e-6)
    assert sections["confidence"].between(0, 1).all()
    # the first two planes are alike, whatever their cells are called
    both = [np.sort(sections.loc[sections["plane"] == plane, "confidence"]) for plane in (0, 1)]
    np.testing.assert_allclose(*both, rtol=1e-6)


def test_confidence_needs_a_table():
    with pytest.raises(SketchcellError, match="table"):
        Options(confidence=True)


def same_cells(one, other):
    """Whether labels agree up to their numbers."""
    pairs = np.unique(np.stack([one.ravel(), other.ravel()]), axis=1)
    return len(pairs[0]) == len(np.unique(one)) == len(np.unique(other))


@pytest.mark.parametrize("format", ["tiff", "ome-zarr"])
def test_large_images_go_in_tiles(model, cells, tmp_path, format):
    image = np.tile(cells(1), (7, 6))
    tifffile.imwrite(tmp_path / "a.tif", image, resolution=(20000, 20000), resolutionunit="CENTIMETER")
    table = tmp_path / "cells.csv"
    whole = run(model, tmp_path / "a.tif", tmp_path / "whole", table=tmp_path / "whole.csv")[0]
    chosen = {"format": format, "tile": 256, "halo": 64, "table": table}
    tiled = run(model, tmp_path / "a.tif", tmp_path / "tiled", **chosen)[0]
    opened = open_image(tiled.output)
    labels = np.asarray(opened.data[0] if isinstance(opened.data, list) else opened.data)
    assert same_cells(labels, read_labels(whole.output))
    assert tiled.cells == whole.cells
    assert opened.pixel_size == pytest.approx({"y": 0.5, "x": 0.5})
    found, expected = pandas.read_csv(table), pandas.read_csv(tmp_path / "whole.csv")
    assert sorted(found["area"]) == sorted(expected["area"])
    assert not (tmp_path / "tiled" / ".sketchcell-run" / "tiles").exists()
    assert run(model, tmp_path / "a.tif", tmp_path / "tiled", **chosen)[0].state == "skipped"


def test_a_stack_of_large_planes(model, cells, tmp_path):
    stack = np.stack([cells(1), cells(1), cells(2)])
    tifffile.imwrite(tmp_path / "a.tif", stack, metadata={"axes": "ZYX"}, photometric="minisblack")
    outcomes = [
        run(model, tmp_path / "a.tif", tmp_path / link, tile=64, link=link, table=tmp_path / f"{link}.csv")[0]
        for link in ("auto", "none")
    ]
    assert outcomes[0].cells < outcomes[1].cells
    labels, axes = read_label_stack(outcomes[1].output)
    assert (labels.shape, axes) == (stack.shape, "ZYX")
    assert len(pandas.read_csv(tmp_path / "none.csv")) == outcomes[1].cells


@pytest.mark.parametrize("leading", [(), (3,)])
def test_ome_zarr_labels(model, cells, tmp_path, leading):
    image = np.stack([cells(seed) for seed in (1, 2, 3)]) if leading else cells(1)
    about = {"axes": "ZYX"[-image.ndim :], "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.0}
    tifffile.imwrite(tmp_path / "a.tif", image, ome=True, metadata=about)
    one = run(model, tmp_path / "a.tif", tmp_path / "out", format="ome-zarr")[0]
    other = run(model, tmp_path / "a.tif", tmp_path / "tif")[0]
    assert one.output == tmp_path / "out" / "a.zarr"
    opened = open_image(one.output)
    data = opened.data[0] if isinstance(opened.data, list) else opened.data
    assert np.array_equal(np.asarray(data), tifffile.imread(other.output))
    assert opened.axes == ("z", "y", "x")[-image.ndim :]
    assert opened.pixel_size["x"] == 0.5
    assert run(model, tmp_path / "a.tif", tmp_path / "out", format="ome-zarr")[0].state == "skipped"
    with pytest.raises(SketchcellError, match="--again"):
        run(model, tmp_path / "a.tif", tmp_path / "out", format="ome-zarr", link="t")
    again = run(model, tmp_path / "a.tif", tmp_path / "out", format="ome-zarr", link="none", again=True)
    assert again[0].state == "done"
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.zarr", ".sketchcell-run"}


def test_parquet_holds_what_csv_does(model, folder, tmp_path):
    run(model, folder, tmp_path / "out", table=tmp_path / "cells.csv")
    run(model, folder, tmp_path / "out", table=tmp_path / "cells.parquet")
    one, other = pandas.read_csv(tmp_path / "cells.csv"), pandas.read_parquet(tmp_path / "cells.parquet")
    assert list(one) == list(other)
    assert [list(map(int, str(ids).split())) if ids == ids else [] for ids in one["neighbour_ids"]] == [
        list(ids) for ids in other["neighbour_ids"]
    ]
    numbers = one.select_dtypes("number").columns
    pandas.testing.assert_frame_equal(one[numbers], other[numbers])


def test_a_table_of_somebody_else_stays(model, folder, tmp_path):
    (tmp_path / "cells.csv").write_text("my,own,table\n")
    with pytest.raises(SketchcellError, match="not written by sketchcell"):
        run(model, folder, tmp_path / "out", table=tmp_path / "cells.csv")
    with pytest.raises(SketchcellError, match=r"\.csv or \.parquet"):
        run(model, folder, tmp_path / "out", table=tmp_path / "cells.txt")


def test_images_with_and_without_a_pixel_size(model, cells, tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", cells(1))
    tifffile.imwrite(tmp_path / "b.tif", cells(2), resolution=(20000, 20000), resolutionunit="CENTIMETER")
    run(model, [tmp_path / "a.tif", tmp_path / "b.tif"], tmp_path / "out", table=tmp_path / "cells.csv")
    table = pandas.read_csv(tmp_path / "cells.csv")
    known = table["file"] == str(tmp_path / "b.tif")
    assert table.loc[known, "area_um2"].to_numpy() == pytest.approx(table.loc[known, "area"] / 4)
    assert table.loc[~known, "area_um2"].isna().all()


def test_names(tmp_path, folder, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (folder / "deep").mkdir()
    (folder / "deep" / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / ".hidden.tif").write_bytes(b"")
    (folder / "notes.txt").write_text("none")
    (folder / "odd[1].tif").write_bytes(b"II*\0")
    assert len(find_images(["in"])) == 13
    assert [source.name for source in find_images(["in"], recursive=True)][-1] == "deep/x"
    assert [source.name for source in find_images(["in/0[12].tif", "in/01.tif"])] == ["01", "02"]
    assert [source.name for source in find_images(["in/**/*.png"])] == ["deep/x"]
    assert find_images(["in/odd[1].tif"])[0].path == Path("in/odd[1].tif")


def test_results_are_never_inputs(model, folder, tmp_path):
    (folder / "10.tif").unlink()
    run(model, folder, folder, ending="_labels")
    assert len(find_images([folder])) == 11
    assert len(find_images([str(folder / "*.tif")])) == 11
    run(model, folder, tmp_path / "elsewhere")
    with pytest.raises(SketchcellError, match="No image"):
        find_images([tmp_path / "elsewhere"])
    with pytest.raises(SketchcellError, match="one of the inputs"):
        run(model, folder / "01.tif", folder)
