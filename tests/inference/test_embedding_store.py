"""Kept embeddings: found again, bounded, and never believed when damaged."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from sketchcell.inference import EmbeddingStore
from sketchcell.inference.embedding_store import FOLDER_VARIABLE, cache_folder

SHAPE = (4, 8, 8)
BYTES = 2 * 4 * 8 * 8


def array(seed=0):
    return np.random.default_rng(seed).normal(size=SHAPE).astype(np.float16)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_is_kept_is_found_again_also_by_another_program(tmp_path):
    store = EmbeddingStore(tmp_path / "new" / "folder")
    assert store.get("a", SHAPE) is None
    store.put("a", array())
    np.testing.assert_array_equal(store.get("a", SHAPE), array())
    other = EmbeddingStore(tmp_path / "new" / "folder")
    np.testing.assert_array_equal(other.get("a", SHAPE), array())
    assert files(tmp_path / "new" / "folder") == ["a.embedding"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:20],
        lambda data: data[:-7],
        lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:],
        lambda data: bytes(len(data)),
        lambda data: b"\x80\x04cos\nsystem\n",
    ],
)
def test_damaged_files_are_as_if_they_were_not_there(tmp_path, damage):
    EmbeddingStore(tmp_path).put("a", array())
    path = tmp_path / "a.embedding"
    path.write_bytes(damage(path.read_bytes()))
    store = EmbeddingStore(tmp_path)
    assert store.get("a", SHAPE) is None
    store.put("a", array(1))
    np.testing.assert_array_equal(EmbeddingStore(tmp_path).get("a", SHAPE), array(1))


def test_another_shape_is_not_an_answer(tmp_path):
    store = EmbeddingStore(tmp_path)
    store.put("a", array())
    assert store.get("a", (4, 8, 9)) is None
    assert EmbeddingStore(tmp_path).get("a", (8, 8)) is None


def test_the_disk_is_bounded_and_what_is_used_stays(tmp_path):
    EmbeddingStore(tmp_path).put("size", array())
    one = (tmp_path / "size.embedding").stat().st_size
    assert BYTES < one < BYTES + 300
    (tmp_path / "size.embedding").unlink()
    for number, name in enumerate("abc"):
        EmbeddingStore(tmp_path, on_disk=3 * one).put(name, array(number))
        os.utime(tmp_path / f"{name}.embedding", (1000 + number, 1000 + number))
    assert EmbeddingStore(tmp_path).get("a", SHAPE) is not None  # now the last one used
    EmbeddingStore(tmp_path, on_disk=3 * one).put("d", array(3))
    assert files(tmp_path) == ["a.embedding", "c.embedding", "d.embedding"]
    EmbeddingStore(tmp_path, on_disk=one - 1).put("e", array(4))
    assert "e.embedding" not in files(tmp_path)


def test_an_unfinished_file_of_a_program_that_died_is_removed_in_its_turn(tmp_path):
    (tmp_path / ".x1.embedding").write_bytes(bytes(2000))
    os.utime(tmp_path / ".x1.embedding", (1, 1))
    EmbeddingStore(tmp_path, on_disk=2000).put("a", array())
    assert files(tmp_path) == ["a.embedding"]


def test_memory_is_bounded(tmp_path):
    store = EmbeddingStore(tmp_path, in_memory=2 * BYTES)
    for number, name in enumerate("abc"):
        store.put(name, array(number))
    for path in tmp_path.iterdir():
        path.unlink()
    assert store.get("a", SHAPE) is None
    assert store.get("b", SHAPE) is not None
    store.put("d", array(3))
    assert [name for name in "abcd" if store.get(name, SHAPE) is not None] == ["b", "d"]


def test_a_disk_that_cannot_be_written_is_done_without(tmp_path):
    (tmp_path / "file").write_text("in the way")
    store = EmbeddingStore(tmp_path / "file")
    store.put("a", array())
    np.testing.assert_array_equal(store.get("a", SHAPE), array())


def test_the_folder_can_be_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert cache_folder() == tmp_path / "embeddings"
    assert EmbeddingStore().folder == tmp_path / "embeddings"


@pytest.mark.parametrize(
    ("platform", "variable", "last"),
    [("linux", "XDG_CACHE_HOME", "sketchcell"), ("win32", "LOCALAPPDATA", "sketchcell")],
)
def test_the_systems_folder_for_caches(tmp_path, monkeypatch, platform, variable, last):
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert cache_folder() == tmp_path / last / "embeddings"
    monkeypatch.delenv(variable)
    assert cache_folder().is_relative_to(Path.home())
