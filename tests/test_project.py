"""The package as a whole: its manifest, its wheel, its imports, its layers."""

import os
import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from npe2 import PluginManifest

import sketchcell
from sketchcell.samples import samples

ROOT = Path(__file__).parents[1]
PACKAGE = Path(sketchcell.__file__).parent


def run(*command: str) -> str:
    """Run a command at the repository's root and return what it printed."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_manifest_at_the_top_is_the_packages():
    top = ROOT / "napari.yaml"

    assert top.is_symlink()
    assert Path(os.readlink(top)) == Path("src/sketchcell/napari.yaml")
    assert top.read_text() == (PACKAGE / "napari.yaml").read_text()


def test_the_manifest_is_valid_and_found_by_napari():
    (entry,) = [e for e in entry_points(group="napari.manifest") if e.name == "napari-sketchcell"]
    assert entry.value == "sketchcell:napari.yaml"

    manifest = PluginManifest.from_distribution("napari-sketchcell")
    manifest.validate_imports()

    assert [w.display_name for w in manifest.contributions.widgets] == ["Sketch & Train"]
    assert [s.key for s in manifest.contributions.sample_data] == list(samples())


def test_importing_is_quick_and_touches_nothing_heavy():
    code = "import sys, sketchcell; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    loaded = set(run(sys.executable, "-W", "error", "-c", code).split())

    assert not loaded & {"torch", "napari", "numpy", "scipy", "pandas", "skimage", "qtpy", "PySide6"}


@pytest.mark.parametrize("name", sketchcell.__all__)
def test_every_public_name_is_there_with_a_docstring(name):
    public = getattr(sketchcell, name)

    assert public.__doc__
    assert name in dir(sketchcell)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="unicorn"):
        sketchcell.unicorn  # noqa: B018


def test_the_version_is_that_of_the_distribution():
    assert sketchcell.__version__[0].isdigit()


def test_the_layers_hold():
    run(str(Path(sys.executable).with_name("lint-imports")), "--no-cache")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), ".")
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as opened:
        yield opened


def test_the_wheel_has_the_manifest_the_samples_and_the_types(wheel):
    names = set(wheel.namelist())

    assert wheel.read("sketchcell/napari.yaml") == (ROOT / "napari.yaml").read_bytes()
    assert "sketchcell/py.typed" in names
    for sample in samples():
        for file in ("image.png", "truth.png", "sketch.png", "boundaries.png", "README.md"):
            assert f"sketchcell/data/{sample}/{file}" in names


def test_the_wheel_has_only_the_package(wheel):
    tops = {name.partition("/")[0] for name in wheel.namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"sketchcell"}


def test_the_wheel_wants_no_qt_binding_unless_asked(wheel):
    (metadata,) = [name for name in wheel.namelist() if name.endswith("METADATA")]
    wanted = [
        line
        for line in wheel.read(metadata).decode().splitlines()
        if line.startswith("Requires-Dist:") and "extra ==" not in line
    ]

    assert any("napari" in line for line in wanted)
    unwanted = ("pyside", "pyqt5", "pyqt6", "[all]", "cuda")
    assert not any(word in line.lower() for line in wanted for word in unwanted)
