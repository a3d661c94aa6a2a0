"""Synthetic ground truths, sketches of them, and the maps that a perfect network would give."""

import numpy as np
import torch
from scipy import ndimage
from skimage.draw import disk, line

from sketchcell.families import FAMILIES
from sketchcell.sketch import Sketch


def round_cells():
    """Disks of many sizes, apart."""
    truth = np.zeros((112, 120), np.int32)
    for number, (row, column, radius) in enumerate(
        [(20, 20, 14), (22, 64, 8), (18, 98, 11), (60, 24, 6), (66, 66, 18), (92, 102, 10), (92, 24, 9)], 1
    ):
        truth[disk((row, column), radius, shape=truth.shape)] = number
    return truth


def touching_cells():
    """A packed sheet: what is nearest to jittered grid points, with background around it."""
    random = np.random.default_rng(4)
    grid = np.stack(np.meshgrid(np.arange(12, 100, 22), np.arange(12, 110, 22), indexing="ij"), -1).reshape(
        -1, 2
    )
    points = grid + random.integers(-3, 4, grid.shape)
    rows, columns = np.indices((104, 116))
    away = np.hypot(rows[..., None] - points[:, 0], columns[..., None] - points[:, 1])
    return np.where(away.min(-1) < 13, away.argmin(-1) + 1, 0).astype(np.int32)


def elongated_cells():
    """Long rods side by side, and a winding filament."""
    rods = [((10, 8), (10, 110)), ((24, 10), (44, 112)), ((36, 8), (56, 110)), ((70, 112), (112, 100))]
    truth = np.zeros((124, 124), np.int32)
    for number, (start, end) in enumerate(rods, 1):
        truth[_thick([line(*start, *end)], truth.shape, 4)] = number
    t = np.linspace(0, 1, 200)
    winding = (np.rint(88 + 16 * np.sin(9 * t)).astype(int), np.rint(8 + 80 * t).astype(int))
    truth[_thick([winding], truth.shape, 5)] = len(rods) + 1
    return truth


def concave_cells():
    """A horseshoe with a disk in its mouth, a peanut, and an L."""
    truth = np.zeros((110, 110), np.int32)
    rows, columns = np.indices(truth.shape)
    away = np.hypot(rows - 32, columns - 34)
    truth[(away < 26) & (away > 13) & ~((rows > 32) & (abs(columns - 34) < 12))] = 1
    truth[disk((34, 34), 8)] = 2
    truth[disk((28, 82), 13)] = truth[disk((48, 86), 13)] = 3
    truth[72:102, 12:26] = truth[88:102, 12:60] = 4
    return truth


def cut_cells():
    """Disks that the image's edges and corners cut."""
    truth = np.zeros((80, 90), np.int32)
    for number, place in enumerate([(0, 0), (0, 45), (40, 89), (79, 20), (76, 86), (40, 2)], 1):
        truth[disk(place, 15, shape=truth.shape)] = number
    return truth


TRUTHS = {
    "round": round_cells,
    "touching": touching_cells,
    "elongated": elongated_cells,
    "concave": concave_cells,
    "cut": cut_cells,
}


def full_sketch(truth):
    """Everything painted, an id for each object."""
    return Sketch(truth + 1)


def hidden(truth, painted):
    """Only what lies in the mask `painted`."""
    return Sketch(np.where(painted, truth + 1, 0))


def ideal_maps(family, target):
    """The maps of a perfect network: the target of a full sketch has a plane named as each of them."""
    return np.stack([target[channel] for channel in family.channels(family.Params())])


def ideal_outputs(family, target):
    """Outputs, float64 (1, C, H, W), that the family activates to the ideal maps, as nearly as can be."""
    maps = torch.from_numpy(ideal_maps(family, target))[None].double()
    outputs = INVERSES.get(family.name, lambda maps: maps)(maps)
    torch.testing.assert_close(family.activate(outputs), maps, atol=1e-5, rtol=0)
    return outputs


INVERSES = {
    "distance": lambda maps: maps.clamp(1e-6, 1 - 1e-6).logit().add(2) / 4,
    "multiclass": lambda maps: maps.clamp_min(1e-7).log(),
    "sdf": lambda maps: maps / FAMILIES["sdf"].UNIT,
}
"""For families whose outputs are not their maps: from ideal maps to outputs."""

SHARPEST = {"distance": {"fill_threshold": 0.0}}
"""For families whose default thresholds keep a distance from the edge: those that suit perfect maps."""


def loss_of(family, outputs, target, params):
    """Loss and terms, the learned scalars at their first values."""
    learned = {name: torch.tensor(value, dtype=outputs.dtype) for name, value in family.learned.items()}
    return family.loss(outputs, target, params, learned)


def _thick(paths, shape, radius):
    mask = np.ones(shape, bool)
    for path in paths:
        mask[path] = False
    return ndimage.distance_transform_edt(mask) <= radius
