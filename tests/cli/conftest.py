import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tifffile
from scipy import ndimage

from sketchcell.cli import main
from sketchcell.sketch import simulate_sketch

SHAPE = (72, 88)


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder, to tell whether anything was written or lost."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def cells(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """An image with bright cells, and their labels."""
    rng = np.random.default_rng(seed)
    field = ndimage.gaussian_filter(rng.normal(size=SHAPE), 5)
    truth = ndimage.label(field > 0.5 * field.std())[0]
    image = 1000 + 8000 * ndimage.gaussian_filter((truth > 0) * 1.0, 1) + rng.normal(0, 300, SHAPE)
    return image.clip(0).astype(np.uint16), truth.astype(np.uint16)


@dataclass
class Desk:
    """A folder with an image, its truth, its sketch, and a trained model."""

    folder: Path

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def save(self, name: str, array: np.ndarray, **options: object) -> str:
        tifffile.imwrite(self.folder / name, array, **options)
        return self.path(name)

    def names(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


@pytest.fixture(name="cells")
def _cells():
    return cells


@pytest.fixture(name="snapshot")
def _snapshot():
    return snapshot


@pytest.fixture
def desk(tmp_path, monkeypatch):
    made = Desk(tmp_path)
    image, truth = cells()
    made.save("image.tif", image)
    made.save("truth.tif", truth)
    made.save("sketch.tif", simulate_sketch(truth, 0.2).labels)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture(scope="session")
def _trained(tmp_path_factory):
    made = Desk(tmp_path_factory.mktemp("trained"))
    image, truth = cells()
    words = [
        "train",
        made.save("image.tif", image),
        "--sketch",
        made.path("sketch.tif"),
        "--out",
        made.path("model"),
    ]
    made.save("sketch.tif", simulate_sketch(truth, 0.2).labels)
    assert main([*words, "--steps", "3", "--device", "cpu"]) == 0
    return made.folder / "model"


@pytest.fixture
def model(_trained, desk):
    shutil.copytree(_trained, desk.folder / "model")
    return desk.path("model")


@pytest.fixture
def refused(desk, capsys):
    """Run a command that must fail with one sentence, exit code 2, and nothing written or lost."""

    def check(*words: str) -> str:
        capsys.readouterr()
        before = snapshot(desk.folder)
        assert main(list(words)) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("sketchcell: ")
        assert err.count("\n") == 1
        assert "Traceback" not in err
        assert snapshot(desk.folder) == before
        return err

    return check
