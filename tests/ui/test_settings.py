"""What is remembered, and files that make no sense."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sketchcell.ui.settings import Choices, Settings

from .conftest import wait_until

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(list(Choices.__dataclass_fields__))


def test_what_was_chosen_is_there_the_next_time(qtbot: Any, tmp_path: Path) -> None:
    path = tmp_path / "new" / "settings.json"
    first = Settings(path)
    assert first.choices == Choices()
    first.remember(family="sdf", outlines=True, brush_size=12)
    first.fold("Sketch", True)
    first.fold("Learn", True)
    first.fold("Sketch", False)
    first.close()
    found = Settings(path).choices
    assert (found.family, found.outlines, found.brush_size, found.collapsed) == ("sdf", True, 12, ("Learn",))
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]


def test_it_is_written_once_a_moment_later(qtbot: Any, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    chosen = Settings(path)
    for size in range(1, 50):
        chosen.remember(brush_size=size)
    assert not path.exists()
    wait_until(path.exists)
    assert Settings(path).choices.brush_size == 49


def test_recent_projects_are_few_and_the_latest_first(qtbot: Any, tmp_path: Path) -> None:
    chosen = Settings(tmp_path / "settings.json")
    for number in [*range(12), 5]:
        chosen.opened(tmp_path / str(number))
    names = [Path(name).name for name in chosen.choices.recent_projects]
    assert names == ["5", "11", "10", "9", "8", "7", "6", "4", "3", "2"]
    chosen.close()


def test_two_windows_do_not_undo_each_other(qtbot: Any, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    one, other = Settings(path), Settings(path)
    one.remember(family="sdf")
    other.remember(tour_seen=True)
    one.close()
    other.close()
    assert (Settings(path).choices.family, Settings(path).choices.tour_seen) == ("sdf", True)


def test_the_environment_names_the_folder(
    qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKETCHCELL_CONFIG", str(tmp_path))
    assert Settings().path == tmp_path / "settings.json"
    monkeypatch.delenv("SKETCHCELL_CONFIG")
    assert Settings().path.parts[-2:] == ("sketchcell", "settings.json")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]", b"null", b"[" * 100_000])
def test_damaged_files_count_as_none(qtbot: Any, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    chosen = Settings(path)
    assert chosen.choices == Choices()
    chosen.remember(outlines=True)
    chosen.close()
    assert Settings(path).choices == Choices(outlines=True)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(NAMES | st.text(), JSON, max_size=6))
def test_whatever_is_written_there_choices_are_possible(qtbot: Any, tmp_path: Path, content: Any) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(content))
    found = Settings(path).choices
    assert found.family in ("flow", "distance", "sdf", "multiclass")
    assert found.brush_size is None or 1 <= found.brush_size <= 200
    assert isinstance(found.tour_seen, bool)
    assert all(isinstance(name, str) for name in found.recent_projects + found.collapsed)
    hash(found)


def test_one_field_that_makes_no_sense_spoils_no_other(qtbot: Any, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"family": "gone", "network": 3, "outlines": True, "new": 1}))
    assert Settings(path).choices == Choices(outlines=True)


def test_a_folder_that_cannot_be_written_to_stops_nobody(
    qtbot: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    chosen = Settings(tmp_path / "file" / "settings.json")
    with caplog.at_level(logging.WARNING):
        chosen.remember(outlines=True)
        chosen.close()
    assert "cannot be written" in caplog.text
    assert chosen.choices.outlines
