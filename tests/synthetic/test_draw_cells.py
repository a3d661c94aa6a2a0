"""Drawn images and their truth belong together, at any size and look."""

import numpy as np
import pytest
from scipy import ndimage

from sketchcell.errors import SketchcellError
from sketchcell.synthetic import LOOKS, draw_cells
from sketchcell.synthetic.packing import scatter, tessellate, whole
from sketchcell.synthetic.shapes import SHAPES, placed

FOUR = ndimage.generate_binary_structure(2, 1)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("seed", range(3))
def test_an_image_with_its_truth(look, seed):
    drawn = draw_cells(np.random.default_rng(seed), (90, 120), 18, look)
    assert drawn.look == look
    assert drawn.pixels.shape == ((3 if look == "stained" else 1), 90, 120)
    assert drawn.pixels.dtype == np.float32
    assert np.isfinite(drawn.pixels).all()
    assert drawn.pixels.std() > 0
    assert drawn.labels.dtype == np.int32
    ids = np.unique(drawn.labels[drawn.labels > 0])
    assert ids.tolist() == list(range(1, ids.size + 1))
    assert all(ndimage.label(drawn.labels == one, FOUR)[1] == 1 for one in ids)


def test_the_same_seed_draws_the_same_image():
    first, second, other = (draw_cells(np.random.default_rng(seed), (64, 64)) for seed in (4, 4, 5))
    assert (first.pixels == second.pixels).all()
    assert (first.labels == second.labels).all()
    assert first.pixels.shape != other.pixels.shape or (first.pixels != other.pixels).any()


def test_fluorescent_cells_are_brighter_than_their_ground():
    for seed in range(10):
        drawn = draw_cells(np.random.default_rng(seed), (128, 128), 20, "fluorescence")
        image, cell = drawn.pixels[0], drawn.labels > 0
        assert cell.all() or not cell.any() or image[cell].mean() > image[~cell].mean()


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("diameter", [8.0, 30.0])
def test_outlines_have_the_area_that_was_asked_for(kind, diameter):
    outline = placed(SHAPES[kind](np.random.default_rng(0)), diameter, np.random.default_rng(1))
    y, x = outline.T
    area = abs(np.dot(y, np.roll(x, 1)) - np.dot(x, np.roll(y, 1))) / 2
    assert area == pytest.approx(np.pi * diameter**2 / 4)


def test_cells_have_about_the_size_that_was_asked_for():
    labels = scatter(np.random.default_rng(0), (300, 300), 24.0, "round", cover=0.4, clumped=0.5)
    areas = np.bincount(labels.ravel())[1:]
    assert 0.25 < (labels > 0).mean() < 0.5
    assert 16 < 2 * np.sqrt(np.median(areas) / np.pi) < 30


def test_a_tessellation_fills_the_field():
    labels = tessellate(np.random.default_rng(2), (200, 200), 20.0, cover=1.0)
    assert (labels > 0).mean() > 0.6
    assert labels.max() > 40


def test_splinters_are_no_cells():
    labels = np.zeros((40, 40), np.int32)
    labels[2:20, 2:20] = 7
    labels[30, 30] = 7
    assert np.unique(whole(labels)).tolist() == [0, 1]
    assert whole(labels)[30, 30] == 0


def test_an_unknown_look():
    with pytest.raises(SketchcellError, match="choose from fluorescence"):
        draw_cells(np.random.default_rng(0), look="x-ray")
