"""A run that is killed at any moment, and started again, ends up like one that never was."""

import os
import subprocess
import sys
import time

import pytest
import tifffile

JOURNAL = ".sketchcell-run/journal.jsonl"


def command(folder, *more):
    return [
        sys.executable,
        *("-m", "sketchcell", "segment", "model", "in", "--device", "cpu", "--workers", "2"),
        *("--out", str(folder), "--table", str(folder / "cells.csv"), *more),
    ]


def files(out):
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and ".sketchcell-run" not in path.parts
    }


def wait_for(condition, process):
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
def test_killed_and_started_again(model, cells, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model.save(tmp_path / "model")
    (tmp_path / "in").mkdir()
    for number in range(120):  # a run is noted several images at a time: enough for it to last
        tifffile.imwrite(tmp_path / "in" / f"{number:02}.tif", cells(number % 30))
    (tmp_path / "in" / "10.tif").write_bytes(b"II*\0 broken")
    out, fresh = tmp_path / "out", tmp_path / "fresh"

    def lines():
        path = out / JOURNAL
        return path.read_bytes().count(b"\n") if path.exists() else 0

    for wanted in (1, 12, 40):
        process = subprocess.Popen(
            command(out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
        )
        wait_for(lambda wanted=wanted: lines() >= wanted, process)
        process.kill()
        process.wait()
        assert all(name.endswith(".tif") for name in files(out))
    done = subprocess.run(command(out), capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "10.tif" in done.stderr
    assert done.stdout.count("done before") >= 12
    assert subprocess.run(command(fresh), capture_output=True, check=False).returncode == 3
    assert files(out) == files(fresh)
    assert not [path for path in out.rglob("*.part")]
