"""Ground truths and predictions for comparing measures with other implementations: made the same everywhere.

Only whole-number arithmetic, so that no version of any library moves a pixel; `checksum` proves it.
"""

import zlib

import numpy as np

from sketchcell import load_sample


def discs(seed, shift=0, size=64, count=30):
    """Discs painted over one another: many touch; `shift` moves each by up to so many pixels, 0 none."""
    rng = np.random.default_rng(seed)
    centres, radii = rng.integers(0, size, (count, 2)), rng.integers(2, 9, count)
    moves = np.random.default_rng(seed + 100).integers(-shift, shift + 1, (count, 2))
    y, x = np.ogrid[:size, :size]
    labels = np.zeros((size, size), np.int64)
    for name, (centre, radius) in enumerate(zip(centres + moves, radii, strict=True), 1):
        labels[(y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= radius**2] = name
    return labels


def tiles(seed, size=48, count=25):
    """Polygons without any background: each pixel belongs to the nearest of some random points."""
    points = np.random.default_rng(seed).integers(0, size, (count, 2))
    y, x = np.mgrid[:size, :size]
    return ((y[..., None] - points[:, 0]) ** 2 + (x[..., None] - points[:, 1]) ** 2).argmin(-1) + 1


def renamed(labels, ids):
    """Give the objects other ids, in the order of the old ones."""
    found, places = np.unique(labels, return_inverse=True)
    names = np.concatenate([[0], ids])[: found.size + 1]
    return names[places.reshape(labels.shape) + int(found[0] != 0)]


def shrunken(labels):
    """Take the outermost pixel from every object."""
    edge = np.zeros(labels.shape, bool)
    for axis in (0, 1):
        differs = np.diff(labels, axis=axis) != 0
        edge |= np.insert(differs, 0, False, axis) | np.insert(differs, differs.shape[axis], False, axis)
    return np.where(edge, 0, labels)


def _boxes(*boxes, shape=(20, 40)):
    labels = np.zeros(shape, np.int64)
    for name, (rows, columns) in enumerate(boxes, 1):
        labels[slice(*rows), slice(*columns)] = name
    return labels


def _shares(numerators, denominator):
    """Objects in rows of their own, whose IoU is a numerator / denominator exactly."""
    truth = np.repeat(np.arange(1, len(numerators) + 1)[:, None], denominator, axis=1)
    kept = np.arange(denominator) < np.array(numerators)[:, None]
    margin = ((0, 1), (0, 1))
    return np.pad(truth, margin), np.pad(np.where(kept, truth, 0), margin)


def pairs():
    """Return named pairs of truth and prediction, int64, of one shape each, two or three axes."""
    none = np.zeros((20, 40), np.int64)
    four = _boxes(((2, 8), (1, 9)), ((2, 8), (9, 17)), ((10, 19), (1, 15)), ((10, 16), (20, 30)))
    edge = _boxes(((0, 6), (0, 6)), ((0, 5), (30, 40)), ((14, 20), (0, 40)), ((8, 9), (20, 21)))
    nuclei = load_sample().truth.astype(np.int64)
    image = np.asarray(load_sample().image).astype(np.int64)
    made = {f"discs {seed}": (discs(seed), discs(seed, shift=seed)) for seed in range(5)}
    made |= {f"strangers {seed}": (discs(seed), discs(seed + 50)) for seed in range(2)}
    made |= {f"tiles {seed}": (tiles(seed), tiles(seed + 50)) for seed in range(2)}
    made |= {
        "both empty": (none, none),
        "nothing predicted": (four, none),
        "nothing there": (none, four),
        "one": (none + (four == 4), none + 7 * (np.roll(four, 2, 1) == 4)),
        "the whole image": (none + 1, none + (np.arange(40) > 15)),
        "equal": (four, four),
        "merged": (four, np.where(four == 2, 1, four)),
        "all merged": (four, none + (four > 0)),
        "all merged, filled": (four, none + 1),
        "split": (four, np.where((four > 0) & (np.arange(40) % 8 > 3), four + 4, four)),
        "split in halves": (four, np.where((four == 1) & (np.arange(40) >= 5), 9, four)),
        "split unevenly": (four, np.where((four == 1) & (np.arange(40) >= 7), 9, four)),
        "half covered": (four, np.where((four == 1) & (np.arange(40) >= 5), 0, four)),
        "touching, shrunken": (four, shrunken(four)),
        "missed and invented": (np.where(four == 4, 0, four), np.where(four == 1, 0, four)),
        "at the edge": (edge, np.roll(edge, (0, 1), (0, 1))),
        "single pixels": (
            none + np.eye(20, 40, dtype=int) * np.arange(40),
            none + np.eye(20, 40, 1, int) * 3,
        ),
        "IoU of twentieths": _shares(range(1, 21), 20),
        "gaps between ids": (four * 11, renamed(discs(0)[:20, :40], np.arange(5, 500, 7)[::-1])),
        "huge ids": (four + (four > 0) * 2_000_000_000, np.where(four == 3, 60_000, four)),
        "volume": (
            np.stack([discs(seed, size=32, count=9) for seed in (7, 7, 8)]),
            np.stack([discs(seed, shift=1, size=32, count=9) for seed in (7, 8, 8)]),
        ),
        "nuclei, shrunken": (nuclei, shrunken(nuclei)),
        "nuclei, moved": (nuclei, np.roll(nuclei, (3, -2), (0, 1))),
        "nuclei, merged": (nuclei, (nuclei + 1) // 2),
        "nuclei, split": (nuclei, np.where((nuclei > 0) & (np.arange(256) % 24 > 7), nuclei + 100, nuclei)),
        "nuclei, bands of brightness": (nuclei[:96, :96], (image // 24)[:96, :96]),
    }
    return made


#: Pairs that together stand for one data set.
DATA_SET = ("discs 1", "discs 2", "nuclei, moved", "all merged", "nothing predicted", "missed and invented")


def checksum(truth, predicted):
    """Tell whether a pair is the one it was."""
    return zlib.crc32(np.stack([truth, predicted]).astype("<i8").tobytes())
