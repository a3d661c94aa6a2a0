"""Images of a project: described, recognised, and found again when they were moved."""

import hashlib
import json

import numpy as np
import pytest
import tifffile
import zarr
from painter import add, paint_steps, state

from sketchcell.errors import SketchcellError
from sketchcell.images import read_image
from sketchcell.project import Project, array_hash, content, content_hash


@pytest.fixture
def project(tmp_path):
    (tmp_path / "work").mkdir()
    with Project.create(tmp_path / "work" / "p") as made:
        yield made


def images(tmp_path, *names, folder="images"):
    (tmp_path / folder).mkdir(exist_ok=True)
    for name in names:
        (tmp_path / folder / name).write_bytes(name.encode())
    return [tmp_path / folder / name for name in names]


def test_entries_survive(project, tmp_path):
    one, two = images(tmp_path, "ü one.tif", "two.tif")
    project.add(one, (20, 30), name="First")
    stack = project.add(two, (20, 30), (5, 4), axes=("t", "c"), scene={"channels": [1, 2]})
    project.add(two, (20, 30), (5, 4))
    project.set_state(stack.id, "approved")
    project.set_scene(stack.id, {"channels": [0]})
    project.settings = {"family": "flow", "sizes": [1, 2.5, None]}
    expected = project.entries
    project.close()

    with Project.open(project.folder) as again:
        assert again.entries == expected
        assert again.settings == {"family": "flow", "sizes": [1, 2.5, None]}
    assert [entry.name for entry in expected] == ["First", "two.tif", "two.tif"]
    assert expected[0].relative == "../../images/ü one.tif"
    assert expected[1].scene == {"channels": [0]}
    assert expected[2].axes == ("t", "z")
    assert len({entry.id for entry in expected}) == 3


def test_what_is_no_image_is_refused(project, tmp_path):
    with pytest.raises(SketchcellError, match="cannot be read"):
        project.add(tmp_path / "unicorn.tif", (20, 30))
    (one,) = images(tmp_path, "one")
    for shape, planes, axes in [((0, 3), (), None), ((2, 3), (0,), None), ((2, 3), (4,), ("t", "z"))]:
        with pytest.raises(ValueError, match="no image"):
            project.add(one, shape, planes, axes=axes)
    entry = project.add(one, (2, 3))
    with pytest.raises(ValueError, match="none of"):
        project.set_state(entry.id, "finished")
    with pytest.raises(ValueError, match="no image"):
        project.remove("unicorn")
    with pytest.raises(TypeError):
        project.settings = {"network": object()}


@pytest.mark.parametrize(
    ("shape", "dtype", "planes"),
    [
        ((20, 30), np.uint8, ()),
        ((20, 30, 3), np.uint8, ()),
        ((5, 20, 30), np.uint16, (5,)),
        ((2, 3, 20, 30), np.float32, (2, 3)),
        ((20, 30), ">i4", ()),
        ((20, 30), np.float64, ()),
    ],
)
def test_images_from_memory_are_kept(project, shape, dtype, planes):
    image = np.random.default_rng(0).integers(0, 200, shape).astype(dtype)
    entry = project.add_array(image, "from memory", planes)

    assert entry.shape == (20, 30)
    assert entry.path is None
    assert entry.sha256 == array_hash(image)
    kept = tifffile.imread(project.locate(entry.id))
    assert kept.dtype == image.dtype.newbyteorder("=")
    np.testing.assert_array_equal(kept, image)
    if not planes:
        np.testing.assert_array_equal(read_image(project.locate(entry.id)), image)
    path = project.locate(entry.id)
    project.remove(entry.id)
    assert not path.exists()


def test_channels_may_come_before_rows(project):
    entry = project.add_array(np.zeros((2, 20, 30), np.uint8), "channels", shape=(20, 30))
    assert (entry.shape, entry.planes) == ((20, 30), ())


def test_what_tiff_does_not_hold_is_refused(project):
    for image in (np.zeros((4, 5), np.complex64), np.zeros((0, 5)), np.zeros(7), np.array([["a"]])):
        with pytest.raises(SketchcellError, match="cannot be kept"):
            project.add_array(image, "no image")
    assert project.entries == []


def test_a_kept_image_that_is_missing_is_an_error(project):
    entry = project.add_array(np.zeros((4, 5), np.uint8), "from memory")
    project.locate(entry.id).unlink()
    with pytest.raises(SketchcellError, match="missing in the project"):
        project.locate(entry.id)


def test_hashes_are_as_documented(tmp_path, monkeypatch):
    path = tmp_path / "image"
    rng = np.random.default_rng(0)
    data = rng.bytes(1000)
    path.write_bytes(data)
    assert content_hash(path) == hashlib.sha256(data).hexdigest()
    array = rng.integers(0, 9, (5, 6)).astype(">u2")
    expected = hashlib.sha256(b"<u2 5 6\n" + array.astype("<u2").tobytes()).hexdigest()
    assert array_hash(array) == array_hash(array.astype("<u2")) == expected
    assert array_hash(np.asfortranarray(array)) == expected

    for name, value in (("_SAMPLE", 10), ("_WHOLE_FILE", 999), ("_WHOLE_ARRAY", 59)):
        monkeypatch.setattr(content, name, value)
    parts = data[:10] + data[495:505] + data[-10:]
    assert content_hash(path) == hashlib.sha256(b"1000\n" + parts).hexdigest()
    raw = array.astype("<u2").tobytes()
    parts = raw[:10] + raw[25:35] + raw[-10:]
    assert array_hash(array) == hashlib.sha256(b"<u2 5 6\n" + parts).hexdigest()


def test_a_zarr_is_recognised_by_its_metadata_and_sizes(tmp_path):
    array = zarr.create_array(tmp_path / "a.zarr", shape=(8, 8), chunks=(4, 4), dtype="u1")
    array[...] = 1
    first = content_hash(tmp_path / "a.zarr")
    (tmp_path / "a.zarr").rename(tmp_path / "b.zarr")
    assert content_hash(tmp_path / "b.zarr") == first
    (tmp_path / "b.zarr" / "c" / "0" / "0").unlink()
    assert content_hash(tmp_path / "b.zarr") != first


def test_an_image_is_found_where_it_was(project, tmp_path):
    (one,) = images(tmp_path, "one")
    entry = project.add(one, (4, 5))
    assert project.locate(entry.id) == one


@pytest.mark.parametrize("place", ["work/p.sketchcell", "work", "elsewhere"])
def test_a_moved_image_is_found_beside_the_project_or_other_images(project, tmp_path, place):
    one, two = images(tmp_path, "one", "two")
    first, second = project.add(one, (4, 5)), project.add(two, (4, 5))
    (tmp_path / "elsewhere").mkdir()
    project.relink(second.id, two.rename(tmp_path / "elsewhere" / "two"))
    moved = one.rename(tmp_path / place / "one")

    assert project.locate(first.id) == moved
    assert project.entry(first.id).path == moved
    project.close()
    with Project.open(project.folder) as again:
        assert again.entry(first.id).path == moved


def test_images_that_move_with_the_project_are_found(project, tmp_path):
    (one,) = images(tmp_path, "one", folder="work")
    entry = project.add(one, (4, 5))
    other = project.add(*images(tmp_path, "other"), (4, 5))
    project.close()
    (tmp_path / "work").rename(tmp_path / "copy")
    (tmp_path / "copy" / "p.sketchcell" / "one").write_bytes(b"another image of the same name")

    with Project.open(tmp_path / "copy" / "p.sketchcell") as again:
        assert again.locate(entry.id) == tmp_path / "copy" / "one"
        assert again.locate(other.id) == tmp_path / "images" / "other"


def test_a_lost_image_can_be_shown(project, tmp_path):
    (one,) = images(tmp_path, "one")
    entry = project.add(one, (4, 5))
    renamed = one.rename(tmp_path / "another name")
    with pytest.raises(SketchcellError, match="not there any more"):
        project.locate(entry.id)
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"wrong")
    with pytest.raises(SketchcellError, match="not the image one"):
        project.relink(entry.id, wrong)
    project.relink(entry.id, renamed)
    assert project.locate(entry.id) == renamed


def test_a_changed_image_is_noticed_and_can_be_taken(project, tmp_path):
    (one,) = images(tmp_path, "one")
    entry = project.add(one, (4, 5))
    assert project.locate(entry.id) == one
    one.write_bytes(b"changed")
    with pytest.raises(SketchcellError, match="was changed"):
        project.locate(entry.id)
    project.relink(entry.id, one, changed=True)
    assert project.locate(entry.id) == one


def test_a_path_of_another_system_is_understood(project, tmp_path):
    (one,) = images(tmp_path, "one")
    project.add(one, (4, 5))
    project.close()
    description = project.folder / "project.json"
    written = json.loads(description.read_text())
    written["entries"][0] |= {"path": r"C:\Users\me\one", "relative": None}
    description.write_text(json.dumps(written))
    one.rename(tmp_path / "work" / "one")
    with Project.open(project.folder) as again:
        assert again.locate(again.entries[0].id) == tmp_path / "work" / "one"


def test_saving_as_moves_everything_and_stays_open(project, tmp_path):
    (one,) = images(tmp_path, "one")
    entry = add(project, tmp_path, "painted")
    project.add(one, (4, 5))
    paint_steps(project, entry.id, 3)
    project.compact(entry.id)
    page, before, source = project.page(entry.id), state(project), project.folder
    project.move_to(tmp_path / "saved")

    assert project.folder == tmp_path / "saved.sketchcell"
    assert not source.exists()
    assert project.entries[1].relative == "../images/one"
    assert project.page(entry.id) is page
    project.undo()
    paint_steps(project, entry.id, 1, seed=4)
    project.release(entry.id)
    expected = state(project)
    project.save_instances(entry.id, (), np.ones(entry.shape))
    with pytest.raises(SketchcellError, match="open in another"):
        Project.open(project.folder)
    (tmp_path / "taken.sketchcell").mkdir()
    with pytest.raises(SketchcellError, match="there already"):
        project.move_to(tmp_path / "taken")
    with pytest.raises(SketchcellError, match="inside the project"):
        project.move_to(project.folder / "p")
    with pytest.raises(SketchcellError, match="cannot be moved"):
        project.move_to(one / "p")
    paint_steps(project, entry.id, 1, seed=5)
    project.undo()
    project.move_to(tmp_path / "new" / "saved")
    project.close()
    with Project.open(tmp_path / "new" / "saved.sketchcell") as again:
        assert state(again) == expected != before
        assert again.instances(entry.id) is not None


def test_saving_on_another_disk_copies(project, tmp_path, monkeypatch):
    entry = add(project, tmp_path, "painted")
    paint_steps(project, entry.id, 3)
    expected = state(project)
    rename = type(tmp_path).rename

    def other_disk(path, target):
        if path == project.folder:
            raise OSError(18, "Invalid cross-device link")
        return rename(path, target)

    monkeypatch.setattr(type(tmp_path), "rename", other_disk)
    source = project.folder
    project.move_to(tmp_path / "saved")
    assert not source.exists()
    assert state(project) == expected
