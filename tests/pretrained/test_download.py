"""Downloads from a server that breaks off, lies and moves things."""

import errno
import hashlib
import io
import itertools
import zipfile
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sketchcell.errors import SketchcellError
from sketchcell.pretrained import download as module
from sketchcell.pretrained import transfer
from sketchcell.pretrained.catalogue import CATALOGUE, Pretrained
from sketchcell.pretrained.download import cache_folder, download, downloading, is_here, local_file

CONTENT = np.random.default_rng(0).bytes(1_300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def entry(host, cache):
    host.files["net"] = CONTENT
    return Pretrained(
        "net",
        "a network",
        "flow",
        "omnipose",
        "Cellpose 1–3",
        "images",
        "BSD-3-Clause",
        False,
        "https://example.org",
        address=host.url("net"),
        size=len(CONTENT),
        sha256=SHA256,
    )


def names(folder):
    return {path.name for path in folder.iterdir()}


def complaint(entry):
    with pytest.raises(SketchcellError) as caught:
        download(entry)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


def test_a_file_is_downloaded_once_and_reported(entry, host, cache, capfd):
    assert not is_here(entry)
    steps = list(downloading(entry))
    assert steps[0].done == 0
    assert steps[-1].done == steps[-1].total == len(CONTENT)
    assert all(a.done <= b.done for a, b in itertools.pairwise(steps))
    assert {step.what for step in steps} == {"downloading net"}
    assert is_here(entry)
    assert local_file(entry).read_bytes() == CONTENT
    assert list(downloading(entry)) == []
    assert len(host.asked) == 1
    assert names(cache) == {"net.pth"}
    assert capfd.readouterr() == ("", "")


def test_the_cache_is_where_the_variable_or_the_system_says(cache, monkeypatch):
    assert cache_folder() == cache
    monkeypatch.setenv("SKETCHCELL_CACHE", "~/somewhere")
    assert cache_folder() == Path.home() / "somewhere"
    monkeypatch.delenv("SKETCHCELL_CACHE")
    assert cache_folder().is_absolute()
    assert "sketchcell" in str(cache_folder())


def test_interrupted_transfers_go_on_where_they_broke_off(entry, host):
    host.breaks = 3
    assert download(entry).read_bytes() == CONTENT
    starts = [0 if asked is None else int(asked[6:-1]) for _, asked in host.asked]
    for start, sent in zip(starts, [0, 650_000, 975_000, 1_137_500], strict=True):
        assert sent - 150_000 < start <= sent  # blocks that were cut are fetched again
    assert starts == sorted(set(starts))


def test_a_later_call_goes_on_too(entry, host, cache):
    host.breaks = 1
    steps = downloading(entry)
    while next(steps).done < 500_000:
        pass
    steps.close()
    held = (cache / "net.pth.part").stat().st_size
    assert 0 < held < len(CONTENT)
    assert next(iter(downloading(entry))).done == held
    assert download(entry).read_bytes() == CONTENT
    assert names(cache) == {"net.pth"}


def test_a_whole_part_needs_nothing_more(entry, host, cache):
    host.breaks = 1
    steps = downloading(entry)
    next(steps)
    steps.close()
    (cache / "net.pth.part").write_bytes(CONTENT)
    assert download(entry).read_bytes() == CONTENT
    assert host.asked[-1][1] == f"bytes={len(CONTENT)}-"


@pytest.mark.parametrize("how", ["another version", "no ranges", "no tag"])
def test_parts_of_two_versions_are_never_put_together(entry, host, cache, how):
    cache.mkdir()
    (cache / "net.pth.part").write_bytes(b"x" * 1000)
    (cache / "net.pth.part.tag").write_text('"of another version"')
    if how == "no ranges":
        host.ranges = False
    if how == "no tag":
        host.tags = False
        (cache / "net.pth.part.tag").unlink()
        host.breaks = 1
    assert download(entry).read_bytes() == CONTENT


def test_a_part_that_is_too_long_is_thrown_away(entry, host, cache):
    cache.mkdir()
    (cache / "net.pth.part").write_bytes(b"x" * (len(CONTENT) + 5))
    (cache / "net.pth.part.tag").write_text(f'"{hash(CONTENT)}"')
    assert download(entry).read_bytes() == CONTENT


def test_a_wrong_hash_is_refused_and_nothing_kept(entry, host, cache):
    host.files["net"] = CONTENT[:-1] + b"?"
    text = complaint(entry)
    assert "SHA-256" in text
    assert names(cache) == set()
    assert not is_here(entry)


def test_without_a_published_hash_the_first_download_is_trusted(entry, host, cache):
    entry = replace(entry, sha256=None, size=None)
    file = download(entry)
    assert (cache / "net.pth.sha256").read_text().split() == [SHA256, "net.pth"]
    assert module.known_hash(entry) == SHA256

    file.write_bytes(CONTENT[:-1] + b"?")
    assert "has changed since it was downloaded; delete it" in complaint(entry)

    file.unlink()
    assert download(entry).read_bytes() == CONTENT

    file.unlink()
    host.files["net"] = b"another file"
    text = complaint(entry)
    assert "downloaded first" in text
    assert str(cache / "net.pth.sha256") in text
    assert names(cache) == {"net.pth.sha256"}


def test_a_file_put_there_by_hand_is_taken(entry, host, cache):
    cache.mkdir()
    (cache / "net.pth").write_bytes(CONTENT)
    assert download(entry) == cache / "net.pth"
    assert host.asked == []
    (cache / "net.pth").write_bytes(b"something else")
    assert "has changed" in complaint(entry)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_server_that_refuses_is_asked_once(entry, host, status):
    host.status = status
    text = complaint(entry)
    assert f"says {status}" in text
    assert "give its path instead" in text
    assert len(host.asked) == 1


def test_a_busy_server_is_asked_again(entry, host, monkeypatch):
    host.status = 503

    def recover(_seconds):
        host.status = 200 if len(host.asked) == 2 else 503

    monkeypatch.setattr(transfer.time, "sleep", recover)
    assert download(entry).read_bytes() == CONTENT
    assert len(host.asked) == 3


def test_without_a_connection_it_says_what_is_here(entry, host, cache, monkeypatch):
    monkeypatch.setattr(module, "CATALOGUE", CATALOGUE)
    offline = replace(entry, address="http://127.0.0.1:9/net")
    assert "127.0.0.1" in complaint(offline)
    (cache / "cyto3.pth").write_bytes(b"1")
    (cache / "nuclei.pth").write_bytes(b"1")
    text = complaint(offline)
    assert "no connection" in text
    assert "cyto3, nuclei." in text


def test_a_transfer_that_brings_nothing_is_given_up_and_its_part_kept(entry, host, cache):
    host.breaks = 10**6  # each halves what is left, until nothing whole comes
    assert "no connection" in complaint(entry)
    assert len(CONTENT) / 2 < (cache / "net.pth.part").stat().st_size < len(CONTENT)
    host.breaks = 0
    assert download(entry).read_bytes() == CONTENT


def test_a_full_disk_is_said_and_left_with_more_room(entry, cache, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: usage(10**12, 10**12, 51_000_000))
    text = complaint(entry)
    assert "not enough room" in text
    assert "SKETCHCELL_CACHE" in text
    monkeypatch.undo()


def test_a_disk_that_fills_up_on_the_way(entry, cache, monkeypatch):
    def full(self, *_args, **_options):
        if self.name.endswith(".part"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return io.open(self, *_args, **_options)  # noqa: UP020

    monkeypatch.setattr(Path, "open", full)
    assert "not enough room" in complaint(entry)
    monkeypatch.undo()
    assert "net.pth.part" not in names(cache)


def test_a_cache_that_cannot_be_written_is_said(entry, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SKETCHCELL_CACHE", str(tmp_path / "file" / "cache"))
    assert "SKETCHCELL_CACHE" in complaint(entry)


@pytest.mark.parametrize("damage", [None, "cut", "missing"])
def test_weights_inside_an_archive_are_taken_out(entry, host, cache, damage):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("code.py", "print('hello')")
        archive.writestr("other" if damage == "missing" else "inside/net", CONTENT)
    packed = buffer.getvalue()
    host.files["net"] = packed[: len(packed) // 2] if damage == "cut" else packed
    entry = replace(entry, member="inside/net")
    if damage:
        assert "damaged" in complaint(entry)
        assert names(cache) == set()
    else:
        assert download(entry).read_bytes() == CONTENT
        assert names(cache) == {"net.pth"}


def test_https_is_not_left(entry, host, monkeypatch):
    import requests

    def leads_away(address, **options):
        return asked(entry.address, **options)

    asked = requests.get
    monkeypatch.setattr(requests, "get", leads_away)
    text = complaint(replace(entry, address="https://example.org/net"))
    assert "without https" in text
