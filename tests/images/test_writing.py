import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tifffile

from sketchcell.errors import SketchcellError
from sketchcell.images import (
    check_writable,
    read_image,
    read_labels,
    write_atomically,
    write_labels,
    write_png,
)


@pytest.mark.parametrize(("largest", "dtype"), [(3, np.uint16), (65535, np.uint16), (65536, np.uint32)])
def test_labels_round_trip(tmp_path, largest, dtype):
    labels = np.zeros((30, 40), np.int32)
    labels[3:9, 4:8] = largest
    write_labels(tmp_path / "a.tif", labels)
    assert tifffile.imread(tmp_path / "a.tif").dtype == dtype
    assert np.array_equal(read_labels(tmp_path / "a.tif"), labels)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]


def test_png_round_trips(tmp_path):
    labels = np.arange(2000).reshape(40, 50)
    write_labels(tmp_path / "labels.png", labels)
    assert np.array_equal(read_labels(tmp_path / "labels.png"), labels)
    picture = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    write_png(tmp_path / "picture.png", picture)
    assert np.array_equal(read_image(tmp_path / "picture.png"), picture)


@pytest.mark.parametrize(
    ("name", "labels", "words"),
    [
        ("a.jpg", np.zeros((4, 4), int), "in .tif or .png"),
        ("a", np.zeros((4, 4), int), "in .tif or .png"),
        ("a.png", np.full((4, 4), 70000), "up to 65535"),
        ("a.tif", np.full((4, 4), -1), "not negative"),
        ("a.tif", np.zeros((4, 4)), "not float64"),
        ("a.tif", np.zeros((4, 4, 4), int), "one plane"),
        ("a.tif", np.zeros((0, 4), int), "one plane"),
        ("no/such/folder/a.tif", np.zeros((4, 4), int), "does not exist"),
    ],
)
def test_labels_that_cannot_be_written(tmp_path, name, labels, words):
    with pytest.raises(SketchcellError, match=words):
        write_labels(tmp_path / name, labels)
    assert not list(tmp_path.iterdir())


def test_a_failed_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail(file):
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, fail)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_and_devices_are_never_replaced(tmp_path):
    (tmp_path / "a.tif").mkdir()
    with pytest.raises(SketchcellError, match="not a file"):
        write_labels(tmp_path / "a.tif", np.zeros((3, 3), int))


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.tif"
    try:
        link.symlink_to(tmp_path / "real" / "a.tif")
    except OSError:
        pytest.skip("this system allows no symbolic links")
    write_labels(link, np.ones((3, 3), int))
    assert link.is_symlink()
    assert read_labels(tmp_path / "real" / "a.tif").all()


def test_folders_are_probed_before_work(tmp_path):
    check_writable(tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(SketchcellError, match="does not exist"):
        check_writable(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(SketchcellError, match="is not a folder"):
        check_writable(tmp_path / "file")


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="needs POSIX resource limits")
@pytest.mark.parametrize("name", ["a.tif", "a.png"])
def test_a_full_disk_leaves_nothing_behind(tmp_path, name):
    # A limit on file sizes makes real writes fail half-way, as a full disk does.
    script = f"""
        import resource, signal
        import numpy as np
        from sketchcell.errors import SketchcellError
        from sketchcell.images import write_labels
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        write_labels({name!r}, np.ones((9, 9), int))
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        noise = np.random.default_rng(0).integers(0, 60000, (500, 500))
        try:
            write_labels({name!r}, noise)
        except SketchcellError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cannot be written" in done.stdout
    assert done.stderr == ""
    assert os.listdir(tmp_path) == [name]
    assert read_labels(tmp_path / name).shape == (9, 9)
