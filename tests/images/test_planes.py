import dask
import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketchcell.errors import SketchcellError
from sketchcell.images import Normalization, Planes, as_channels


class Stored:
    """An array on disk: it has only a shape, a type and plain slices, and remembers what was read."""

    def __init__(self, array):
        self._array, self.read = array, 0
        self.shape, self.dtype = array.shape, array.dtype

    def __getitem__(self, index):
        assert all(isinstance(part, (int, slice)) for part in index)
        part = np.array(self._array[index])
        self.read += part.size
        return part

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("the whole array was read")


def numbers(*shape, dtype=np.uint16):
    return np.arange(np.prod(shape), dtype=dtype).reshape(shape)


@pytest.mark.parametrize(
    ("shape", "options", "leading", "channel_axis"),
    [
        ((40, 50), {}, (), None),
        ((40, 50, 3), {}, (), 2),
        ((40, 50, 3), {"rgb": True}, (), 2),
        ((2, 40, 50), {}, (), 0),
        ((2, 40, 50), {"channel_axis": None}, (2,), None),
        ((2, 40, 50), {"axes": ("-3", "-2", "-1")}, (), 0),
        ((2, 40, 50), {"axes": ("t", "y", "x")}, (2,), None),
        ((9, 40, 50), {}, (9,), None),
        ((9, 40, 50), {"axes": ("Channel", "y", "x")}, (), 0),
        ((9, 2, 40, 50), {}, (9, 2), None),
        ((9, 2, 40, 50), {"axes": ("z", "c", "y", "x")}, (9,), 1),
        ((9, 2, 40, 50), {"channel_axis": 1}, (9,), 1),
        ((9, 40, 50, 2), {"channel_axis": -1}, (9,), 3),
        ((9, 40, 50, 3), {"rgb": True}, (9,), 3),
        ((9, 40, 50, 3), {"rgb": True, "axes": ("z", "y", "x")}, (9,), 3),
        ((4, 9, 2, 1, 40, 50), {"axes": ("t", "z", "channels", "p", "y", "x")}, (4, 9, 1), 2),
    ],
)
def test_the_axes_are_told_apart(shape, options, leading, channel_axis):
    planes = Planes(np.zeros(shape, np.uint8), **options)

    assert planes.leading == leading
    assert planes.channel_axis == channel_axis
    assert planes.shape == (40, 50)
    assert planes.channel_count == (1 if channel_axis is None else shape[channel_axis])
    assert tuple(shape[axis] for axis in planes.leading_axes) == leading


@given(st.data())
def test_a_plane_is_what_indexing_gives(data):
    leading = data.draw(st.lists(st.integers(1, 3), max_size=3))
    channels = data.draw(st.none() | st.integers(1, 4))
    array = numbers(*leading, 5, 6)
    axis = None
    if channels is not None:
        axis = data.draw(st.integers(0, array.ndim))
        array = np.stack([array + 1000 * c for c in range(channels)], axis)
        chosen = data.draw(st.none() | st.permutations(range(channels)).map(lambda p: tuple(p[:2])))
    else:
        chosen = data.draw(st.sampled_from([None, (0,)]))
    planes = Planes(Stored(array), channel_axis=axis, channels=chosen)
    plane = tuple(data.draw(st.integers(0, length - 1)) for length in leading)

    first = array if axis is None else np.moveaxis(array, axis, 0)
    expected = first[plane] if axis is None else first[(slice(None), *plane)]
    if axis is not None and chosen is not None:
        expected = expected[list(chosen)]
    np.testing.assert_array_equal(planes.read(plane), expected)
    window = (slice(1, 4), slice(2, 6))
    np.testing.assert_array_equal(planes.read_window(plane, window), expected[..., 1:4, 2:6])


def test_only_what_is_asked_for_is_read():
    stored = Stored(numbers(20, 3, 64, 64))
    planes = Planes(stored, channel_axis=1, channels=(1,))

    assert planes.read((7,)).shape == (1, 64, 64)
    assert stored.read == 64 * 64
    planes.read_window((7,), (slice(0, 8), slice(0, 8)))
    assert stored.read == 64 * 64 + 64


def test_dask_computes_only_the_blocks_it_needs_and_each_once():
    computed = []

    def block(block_id):
        computed.append(block_id)
        return np.full((1, 32, 32), block_id[0], np.uint8)

    stack = da.map_blocks(
        block, chunks=((1,) * 12, (32,), (32, 32)), dtype=np.uint8, meta=np.empty(0, np.uint8)
    )
    planes = Planes(stack)
    with dask.config.set(scheduler="synchronous"):
        plane = planes.read((3,))
        assert sorted(computed) == [(3, 0, 0), (3, 0, 1)]
        computed.clear()
        sample = planes.sample(count=4, side=8)

    assert isinstance(plane, np.ndarray)
    assert (plane == 3).all()
    assert isinstance(sample, np.ndarray)
    assert len(computed) == len(set(computed)) == 8


def test_a_pyramid_is_read_at_full_resolution():
    full = numbers(5, 64, 80)
    planes = Planes([full, full[:, ::2, ::2], full[:, ::4, ::4]])

    assert planes.shape == (64, 80)
    np.testing.assert_array_equal(planes.read((2,)), full[2])


def test_alpha_is_no_channel():
    planes = Planes(numbers(3, 8, 9, 4, dtype=np.uint8), rgb=True)

    assert planes.channel_count == 3
    assert planes.read((1,)).shape == (3, 8, 9)


def test_a_sample_is_small_and_spans_the_stack():
    stack = np.stack([np.full((300, 400), value, np.uint16) for value in range(30)])

    sample = Planes(stack).sample(count=5, side=64)

    assert sample.dtype == np.float32
    assert sample.shape[0] == 1
    assert sample.size < 5 * (2 * 64) ** 2
    assert set(np.unique(sample)) == {0, 7, 14, 22, 29}


@pytest.mark.parametrize("layout", ["grey", "channels", "rgb"])
def test_the_sample_of_a_large_plane_is_windows_of_it(layout):
    shape = {"grey": (600, 700), "channels": (2, 600, 700), "rgb": (600, 700, 3)}[layout]
    stored = Stored(numbers(*shape, dtype=np.uint32))

    sample = Planes(stored, rgb=layout == "rgb").sample(side=60)

    assert sample.shape[0] == {"grey": 1, "channels": 2, "rgb": 3}[layout]
    assert stored.read == sample.size <= 60 * 60 * sample.shape[0]


def test_all_planes_of_a_stack_are_scaled_alike():
    stack = np.random.default_rng(0).integers(0, 100, (6, 50, 60)) * np.arange(1, 7)[:, None, None]
    planes = Planes(stack.astype(np.uint16))
    whole = planes.sample()

    dim, bright = (Normalization().apply(as_channels(planes.read((z,))), whole) for z in (0, 5))

    assert bright.max() / dim.max() == pytest.approx(6, rel=0.1)


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        (np.zeros(5), {}, "1 axes"),
        (np.zeros((1,) * 5 + (4, 4)), {}, "2 to 6"),
        (np.zeros((30, 40, 1, 50)), {}, "1 × 50 pixels"),
        (np.zeros((0, 40, 50)), {}, "no pixels"),
        (np.zeros((40, 50), complex), {}, "complex128"),
        (np.array([["a"]]), {}, "type <U1"),
        ([[1, 2], [3]], {}, "differ in length"),
        (np.zeros((3, 40)), {"channel_axis": 0}, "no rows and columns"),
        (np.zeros((3, 40, 50)), {"channel_axis": 3}, "no axis 3"),
        (np.zeros((3, 40, 50)), {"axes": ("y", "x")}, "2 names"),
        (np.zeros((3, 4, 40, 50)), {"axes": ("c", "c", "y", "x")}, "twice"),
        (np.zeros((3, 40, 50)), {"rgb": True}, "3 or 4 colours"),
        (np.zeros((3, 40, 50)), {"channels": (3,)}, "from 0 to 2"),
        (np.zeros((3, 40, 50)), {"channels": ()}, "from 0 to 2"),
        (np.zeros((3, 40, 50)), {"channels": (1, 1)}, "each once"),
        ([], {}, "resolution levels"),
        ([np.zeros((40, 50)), np.zeros((40, 50))], {}, "largest first"),
        ([np.zeros((40, 50)), np.zeros((2, 20, 25))], {}, "largest first"),
    ],
)
def test_unusable_images_are_refused(data, options, words):
    with pytest.raises(SketchcellError, match=words):
        Planes(data, **options)


@pytest.mark.parametrize("plane", [(), (3,), (-1,), (0, 0)])
def test_a_plane_that_is_not_there_is_an_error(plane):
    with pytest.raises(ValueError, match="no plane"):
        Planes(np.zeros((3, 40, 50)), channel_axis=None).read(plane)


@pytest.mark.parametrize("rows", [slice(-1, 3), slice(0, 41), slice(3, 3), slice(0, 9, 2)])
def test_a_window_outside_is_an_error(rows):
    with pytest.raises(ValueError, match="not inside"):
        Planes(np.zeros((40, 50))).read_window((), (rows, slice(0, 5)))
