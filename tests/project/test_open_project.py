"""Making, opening, locking and closing projects, and those that nobody saved."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest
from painter import add, paint_steps, state

from sketchcell.errors import SketchcellError
from sketchcell.families import get_family
from sketchcell.model import Model, ModelConfig
from sketchcell.networks import NETWORKS, NetworkInfo, build_network
from sketchcell.networks.unet import CompactUNet
from sketchcell.project import (
    Project,
    create_unsaved,
    find_unsaved,
    prune_unsaved,
    unsaved_folder,
)


@pytest.fixture(autouse=True)
def _own_data(tmp_path, monkeypatch):
    monkeypatch.setenv("SKETCHCELL_DATA", str(tmp_path / "data"))


def test_a_project_is_made_only_where_nothing_is(tmp_path):
    with Project.create(tmp_path / "new" / "work") as project:
        assert project.folder == tmp_path / "new" / "work.sketchcell"
        assert (project.entries, project.settings, project.notes) == ([], {}, [])
        assert project.load_model() is None
    with pytest.raises(SketchcellError, match="there already"):
        Project.create(project.folder)
    (tmp_path / "file").write_text("")
    with pytest.raises(SketchcellError, match="cannot be made"):
        Project.create(tmp_path / "file" / "p")
    project.close()


def test_what_is_no_project_is_refused(tmp_path):
    with pytest.raises(SketchcellError, match="not a project"):
        Project.open(tmp_path)
    with pytest.raises(SketchcellError, match="not a project"):
        Project.open(tmp_path / "unicorn")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda written: written | {"format": 2}, "newer"),
        (lambda written: written | {"format": 0}, "damaged"),
        (lambda written: written | {"format": "1"}, "damaged"),
        (lambda written: written | {"entries": None}, "damaged"),
        (lambda written: [], "damaged"),
        (lambda written: written | {"entries": [written["entries"][0] | {"id": "../../x"}]}, "damaged"),
        (lambda written: written | {"entries": [written["entries"][0] | {"shape": [4]}]}, "damaged"),
        (lambda written: written | {"entries": [written["entries"][0] | {"shape": [4, 0]}]}, "damaged"),
        (lambda written: written | {"entries": [written["entries"][0] | {"extra": 0}]}, "damaged"),
        (lambda written: written | {"entries": [written["entries"][0] | {"axes": ["z"]}]}, "damaged"),
        (lambda written: written | {"entries": [written["entries"][0] | {"state": "x"}]}, "damaged"),
    ],
)
def test_a_description_that_is_not_understood_is_refused(tmp_path, change, message):
    with Project.create(tmp_path / "p") as project:
        add(project, tmp_path, "one")
    path = project.folder / "project.json"
    good = path.read_text()
    path.write_text(json.dumps(change(json.loads(good))))
    with pytest.raises(SketchcellError, match=message):
        Project.open(project.folder)
    path.write_text(good)
    Project.open(project.folder).close()


def test_damaged_settings_are_said(tmp_path):
    with Project.create(tmp_path / "p") as project:
        project.settings = {"family": "flow"}
    (project.folder / "settings.json").write_text("{")
    with Project.open(project.folder) as again:
        assert again.settings == {}
        assert "settings" in again.notes[0]


def test_settings_and_states_are_written_without_closing(tmp_path):
    with Project.create(tmp_path / "p") as project:
        entry = add(project, tmp_path, "one")
        project.set_state(entry.id, "approved")
        project.settings = {"family": "flow"}
        written = project.folder / "settings.json"
        deadline = time.monotonic() + 60
        while not (written.exists() and "approved" in (project.folder / "project.json").read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert json.loads(written.read_text()) == {"family": "flow"}


def test_only_one_opens_a_project(tmp_path):
    with Project.create(tmp_path / "p") as project:
        with pytest.raises(SketchcellError, match="open in another window or program"):
            Project.open(project.folder)
        code = "import sys; from sketchcell.project import Project; Project.open(sys.argv[1])"
        other = subprocess.run([sys.executable, "-c", code, project.folder], capture_output=True, text=True)
        assert "open in another window or program" in other.stderr
    Project.open(project.folder).close()


def test_the_lock_of_a_program_that_is_gone_does_not_count(tmp_path):
    Project.create(tmp_path / "p").close()
    code = (
        "import sys, time; from sketchcell.project import Project; p = Project.open(sys.argv[1]);"
        "print('open', flush=True); time.sleep(1000)"
    )
    folder = tmp_path / "p.sketchcell"
    with subprocess.Popen([sys.executable, "-c", code, folder], stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        with pytest.raises(SketchcellError, match="open in another"):
            Project.open(folder)
        child.kill()
    Project.open(folder).close()


def test_closing_leaves_no_thread(tmp_path):
    before = {thread for thread in threading.enumerate() if thread.name == "sketchcell project"}
    with Project.create(tmp_path / "p") as project:
        entry = add(project, tmp_path, "one")
        paint_steps(project, entry.id, 2)
        assert len([t for t in threading.enumerate() if t.name == "sketchcell project"]) == len(before) + 1
    assert {t for t in threading.enumerate() if t.name == "sketchcell project"} == before


def test_the_newest_model_counts(tmp_path, monkeypatch):
    small = NetworkInfo("small", "for tests", lambda inputs, outputs: CompactUNet(inputs, outputs, (4, 8)))
    monkeypatch.setitem(NETWORKS, "small", small)
    models = [
        Model(ModelConfig("flow", get_family("flow").Params(), "small", 1), build_network("small", 1, 3))
        for _ in range(2)
    ]
    models[1].config.provenance["steps"] = 2
    with Project.create(tmp_path / "p") as project:
        folders = [project.save_model(model) for model in models]
        assert [folder.name for folder in folders] == ["0001", "0002"]
        (project.folder / "models" / "notes").mkdir()
    with Project.open(project.folder) as again:
        loaded = again.load_model()
    assert loaded.config.provenance == {"steps": 2}


def paint_unsaved(tmp_path, name):
    with create_unsaved() as project:
        entry = add(project, tmp_path, name)
        paint_steps(project, entry.id, 2)
    return project.folder, entry.sha256


def test_unsaved_strokes_are_found_by_their_image(tmp_path):
    assert find_unsaved("0") == []
    older, sha256 = paint_unsaved(tmp_path, "one")
    os.utime(older / "journal.jsonl", (1e9 + 2e8, 1e9 + 2e8))
    paint_unsaved(tmp_path, "two")
    newer, _ = paint_unsaved(tmp_path, "one")

    assert older.parent == unsaved_folder() == tmp_path / "data" / "unsaved"
    assert find_unsaved(sha256) == [newer, older]
    with Project.open(newer) as project:
        assert find_unsaved(sha256) == [older]
        expected = state(project)
        project.move_to(tmp_path / "saved")
    with Project.open(tmp_path / "saved.sketchcell") as saved:
        assert state(saved) == expected
    assert find_unsaved(sha256) == [older]


def test_unsaved_projects_without_strokes_are_removed(tmp_path):
    with create_unsaved() as project:
        add(project, tmp_path, "one")
        prune_unsaved()
        assert project.folder.exists()
    assert not project.folder.exists()
    with Project.create(tmp_path / "p") as saved:
        pass
    assert saved.folder.exists()
    left = unsaved_folder() / "left by a crash.sketchcell"
    Project.create(left).close()
    left.mkdir()
    (left / "project.json").write_text("{")
    prune_unsaved()
    assert not left.exists()


def test_old_unsaved_projects_are_kept_up_to_fifty(tmp_path):
    for number in range(55):
        folder = unsaved_folder() / f"{number:02}.sketchcell"
        folder.mkdir(parents=True)
        (folder / "project.json").write_text('{"format": 1, "program": "", "entries": []}')
        (folder / "journal.jsonl").write_text("strokes\n")
        if number > 1:
            os.utime(folder / "journal.jsonl", (1e9 + number, 1e9 + number))
    prune_unsaved()
    kept = sorted(int(folder.stem) for folder in unsaved_folder().iterdir())
    assert kept == [0, 1, *range(5, 55)]
