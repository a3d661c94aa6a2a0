"""Undo and redo at random, across images and sessions, against states that were kept whole."""

import random
import shutil

import numpy as np
import pytest
from painter import SHAPE, add, paint, paint_steps, random_edit, state

from sketchcell.errors import SketchcellError
from sketchcell.project import Project
from sketchcell.sketch import Edit


class Reference:
    """What is painted, as whole planes, with every earlier state kept."""

    def __init__(self, planes):
        self.now = {key: (np.zeros(SHAPE, np.uint16), np.zeros(SHAPE, np.bool_)) for key in planes}
        self.done, self.undone = [], []
        self.group = None

    def paint(self, key, labels, boundaries, group):
        if group != self.group:
            self.done.append(self.now)
        self.undone.clear()
        self.group = group
        self.now = {**self.now, key: (labels, boundaries)}

    def undo(self):
        if self.done:
            self.undone.append(self.now)
            self.now = self.done.pop()
        self.group = None

    def redo(self):
        if self.undone:
            self.done.append(self.now)
            self.now = self.undone.pop()
        self.group = None

    def bytes(self):
        return {key: (labels.tobytes(), lines.tobytes()) for key, (labels, lines) in self.now.items()}


def from_the_journal_alone(folder, copy):
    """Return what a project holds that has nothing but its description and journal."""
    copy.mkdir()
    for name in ("project.json", "journal.jsonl"):
        shutil.copy(folder / name, copy / name)
    with Project.open(copy) as replayed:
        assert not replayed.notes
        found = state(replayed)
    shutil.rmtree(copy)
    return found


def changed_planes(before, after):
    return {key for key in before if before[key] != after[key]}


def test_a_thousand_steps(tmp_path):
    dice = random.Random(0)
    project = Project.create(tmp_path / "p")
    keys = [(add(project, tmp_path, "one").id, ())]
    stack = add(project, tmp_path, "two", planes=(2,))
    keys += [(stack.id, (0,)), (stack.id, (1,))]
    reference = Reference(keys)
    group = project.new_group()
    for step in range(1000):
        before = reference.bytes()
        what = dice.choices(
            ["paint", "undo", "redo", "compact", "release", "reopen"], [60, 25, 15, 0.7, 1, 1]
        )[0]
        if what == "paint":
            if reference.group is None or dice.random() < 0.6:
                group = project.new_group()
            key = dice.choice(keys)
            edit, labels, boundaries = random_edit(dice, *reference.now[key])
            if edit is not None:
                project.record(*key, edit, group)
                reference.paint(key, labels, boundaries, group)
        elif what in ("undo", "redo"):
            changes = getattr(project, what)()
            getattr(reference, what)()
            assert changed_planes(before, reference.bytes()) <= {change[:2] for change in changes}
        elif what == "compact":
            project.compact(dice.choice(keys)[0])
        elif what == "release":
            project.release(dice.choice(keys)[0])
        else:
            project.close()
            if dice.random() < 0.5:
                assert from_the_journal_alone(project.folder, tmp_path / "copy") == reference.bytes()
            project = Project.open(project.folder)
            assert not project.notes
            reference.group = None
        assert project.can_undo == bool(reference.done)
        assert project.can_redo == bool(reference.undone)
        if step % 20 == 0 or what == "reopen":
            assert state(project) == reference.bytes()
    assert state(project) == reference.bytes()
    project.close()
    assert from_the_journal_alone(project.folder, tmp_path / "copy") == reference.bytes()


def test_undo_says_where_and_touches_nothing_else(tmp_path):
    with Project.create(tmp_path / "p") as project:
        entry = add(project, tmp_path, "one", planes=(3,))
        page = project.page(entry.id, (1,))
        after = page.labels.copy()
        after[3:5, 10:20] = 2
        whole = slice(0, SHAPE[0]), slice(0, SHAPE[1])
        edit = Edit.between(whole, page.labels, after, page.boundaries, page.boundaries, SHAPE)
        project.record(entry.id, (1,), edit, project.new_group())

        np.testing.assert_array_equal(page.labels, after)
        assert project.undo() == [(entry.id, (1,), (slice(3, 5), slice(10, 20)), 1)]
        assert not page.labels.any()
        assert project.undo() == []
        assert project.redo() == [(entry.id, (1,), (slice(3, 5), slice(10, 20)), 1)]
        assert project.redo() == []
        np.testing.assert_array_equal(project.page(entry.id, (1,)).labels, after)


def test_a_removed_image_leaves_the_history_of_the_others(tmp_path):
    project = Project.create(tmp_path / "p")
    one, two = add(project, tmp_path, "one"), add(project, tmp_path, "two")
    paint_steps(project, one.id, 3)
    paint_steps(project, two.id, 4, seed=1)
    project.compact(two.id)
    project.undo()
    project.remove(two.id)

    assert [entry.id for entry in project.entries] == [one.id]
    assert not project.can_redo
    assert not (project.folder / "sketches" / two.id).exists()
    before = state(project)
    project.undo()
    project.close()
    with Project.open(project.folder) as again:
        assert not again.notes
        again.redo()
        assert state(again) == before
        assert [len(again.undo()) for _ in range(4)] == [1, 1, 1, 0]


def test_numbers_of_groups_go_on_in_the_next_session(tmp_path):
    with Project.create(tmp_path / "p") as project:
        entry = add(project, tmp_path, "one")
        paint_steps(project, entry.id, 2)
        last = project.new_group()
        dice = random.Random(3)
        while not paint(project, entry.id, (), dice, last):
            pass
    with Project.open(project.folder) as project:
        assert project.new_group() == last + 1


def test_painting_makes_an_image_sketched(tmp_path):
    with Project.create(tmp_path / "p") as project:
        one, two = add(project, tmp_path, "one"), add(project, tmp_path, "two")
        project.set_state(two.id, "approved")
        paint_steps(project, one.id, 1)
        paint_steps(project, two.id, 1)
        assert [entry.state for entry in project.entries] == ["sketched", "approved"]
    with Project.open(project.folder) as project:
        assert [entry.state for entry in project.entries] == ["sketched", "approved"]


def test_edits_that_do_not_fit_change_nothing(tmp_path):
    plane = np.zeros(SHAPE, np.int64)
    whole = slice(0, SHAPE[0]), slice(0, SHAPE[1])

    def painted(value):
        return Edit.between(whole, plane, plane + value, plane, plane, SHAPE)

    with Project.create(tmp_path / "p") as project:
        entry = add(project, tmp_path, "one", planes=(2,))
        before = state(project)
        with pytest.raises(SketchcellError, match="65535"):
            project.record(entry.id, (0,), painted(65536), 1)
        with pytest.raises(ValueError, match="not negative"):
            project.record(entry.id, (0,), painted(-1), 1)
        with pytest.raises(ValueError, match="not one of planes"):
            project.record(entry.id, (0,), Edit((9, 9), painted(1).labels, painted(1).boundaries), 1)
        for wrong in [(), (2,), (-1,), (0, 0)]:
            with pytest.raises(ValueError, match="no plane"):
                project.record(entry.id, wrong, painted(1), 1)
        with pytest.raises(ValueError, match="no image"):
            project.page("unicorn")
        assert state(project) == before
        assert not project.can_undo
    with pytest.raises(ValueError, match="closed"):
        project.record(entry.id, (0,), painted(1), 1)
    with pytest.raises(ValueError, match="closed"):
        project.undo()
