"""Large images: the cells of the whole image, and what happens when something goes wrong."""

import math
import shutil
from dataclasses import replace

import numpy as np
import pytest
import zarr
from test_seams import assert_same_cells

from sketchcell.errors import SketchcellError
from sketchcell.images import Normalization, Planes
from sketchcell.inference import drain
from sketchcell.large import GrowingLabels, Threads, alone_in, segment_large, segmenting, segmenting_large
from sketchcell.large.places import WorkFolder
from sketchcell.model import Model
from sketchcell.pretrained import prior_model

HALO = 60


def array(path, shape, dtype=np.int32):
    return zarr.create_array(str(path / "labels.zarr"), shape=shape, chunks=(256, 256), dtype=dtype)


def run(model, image, path, **options):
    planes = image if isinstance(image, Planes) else Planes(image)
    out = array(path, planes.shape)
    plane = options.pop("plane", ())
    found = drain(segmenting_large(model, planes, plane, out, work=path / "work", **options))
    labels = np.asarray(out[:])
    assert np.unique(labels[labels > 0]).size == labels.max() == found.count
    shutil.rmtree(path / "work")
    return labels, found


@pytest.mark.parametrize("scale", [1.0, 0.63, 1.4])
@pytest.mark.parametrize("tile", [170, 512])
def test_the_cells_are_those_of_the_whole_image(model, image, scale, tile, tmp_path):
    model = Model(replace(model.config, scale=scale), model.network)
    labels, found = run(model, image, tmp_path, tile=tile, halo=HALO)
    assert_same_cells(model.segment(image), labels)
    assert not found.warnings


@pytest.mark.parametrize("family", ["distance", "sdf", "multiclass"])
def test_all_families_have_no_seams(family, image, tmp_path):
    model = prior_model(family, 1)
    assert_same_cells(model.segment(image), run(model, image, tmp_path, tile=200, halo=HALO)[0])


def test_a_large_image_is_judged_by_windows_of_it(model, image, tmp_path, monkeypatch):
    monkeypatch.setattr("sketchcell.inference.grid._SURVEYED", 10_000)
    assert_same_cells(model.segment(image), run(model, image, tmp_path, tile=200, halo=HALO)[0])


def test_planes_of_a_stack_have_one_scale(model, image, tmp_path):
    stack = np.stack([image[:300, :320], image[:300, :320] // 4])
    planes = Planes(stack, axes=("z", "y", "x"))
    labels, _ = run(model, planes, tmp_path, plane=(1,), tile=150, halo=HALO)
    normalized = model.config.normalization.apply(
        stack[1:].astype(np.float32), np.asarray(planes.sample(), np.float32)
    )
    assert_same_cells(model.decode(drain(model.predicting_normalized(normalized))), labels)


def test_colours_are_read_lazily(image, tmp_path):
    colours = np.stack([image, image // 2, 255 - image // 3], -1).astype(np.uint8)[:300, :330]
    model = prior_model("flow", 3)
    stored = zarr.create_array(
        str(tmp_path / "image.zarr"), shape=colours.shape, chunks=(64, 64, 3), dtype="u1"
    )
    stored[:] = colours
    labels, _ = run(model, Planes(stored, rgb=True), tmp_path, tile=128, halo=HALO)
    assert_same_cells(model.segment(colours), labels)


def test_light_is_evened_out_over_the_whole(image, tmp_path):
    model = prior_model("distance", 1)
    params = replace(model.config.params, clahe=True)
    model = Model(
        replace(model.config, params=params, normalization=Normalization(clahe=True)), model.network
    )
    image = image[:300, :330]
    assert_same_cells(model.segment(image), run(model, image, tmp_path, tile=128, halo=HALO)[0])


def test_a_few_bright_pixels_are_found_on_a_flat_background(model, tmp_path):
    image = np.zeros((300, 300), np.uint16)
    image[150:152, 150:152] = 500  # both percentiles are 0
    assert_same_cells(model.segment(image), run(model, image, tmp_path, tile=128, halo=HALO)[0])


def test_from_a_script_labels_are_a_zarr_array(model, image, tmp_path):
    image = image[:300, :330]
    labels = segment_large(model, image, tmp_path / "cells.zarr", tile=128, halo=HALO)
    assert_same_cells(model.segment(image), labels[:])
    assert [entry.name for entry in tmp_path.iterdir()] == ["cells.zarr"]
    with pytest.raises(SketchcellError, match="there already"):
        segment_large(model, image, tmp_path / "cells.zarr")
    with pytest.raises(SketchcellError, match="stack"):
        segment_large(model, np.zeros((9, 300, 330), np.uint8), tmp_path / "more.zarr")
    folder = tmp_path / ".again.zarr.part"
    with alone_in(folder), pytest.raises(SketchcellError, match="Another run"):
        segment_large(model, image, tmp_path / "again.zarr")
    with pytest.warns(UserWarning, match="halo of 2 pixels"):
        segment_large(model, image, tmp_path / "cut.zarr", tile=64, halo=2)


def test_stopped_work_goes_on_where_it_was(model, image, tmp_path, monkeypatch):
    out = array(tmp_path, image.shape)
    options = {"work": tmp_path / "work", "tile": 160, "halo": HALO, "workers": Threads(1)}
    steps = segmenting_large(model, Planes(image), (), out, **options)
    for progress in steps:
        if progress.what == "segmenting" and progress.done == 7:
            break
    steps.close()
    done = len(list((tmp_path / "work" / "records").iterdir()))
    assert 7 <= done < 20
    assert (out[:] == 0).all()
    seen = []
    original = segmenting.find_cells
    monkeypatch.setattr(segmenting, "find_cells", lambda *a: seen.append(a) or original(*a))
    damaged = next((tmp_path / "work" / "records").iterdir())
    damaged.write_bytes(damaged.read_bytes()[:100])
    drain(segmenting_large(model, Planes(image), (), out, **options))
    assert len(seen) == 20 - done + 1
    assert_same_cells(model.segment(image), out[:])


@pytest.mark.parametrize(
    "change", [lambda image: image.astype(np.uint16) * 3 + 7, lambda image: image[::-1].copy()]
)
def test_other_work_is_not_gone_on_with(model, image, change, tmp_path):
    image = image[:300, :300]
    out = array(tmp_path, image.shape)
    options = {"work": tmp_path / "work", "tile": 160, "halo": HALO}
    steps = segmenting_large(model, Planes(image), (), out, **options)
    while next(steps).done < 2 or not list((tmp_path / "work").glob("records/*")):
        pass
    steps.close()
    other = change(image)
    drain(segmenting_large(model, Planes(other), (), out, **options))
    assert_same_cells(model.segment(other), out[:])


@pytest.mark.parametrize("how", ["empty record", "flipped record", "gone", "empty", "cut off"])
def test_damaged_files_are_noticed(model, image, how, tmp_path):
    image = image[:330, :330]
    out = array(tmp_path, image.shape)
    options = {"work": tmp_path / "work", "tile": 160, "halo": HALO, "workers": Threads(1)}
    steps = segmenting_large(model, Planes(image), (), out, **options)
    while next(steps).what != "writing labels":
        pass
    steps.close()
    record = tmp_path / "work" / "records" / "000004.npz"
    chunk = next((tmp_path / "work" / "labels.zarr").rglob("c/1/1"))
    content = record.read_bytes()
    if how == "empty record":
        record.write_bytes(b"")
    elif how == "flipped record":
        record.write_bytes(content[:60] + bytes(byte ^ 255 for byte in content[60:90]) + content[90:])
    elif how == "gone":
        chunk.unlink()
    else:
        chunk.write_bytes(chunk.read_bytes()[: 0 if how == "empty" else 40])
    if how == "cut off":
        with pytest.raises(SketchcellError, match="start again"):
            drain(segmenting_large(model, Planes(image), (), out, **options))
    drain(segmenting_large(model, Planes(image), (), out, **options))
    assert_same_cells(model.segment(image), out[:])


def test_the_result_grows(model, image, tmp_path):
    out = array(tmp_path, image.shape)
    half = Model(replace(model.config, scale=0.5), model.network)
    growing = GrowingLabels(tmp_path / "work")
    assert growing.update() is None
    assert growing.levels == ()
    options = {"work": tmp_path / "work", "tile": 160, "halo": HALO, "workers": Threads(1)}
    steps = segmenting_large(half, Planes(image), (), out, **options)
    for progress in steps:
        if progress.what == "segmenting" and progress.done == 4:
            break
    steps.close()
    assert growing.update() is not None
    assert growing.update() is None
    fine, overview = growing.levels
    assert fine.shape == (320, 350)
    assert overview.shape == (160, 175)
    np.testing.assert_allclose(growing.zoom, (2, 2))
    shown = fine.compute()
    np.testing.assert_array_equal(overview, shown[::2, ::2])
    spans = [(row, column) for row in range(0, 320, 80) for column in range(0, 350, 80)]
    there = [shown[row : row + 80, column : column + 80].any() for row, column in spans]
    assert 4 <= sum(there) < len(there)
    drain(segmenting_large(half, Planes(image), (), out, **options))


def test_cells_larger_than_the_halo_are_told(model, image, tmp_path):
    _, found = run(model, image, tmp_path, tile=64, halo=2)
    assert len(found.warnings) == 1
    assert "larger than the halo of 2 pixels" in found.warnings[0]


def test_a_full_disk_is_said_and_nothing_is_lost(model, image, tmp_path, monkeypatch):
    image = image[:330, :330]
    out = array(tmp_path, image.shape)
    options = {"work": tmp_path / "work", "tile": 160, "halo": HALO, "workers": Threads(1)}
    put, calls = WorkFolder.put, []

    def full(self, *rest):
        calls.append(rest)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        put(self, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(WorkFolder, "put", full)
        with pytest.raises(SketchcellError, match="No space left"):
            drain(segmenting_large(model, Planes(image), (), out, **options))
    assert len(list((tmp_path / "work" / "records").iterdir())) == 2
    drain(segmenting_large(model, Planes(image), (), out, **options))
    assert_same_cells(model.segment(image), out[:])


@pytest.mark.parametrize(
    ("image", "options", "said"),
    [
        (np.full((100, 100), 3, np.uint8), {}, "constant"),
        (np.zeros((3, 100, 100), np.uint8), {}, "3"),
        (np.where(np.eye(100), math.nan, 1.0), {}, "NaN"),
        (np.eye(100), {"tile": 3}, "at least 16"),
        (np.eye(100), {"halo": 0}, "at least 1"),
    ],
)
def test_bad_input_is_refused(model, image, options, said, tmp_path):
    planes = Planes(image)
    with pytest.raises(SketchcellError, match=said):
        drain(
            segmenting_large(
                model, planes, (), array(tmp_path, planes.shape), work=tmp_path / "work", **options
            )
        )


def test_a_folder_with_other_files_is_left_alone(model, image, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.txt").write_text("mine")
    image = image[:200, :200]
    with pytest.raises(SketchcellError, match=r"thesis\.txt"):
        drain(
            segmenting_large(model, Planes(image), (), array(tmp_path, image.shape), work=tmp_path / "work")
        )
    assert (tmp_path / "work" / "thesis.txt").read_text() == "mine"


def test_an_array_that_cannot_hold_the_labels_is_refused(model, image, tmp_path):
    image = image[:300, :300]
    out = array(tmp_path, image.shape, np.uint8)
    model_of_specks = replace(model.config.params, minimum_size=0, speck_size=0.0)
    tall = np.tile(image, (3, 2))
    with pytest.raises(SketchcellError, match="do not fit"):
        drain(
            segmenting_large(
                model, Planes(tall), (), out, work=tmp_path / "work", params=model_of_specks, halo=HALO
            )
        )


def test_an_array_in_shards_is_written_by_one_at_a_time(model, image, tmp_path, monkeypatch):
    monkeypatch.setattr("sketchcell.large.writing._SIDE", 100)
    image = image[:300, :330]
    out = zarr.create_array(
        str(tmp_path / "labels.zarr"), shape=image.shape, chunks=(50, 50), shards=(150, 150), dtype=np.int32
    )
    steps = segmenting_large(model, Planes(image), (), out, work=tmp_path / "work", tile=160, halo=HALO)
    writing = [step for step in steps if step.what == "writing labels"]
    assert len(writing) == 2 * 3
    assert_same_cells(model.segment(image), out[:])
