"""The journal, torn, corrupt, and on a full disk."""

import json
import resource
import shutil
import zlib
from contextlib import contextmanager

import numpy as np
import pytest
from painter import SHAPE, add, paint_steps, state

from sketchcell.errors import SketchcellError
from sketchcell.project import Project, journal
from sketchcell.project.journal_file import JournalFile
from sketchcell.sketch import Edit


@pytest.fixture
def painted(tmp_path):
    """A closed project with five strokes, without snapshots; and the states after none, one, …, five."""
    states = []
    with Project.create(tmp_path / "p") as project:
        entry = add(project, tmp_path, "one")
        states.append(state(project))
        for seed in range(5):
            paint_steps(project, entry.id, 1, seed=seed)
            states.append(state(project))
    shutil.rmtree(project.folder / "sketches")
    return project.folder, states


def reopened(folder):
    with Project.open(folder) as project:
        found, notes = state(project), list(project.notes)
    shutil.rmtree(folder / "sketches")
    return found, notes


def test_a_line_is_json_with_a_checksum_that_strangers_can_check(painted):
    folder, _ = painted
    lines = (folder / "journal.jsonl").read_bytes().splitlines()

    assert len(lines) == 5
    for number, line in enumerate(lines, start=1):
        record = json.loads(line)
        assert record["n"] == number
        checksum = record.pop("crc32")
        assert zlib.crc32(json.dumps(record, separators=(",", ":")).encode()) == checksum
        assert set(record) == {"n", "t", "kind", "group", "entry", "plane", "painted", "edit"}
        assert journal.decode(line) == record


def test_a_torn_end_at_every_byte(painted):
    folder, states = painted
    path = folder / "journal.jsonl"
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    for end in range(last, len(whole)):
        path.write_bytes(whole[:end])
        found = journal.read(whole[:end])
        assert (len(found.records), found.end, found.skipped) == (4, last, [])
    for end in (last, last + 1, (last + len(whole)) // 2, len(whole) - 1):
        path.write_bytes(whole[:end])
        found, notes = reopened(folder)
        assert found == states[4]
        assert len(notes) == (end > last)
        aside = list(folder.glob("journal.damaged-*"))
        assert [file.read_bytes() for file in aside] == ([whole[last:end]] if end > last else [])
        assert path.read_bytes() == whole[:last]
        for file in aside:
            file.unlink()


def test_painting_goes_on_after_a_torn_end(painted):
    folder, states = painted
    path = folder / "journal.jsonl"
    path.write_bytes(path.read_bytes()[:-7])
    with Project.open(folder) as project:
        assert len(project.notes) == 1
        paint_steps(project, project.entries[0].id, 1, seed=4)
        assert state(project) == states[5]
    assert reopened(folder) == (states[5], [])


@pytest.mark.parametrize(
    "damage",
    [b"", b"nonsense", b"\xff\xfe", b'{"n":3}', b'{"n":3,"kind":"undo","group":3,"crc32":1}', b"[" * 100_000],
)
def test_a_corrupt_line_in_the_middle_is_skipped_and_said(painted, damage):
    folder, _ = painted
    path = folder / "journal.jsonl"
    lines = path.read_bytes().split(b"\n")
    lines[2] = damage
    path.write_bytes(b"\n".join(lines))

    labels, boundaries = np.zeros(SHAPE, np.uint16), np.zeros(SHAPE, np.bool_)
    for line in (*lines[:2], *lines[3:5]):
        Edit.decode(json.loads(line)["edit"]).apply(labels, boundaries)
    with Project.open(folder) as project:
        assert "line 3" in project.notes[0]
        entry = project.entries[0]
        assert project.painted_planes(entry.id) == [()]
        page = project.page(entry.id)
        np.testing.assert_array_equal(page.labels, labels)
        np.testing.assert_array_equal(page.boundaries, boundaries)
        assert [len(project.undo()) for _ in range(5)] == [1, 1, 1, 1, 0]


@pytest.mark.parametrize("place", [0.1, 0.4, 0.7])
def test_a_flipped_bit_is_noticed(painted, place):
    folder, _ = painted
    data = bytearray((folder / "journal.jsonl").read_bytes())
    at = int(place * len(data))
    for bit in range(8):
        data[at] ^= 1 << bit
        assert len(journal.read(bytes(data)).records) < 5
        data[at] ^= 1 << bit


def test_undo_of_lost_strokes_is_passed_over(painted):
    folder, states = painted
    with Project.open(folder) as project:
        project.undo()
    shutil.rmtree(folder / "sketches")
    path = folder / "journal.jsonl"
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:4], b"damaged", *lines[5:]]))

    found, notes = reopened(folder)

    assert found == states[4]
    assert len(notes) == 1


def test_records_from_the_past_do_not_count(painted):
    folder, states = painted
    path = folder / "journal.jsonl"
    data = path.read_bytes()
    first = data[: data.index(b"\n") + 1]
    path.write_bytes(data + first)

    found, notes = reopened(folder)

    assert found == states[5]
    assert len(notes) == 1


@contextmanager
def full_disk(room):
    """Let no file grow beyond `room` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [0, 1, 100])
def test_on_a_full_disk_strokes_wait_in_memory(painted, room):
    folder, _ = painted
    path = folder / "journal.jsonl"
    project = Project.open(folder)
    entry = project.entries[0]
    size = path.stat().st_size
    with full_disk(size + room):
        with pytest.raises(SketchcellError, match="Make room on the disk"):
            paint_steps(project, entry.id, 1, seed=5)
        assert project.problem
        paint_steps(project, entry.id, 2, seed=6)  # said once
        project.undo()
        assert path.stat().st_size == size
    paint_steps(project, entry.id, 1, seed=8)
    assert project.problem is None
    expected = state(project)
    assert len(journal.read(path.read_bytes()).records) == 5 + 5
    project.close()

    assert reopened(folder) == (expected, [])


def test_what_waits_is_written_without_another_stroke(painted):
    folder, _ = painted
    project = Project.open(folder)
    with (
        full_disk((folder / "journal.jsonl").stat().st_size),
        pytest.raises(SketchcellError, match="cannot be written"),
    ):
        paint_steps(project, project.entries[0].id, 1, seed=5)
    expected = state(project)
    project.close()

    assert reopened(folder) == (expected, [])


def test_closing_says_what_is_lost_and_lets_go(painted):
    folder, states = painted
    project = Project.open(folder)
    with full_disk((folder / "journal.jsonl").stat().st_size + 50):
        with pytest.raises(SketchcellError, match="cannot be written"):
            paint_steps(project, project.entries[0].id, 1, seed=5)
        with pytest.raises(SketchcellError, match="may be lost"):
            project.close()

    shutil.rmtree(folder / "sketches")
    with Project.open(folder) as again:
        assert state(again) == states[5]


class _Failing:
    """A file on which writing stops halfway and cutting off fails."""

    def __init__(self, file):
        self.file, self.fails = file, True

    def write(self, data):
        if self.fails:
            self.file.write(bytes(data[: len(data) // 2]))
            raise OSError(28, "No space left on device")
        return self.file.write(data)

    def truncate(self, size):
        if self.fails:
            raise OSError(5, "Input/output error")
        return self.file.truncate(size)

    def __getattr__(self, name):
        return getattr(self.file, name)


def test_half_a_line_is_cut_off_before_the_next(tmp_path):
    file = JournalFile(tmp_path, 0, 0)
    file.append("undo", group=1)
    file._file = failing = _Failing(file._file)
    file.append("undo", group=2_000_000)
    with pytest.raises(SketchcellError, match="No space left"):
        file.check()
    file.check()
    failing.fails = False
    file.append("redo", group=3)
    file.close()

    contents = journal.read(file.path.read_bytes())
    assert [record["group"] for record in contents.records] == [1, 2_000_000, 3]
    assert contents.end == file.path.stat().st_size
