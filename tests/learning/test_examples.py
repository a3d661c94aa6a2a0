"""Images and sketches at the working scale, patches drawn from them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sketchcell.errors import SketchcellError
from sketchcell.families import FAMILIES, get_family
from sketchcell.images import Normalization
from sketchcell.learning.example import Example
from sketchcell.learning.painted import KINDS, PaintedTiles
from sketchcell.learning.patches import draw_patches
from sketchcell.learning.targets import TargetCache
from sketchcell.networks.scale import WORKING_DIAMETER, working_scale
from sketchcell.sketch import Sketch, Stroke
from sketchcell.sketch.scale import Diameter

SEEDS = st.integers(0, 2**32 - 1)
FLOW = get_family("flow")


def random_image(random, shape, channels=1):
    image = random.normal(size=(channels, *shape)).astype(np.float32)
    return image[0] if channels == 1 else image


def random_stroke(random, shape):
    """A rectangle of one label, erasing too, sometimes with boundaries."""
    rows, columns = (np.sort(random.choice(n + 1, 2, replace=False)) if n > 1 else (0, 1) for n in shape)
    window = (slice(int(rows[0]), int(rows[1])), slice(int(columns[0]), int(columns[1])))
    size = (window[0].stop - window[0].start, window[1].stop - window[1].start)
    labels = np.full(size, random.integers(0, 4), np.int32)
    return Stroke(0, window, labels, random.random(size) < 0.1 if random.random() < 0.5 else None)


@settings(max_examples=40)
@given(seed=SEEDS, height=st.integers(1, 150), width=st.integers(2, 150))
def test_strokes_give_what_painting_them_at_once_gives(seed, height, width):
    random = np.random.default_rng(seed)
    image = random_image(random, (height, width))
    scale = random.choice([1.0, 0.4, 1.6])
    example = Example(image, Sketch(np.zeros((height, width), int)), Normalization())
    example.rescale(scale)
    for _ in range(random.integers(1, 6)):
        example.paint(random_stroke(random, (height, width)))
    painted = Sketch(example.painted.labels, example.painted.boundaries)
    fresh = Example(image, painted, Normalization())
    fresh.rescale(scale)
    np.testing.assert_array_equal(example.sketch.labels, fresh.sketch.labels)
    np.testing.assert_array_equal(example.sketch.boundaries, fresh.sketch.boundaries)
    np.testing.assert_array_equal(example.sketch.distances.valid, fresh.sketch.distances.valid)
    np.testing.assert_allclose(example.sketch.distances.distance, fresh.sketch.distances.distance, atol=1e-4)
    for kind in KINDS:
        assert example.tiles.total(kind) == fresh.tiles.total(kind)


def test_the_callers_sketch_is_left_alone():
    sketch = Sketch(np.zeros((20, 20), int))
    example = Example(random_image(np.random.default_rng(0), (20, 20)), sketch, Normalization())
    example.paint(Stroke(0, (slice(0, 5), slice(0, 5)), np.full((5, 5), 2)))
    assert not sketch.labels.any()
    assert example.painted.labels.sum() == 50


@pytest.mark.parametrize("scale", [0.25, 0.5, 1.0, 2.0])
def test_image_and_sketch_have_one_size_at_any_scale(scale):
    labels = np.zeros((41, 57), int)
    labels[10:30, 20:40] = 2
    example = Example(random_image(np.random.default_rng(0), (41, 57)), Sketch(labels), Normalization())
    example.rescale(scale)
    assert tuple(example.image.shape[1:]) == example.sketch.shape == (round(41 * scale), round(57 * scale))
    area = np.count_nonzero(example.sketch.labels)
    assert area == pytest.approx(400 * scale**2, rel=0.2)
    example.rescale(1.0)
    np.testing.assert_array_equal(example.sketch.labels, labels)


def test_the_sketch_must_have_the_images_shape():
    with pytest.raises(SketchcellError, match=r"\(20, 21\).*\(20, 20\)"):
        Example(np.eye(20), Sketch(np.ones((20, 21), int)), Normalization())


@given(seed=SEEDS, height=st.integers(1, 200), width=st.integers(1, 200))
def test_a_drawn_place_is_painted_with_its_kind(seed, height, width):
    random = np.random.default_rng(seed)
    labels = np.zeros((height, width), int)
    for _ in range(3):
        stroke = random_stroke(random, (height, width))
        labels[stroke.window] = stroke.labels
    sketch = Sketch(labels)
    tiles = PaintedTiles(sketch)
    assert tiles.total("object") == np.count_nonzero(labels > 1)
    assert tiles.total("background") == np.count_nonzero(labels == 1)
    for kind, fits in (("object", labels > 1), ("background", labels == 1), ("edge", labels > 0)):
        if tiles.total(kind):
            for _ in range(5):
                assert fits[tiles.draw(kind, random)]


def patches(sketch, shape, side, *, batch=6, seed=0, family=FLOW):
    random = np.random.default_rng(seed)
    example = Example(random_image(random, shape), sketch, Normalization())
    return draw_patches(
        [example], TargetCache(family, family.Params()), side=side, batch=batch, random=random
    )


SMALL_SKETCHES = {
    "one pixel of each": ((40, 40), [(5, 5, 2), (30, 31, 1)]),
    "in the corners": ((40, 50), [(0, 0, 2), (39, 49, 1), (0, 49, 3)]),
    "one row": ((1, 60), [(0, 3, 2), (0, 50, 1)]),
    "one column": ((60, 1), [(3, 0, 2), (50, 0, 1)]),
    "two pixels": ((1, 2), [(0, 0, 1), (0, 1, 2)]),
    "smaller than a patch": ((9, 13), [(2, 2, 1), (5, 5, 2)]),
    "one object pixel": ((33, 64), [(32, 63, 2)]),
}


@pytest.mark.parametrize("kind", SMALL_SKETCHES)
@pytest.mark.parametrize("side", [8, 32, 64])
@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_every_patch_holds_paint(kind, side, family):
    shape, pixels = SMALL_SKETCHES[kind]
    labels = np.zeros(shape, int)
    for row, column, label in pixels:
        labels[row, column] = label
    images, target = patches(Sketch(labels), shape, side, family=family)
    assert images.shape == (6, 1, side, side)
    assert target.data.shape == (6, len(target.names), side, side)
    assert torch.isfinite(images).all()
    weights = torch.stack([target[name] for name in target.names if name.endswith("_weight")])
    assert (weights.sum((0, 2, 3)) > 0).all()
    assert target.data[:, :, shape[0] :].abs().sum() == 0
    assert target.data[:, :, :, shape[1] :].abs().sum() == 0


def test_a_small_image_is_continued_by_reflection():
    labels = np.ones((5, 7), int)
    labels[2, 3] = 2
    images, _ = patches(Sketch(labels), (5, 7), 32, batch=1)
    patch = images[0, 0].numpy()
    np.testing.assert_array_equal(patch[5:9, :7], patch[3::-1, :7])
    np.testing.assert_array_equal(patch[:5, 7:13], patch[:5, 5::-1])


def test_a_patch_is_taught_what_the_whole_image_would_be():
    """Cutting changes nothing, at the patch's rim neither."""
    random = np.random.default_rng(3)
    labels = np.kron(random.integers(0, 4, (12, 12)), np.ones((9, 9), int))
    sketch = Sketch(labels, random.random(labels.shape) < 0.02)
    whole = FLOW.encode(sketch, FLOW.Params()).data
    coordinates = np.arange(labels.size, dtype=np.float32).reshape(labels.shape)
    example = Example(coordinates, sketch, Normalization())
    images, target = draw_patches(
        [example], TargetCache(FLOW, FLOW.Params()), side=24, batch=20, random=random
    )
    for image, planes in zip(images, target.data, strict=True):
        row, column = (
            int(index[0]) for index in np.nonzero(example.image[0].numpy() == float(image[0, 0, 0]))
        )
        np.testing.assert_allclose(planes, whole[:, row : row + 24, column : column + 24], atol=1e-5)


def test_an_erased_sketch_still_gives_patches_that_teach_nothing():
    """While learning, somebody may erase the last stroke: the loop goes on and waits for the next."""
    images, target = patches(Sketch(np.zeros((40, 50), int)), (40, 50), 32)
    assert images.shape == (6, 1, 32, 32)
    assert all((target[name] == 0).all() for name in target.names if name.endswith("_weight"))


def test_unpainted_images_are_not_drawn_from():
    random = np.random.default_rng(0)
    labels = np.ones((40, 40), int)
    labels[10:20, 10:20] = 2
    painted = Example(random.normal(size=(40, 40)), Sketch(labels), Normalization())
    empty = Example(random.normal(size=(90, 30)), Sketch(np.zeros((90, 30), int)), Normalization())
    _, target = draw_patches(
        [empty, painted], TargetCache(FLOW, FLOW.Params()), side=16, batch=30, random=random
    )
    assert (target["distance_weight"].sum((1, 2)) > 0).all()


def test_the_same_chances_draw_the_same_patches():
    labels = np.ones((60, 60), int)
    labels[20:40, 20:40] = 2
    first, second = (patches(Sketch(labels), (60, 60), 16, seed=4) for _ in range(2))
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1].data, second[1].data)


@given(value=st.floats(0.5, 3000), bound=st.floats(0, 3000))
def test_scale_follows_whole_objects_and_is_only_bounded_by_strokes(value, bound):
    whole = working_scale(Diameter(value=value, lower_bound=bound, whole=3))
    assert 1 / 20 < whole < 10
    if WORKING_DIAMETER / 6 < value < 6 * WORKING_DIAMETER:
        assert WORKING_DIAMETER / 2 <= whole * value <= 2 * WORKING_DIAMETER
    parts = working_scale(Diameter(value=None, lower_bound=bound, whole=0))
    assert 0 < parts <= 1
    if bound < WORKING_DIAMETER:
        assert parts == 1
