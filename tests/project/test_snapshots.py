"""Snapshots: readable by strangers, replaced whole, and never trusted when they are damaged."""

import json
import random
import shutil
import threading

import numpy as np
import pytest
import zarr
from painter import SHAPE, add, paint, paint_steps, state

from sketchcell.errors import SketchcellError
from sketchcell.project import Project


@pytest.fixture
def painted(tmp_path):
    """An open project: one image, and a stack of three planes of which the first and last are painted."""
    with Project.create(tmp_path / "p") as project:
        plain, stack = add(project, tmp_path, "one"), add(project, tmp_path, "stack", planes=(3,))
        paint_steps(project, plain.id, 5)
        paint_steps(project, stack.id, 5, (0,), seed=1)
        paint_steps(project, stack.id, 5, (2,), seed=2)
        yield project, plain, stack


def snapshots(project, entry):
    return sorted((project.folder / "sketches" / entry.id).iterdir())


def reopened(project):
    project.close()
    return Project.open(project.folder)


def test_strangers_can_read_them(painted):
    project, plain, stack = painted
    for entry in (plain, stack):
        project.compact(entry.id)
        (folder,) = snapshots(project, entry)
        group = zarr.open(folder, mode="r")
        for plane in np.ndindex(entry.planes):
            page = project.page(entry.id, plane)
            np.testing.assert_array_equal(group["labels/0"][plane], page.labels)
            np.testing.assert_array_equal(group["boundaries/0"][plane], page.boundaries)
        assert group["labels/0"].shape == entry.planes + SHAPE
        assert group["labels/0"].dtype == np.uint16
        assert group.attrs["sketchcell"]["n"] == 15
        assert group.attrs["ome"]["labels"] == ["labels", "boundaries"]
        axes = group["labels"].attrs["ome"]["multiscales"][0]["axes"]
        assert [axis["name"] for axis in axes] == [*entry.axes, "y", "x"]
    chunks = snapshots(project, stack)[0] / "labels" / "0" / "c"
    assert sorted(chunk.name for chunk in chunks.iterdir()) == ["0", "2"]


def test_they_are_made_when_they_are_worth_it_and_replace_the_older(painted):
    project, plain, _ = painted
    assert not project.needs_compacting(plain.id)
    paint_steps(project, plain.id, 195, seed=5)
    assert project.needs_compacting(plain.id)
    project.compact(plain.id)
    assert not project.needs_compacting(plain.id)
    assert [path.name for path in snapshots(project, plain)] == ["210.ome.zarr"]
    project.compact(plain.id)
    project.undo()
    leftover = project.folder / "sketches" / plain.id / ".part-1234"
    leftover.mkdir()
    project.compact(plain.id)
    assert [path.name for path in snapshots(project, plain)] == ["211.ome.zarr"]


def test_pages_come_from_the_snapshot(painted):
    project, plain, _ = painted
    expected = state(project)
    again = reopened(project)
    journal = again.folder / "journal.jsonl"
    again.close()
    journal.write_bytes(b"")
    with Project.open(again.folder) as bare:
        assert state(bare) == expected
        assert not bare.can_undo
        paint_steps(bare, plain.id, 1, seed=9)
        expected = state(bare)
        shutil.copytree(bare.folder, bare.folder.parent / "copy")
    # What was painted after the journal was lost counts, too.
    with Project.open(bare.folder.parent / "copy") as copy:
        assert state(copy) == expected


def damage_nothing(folder):
    shutil.rmtree(folder / "labels" / "0" / "c")


def damage_chunk(folder):
    for chunk in (folder / "labels" / "0" / "c").rglob("*"):
        if chunk.is_file():
            chunk.write_bytes(chunk.read_bytes()[:-3])


def damage_values(folder):
    group = zarr.open(folder, mode="r+")
    array = group["boundaries/0"]
    array[...] = 1 - array[...]


def damage_description(folder):
    (folder / "zarr.json").write_text("{")


def damage_attributes(folder):
    path = folder / "zarr.json"
    written = json.loads(path.read_text())
    written["attributes"]["sketchcell"]["painted"] = [{"plane": None}]
    path.write_text(json.dumps(written))


def damage_array(folder):
    (folder / "labels" / "0" / "zarr.json").unlink()


def damage_all(folder):
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "damage",
    [
        damage_nothing,
        damage_chunk,
        damage_values,
        damage_description,
        damage_attributes,
        damage_array,
        damage_all,
    ],
)
def test_damaged_ones_are_made_again_from_the_journal(painted, damage):
    project, plain, stack = painted
    expected = state(project)
    project.close()
    for entry in (plain, stack):
        damage(snapshots(project, entry)[0])

    with Project.open(project.folder) as again:
        assert state(again) == expected
        told = damage in (damage_nothing, damage_chunk, damage_values, damage_array)
        assert len(again.notes) == (3 if told else 0)
    with Project.open(project.folder) as mended:
        assert state(mended) == expected
        assert not mended.notes
        for entry in (plain, stack):
            zarr.open(snapshots(mended, entry)[0], mode="r")["labels/0"][...]


def test_a_damaged_one_is_noticed_by_the_next_one_too(painted):
    project, plain, _ = painted
    expected = state(project)
    project.close()
    damage_values(snapshots(project, plain)[0])
    with Project.open(project.folder) as again:
        again.undo()
        again.redo()
        paint_steps(again, plain.id, 1, seed=7)
        again.compact(plain.id)
        again.undo()
        assert len(again.notes) == 1
        assert state(again) == expected


def test_snapshots_while_somebody_paints(tmp_path):
    with Project.create(tmp_path / "p") as project:
        entry = add(project, tmp_path, "one")
        stop, failures = threading.Event(), []

        def compact():
            while not stop.is_set():
                try:
                    project.compact(entry.id)
                except BaseException as error:
                    failures.append(error)
                    return

        thread = threading.Thread(target=compact)
        thread.start()
        dice = random.Random(0)
        for step in range(400):
            paint(project, entry.id, (), dice, project.new_group())
            if step % 10 == 3:
                project.undo()
            if step % 50 == 7:
                project.release(entry.id)
        stop.set()
        thread.join()
        assert not failures
        expected = state(project)
        assert not project.notes
    with Project.open(project.folder) as again:
        assert state(again) == expected


def test_instances_are_kept(painted):
    project, plain, stack = painted
    cells = np.arange(SHAPE[0] * SHAPE[1]).reshape(SHAPE)
    project.save_instances(stack.id, (1,), cells)
    project.save_instances(plain.id, (), np.zeros(SHAPE, np.int32))
    project.save_instances(stack.id, (2,), cells * 2)
    project.save_instances(stack.id, (2,), cells * 3)

    with reopened(project) as again:
        np.testing.assert_array_equal(again.instances(stack.id, (1,)), cells)
        np.testing.assert_array_equal(again.instances(stack.id, (2,)), cells * 3)
        assert again.instances(stack.id, (2,)).dtype == np.int32
        assert again.instances(stack.id, (0,)) is None
        assert not again.instances(plain.id).any()
        with pytest.raises(ValueError, match="do not fill"):
            again.save_instances(stack.id, (0,), cells[1:])
        folder = again.folder / "instances" / stack.id / "instances.ome.zarr"
        (folder / "instances" / "0" / "c" / "1" / "0" / "0").write_bytes(b"damaged")
        assert again.instances(stack.id, (1,)) is None
        assert again.instances(stack.id, (2,)) is not None
        (folder / "zarr.json").write_text("{")
        assert again.instances(stack.id, (2,)) is None
        again.save_instances(stack.id, (1,), cells)
        np.testing.assert_array_equal(again.instances(stack.id, (1,)), cells)
        again.remove(stack.id)
        assert not folder.exists()


def test_a_snapshot_that_cannot_be_written_is_an_error_and_no_loss(painted, monkeypatch):
    project, plain, _ = painted
    expected = state(project)

    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(zarr, "create_group", full)
        with pytest.raises(SketchcellError, match="The journal has it"):
            project.compact(plain.id)
        project.close()
    assert not list((project.folder / "sketches").rglob("*.zarr"))
    with Project.open(project.folder) as again:
        assert state(again) == expected
