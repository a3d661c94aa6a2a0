"""Small planes with cells, strokes and lines, to make gestures on, and what all gestures must keep."""

import numpy as np
from scipy import ndimage

from sketchcell.sketch import Sketch
from sketchcell.sketch.gestures import Plane

EIGHT = np.ones((3, 3), bool)


def random_cells(random, shape=(26, 30), count=7):
    """Cells of all kinds: nearest to points, some with holes, some of one pixel, each one connected."""
    points = random.integers(0, shape, (count, 2))
    rows, columns = np.indices(shape)
    away = np.hypot(rows[..., None] - points[:, 0], columns[..., None] - points[:, 1])
    away *= random.choice([1, 1.5, 6], count)
    cells = np.where(away.min(-1) < random.uniform(2, 9), away.argmin(-1) + 1, 0)
    cells[random.random(shape) < random.choice([0, 0.02, 0.1])] = 0
    hollow = random.integers(1, count + 1)
    if random.random() < 0.3:
        cells[ndimage.binary_erosion(cells == hollow, iterations=2)] = 0
    connected = np.zeros(shape, np.int32)
    for number in range(1, count + 1):
        parts, found = ndimage.label(cells == number, EIGHT)
        if found:
            connected[parts == 1 + np.bincount(parts[parts > 0])[1:].argmax()] = number
    return connected


def random_plane(seed):
    """Cells with strokes in, across and beside them, all with one id or with several, and some lines."""
    random = np.random.default_rng(seed)
    instances = random_cells(random)
    labels = np.zeros(instances.shape, np.uint16)
    boundaries = np.zeros(instances.shape, bool)
    ids = random.choice([2, 6])
    for _ in range(random.integers(0, 9)):
        top, left = random.integers(0, instances.shape)
        height, width = random.integers(1, 6, 2)
        stroke = np.zeros(instances.shape, bool)
        stroke[top : top + height, left : left + width] = True
        if random.random() < 0.6:
            stroke &= instances == instances[top, left]
            stroke &= random.random() < 0.3 or instances > 0
            labels[stroke] = random.integers(2, ids + 1)
        else:
            labels[stroke] = random.integers(1, ids + 1)
    for _ in range(random.integers(0, 4)):
        top, left = random.integers(0, instances.shape)
        boundaries[top : top + random.integers(1, 7), left : left + 1] = True
    if random.random() < 0.3:
        boundaries |= contact(instances)
    return Plane(labels, boundaries, instances)


def contact(cells):
    """The pixels of cells beside a cell of a higher number."""
    return (cells > 0) & (ndimage.maximum_filter(cells, size=3) > cells)


def copied(plane):
    return Plane(plane.labels.copy(), plane.boundaries.copy(), plane.instances.copy())


def applied(plane, correction):
    """The plane after a correction, in arrays of its own."""
    after = copied(plane)
    if correction is not None:
        after.labels[correction.window] = correction.labels
        after.boundaries[correction.window] = correction.boundaries
        after.instances[correction.window] = correction.instances
    return after


def check_correction(plane, before, correction):
    """The plane is as it was; the correction fits, and says something; putting back what was is identity."""
    for array, old in zip(arrays(plane), arrays(before), strict=True):
        np.testing.assert_array_equal(array, old)
    if correction is None:
        return
    after = applied(plane, correction)
    assert any((new != old).any() for new, old in zip(arrays(after), arrays(plane), strict=True))
    window = correction.window
    assert correction.labels.dtype == plane.labels.dtype
    assert correction.instances.dtype == plane.instances.dtype
    assert correction.boundaries.dtype == bool
    assert 0 <= window[0].start < window[0].stop <= plane.shape[0]
    assert 0 <= window[1].start < window[1].stop <= plane.shape[1]
    for new, old in zip(arrays(after), arrays(plane), strict=True):
        new[window] = old[window]
        np.testing.assert_array_equal(new, old)


def arrays(plane):
    return plane.labels, plane.boundaries, plane.instances


def around(mask):
    return ndimage.binary_dilation(mask, EIGHT) & ~mask


def assert_exact(plane, cell):
    """All of a cell is painted with one id that is not beside it, closed, its distances valid and true."""
    (own,) = np.unique(plane.labels[cell])
    assert own >= 2
    assert not plane.boundaries[cell].any()
    ring = around(cell)
    assert ((plane.labels[ring] > 0) | plane.boundaries[ring]).all()
    assert not (plane.labels[ring] == own).any()
    sketch = Sketch(plane.labels, plane.boundaries)
    assert sketch.distances.valid[cell].all()
    if not cell.all():
        truth = ndimage.distance_transform_edt(cell)
        np.testing.assert_allclose(sketch.distances.distance[cell], truth[cell], rtol=1e-6)
    painted = np.zeros(plane.shape, bool)
    for one in sketch.objects:
        if (cell[one.box] & one.mask).any():
            assert one.closed
            painted[one.box] |= one.mask
    np.testing.assert_array_equal(painted, cell)
