from importlib.resources import files

import numpy as np
import pytest

import sketchcell
from sketchcell.samples import samples
from sketchcell.sketch import require_trainable


def test_the_nuclei_are_an_image_a_truth_and_a_few_strokes():
    sample = sketchcell.load_sample("nuclei")

    assert sample.image.dtype == np.uint8
    assert sample.image.shape == sample.truth.shape == sample.sketch.shape
    assert len(np.unique(sample.truth)) - 1 == 56
    assert 0.025 < np.mean(sample.sketch.labels > 0) < 0.035
    assert sample.sketch.boundaries.any()
    require_trainable([sample.sketch])


@pytest.mark.parametrize(
    ("name", "shape", "instances"),
    [
        ("nuclei", (256, 256), 56),
        ("phase-contrast", (320, 320), 11),
        ("bacteria", (288, 288), 153),
        ("he", (216, 216, 3), 32),
    ],
)
def test_each_sample_can_be_learned_from(name, shape, instances):
    sample = sketchcell.load_sample(name)

    assert sample.title == samples()[name]
    assert sample.licence in ("CC0-1.0", "MIT")
    assert sample.image.shape == shape
    assert sample.truth.shape == sample.sketch.shape == shape[:2]
    assert len(np.unique(sample.truth)) - 1 == instances
    assert 0.02 < np.mean(sample.sketch.labels > 0) < 0.07
    assert sample.sketch.boundaries.any()
    require_trainable([sample.sketch])


@pytest.mark.parametrize("name", list(samples()))
def test_the_strokes_agree_with_the_truth(name):
    sample = sketchcell.load_sample(name)
    labels = sample.sketch.labels

    assert (sample.truth[labels == 1] == 0).all()
    assert (sample.truth[labels > 1] > 0).all()


@pytest.mark.parametrize("name", list(samples()))
def test_each_sample_is_small_and_states_its_source_and_licence(name):
    folder = files("sketchcell") / "data" / name
    about = (folder / "README.md").read_text(encoding="utf-8")

    assert sum(len(file.read_bytes()) for file in folder.iterdir()) < 70_000
    assert "**Source**" in about
    if sketchcell.load_sample(name).licence == "MIT":
        assert "Copyright (c)" in (folder / "LICENSE").read_text(encoding="utf-8")


def test_an_unknown_sample_is_named_with_those_there_are():
    with pytest.raises(sketchcell.SketchcellError, match="nuclei"):
        sketchcell.load_sample("unicorns")
