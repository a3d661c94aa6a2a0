import numpy as np
import pytest

import sketchcell
from sketchcell.sketch import require_trainable


def test_the_nuclei_are_an_image_a_truth_and_a_few_strokes():
    sample = sketchcell.load_sample("nuclei")

    assert sample.image.dtype == np.uint8
    assert sample.image.shape == sample.truth.shape == sample.sketch.shape
    assert len(np.unique(sample.truth)) - 1 == 56
    assert 0.025 < np.mean(sample.sketch.labels > 0) < 0.035
    assert sample.sketch.boundaries.any()
    require_trainable([sample.sketch])


def test_the_strokes_agree_with_the_truth():
    sample = sketchcell.load_sample()
    labels = sample.sketch.labels

    assert (sample.truth[labels == 1] == 0).all()
    assert (sample.truth[labels > 1] > 0).all()


def test_an_unknown_sample_is_named_with_those_there_are():
    with pytest.raises(sketchcell.SketchcellError, match="nuclei"):
        sketchcell.load_sample("unicorns")
