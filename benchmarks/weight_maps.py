"""Speed of weight maps: a whole image of 1024 × 1024 px with 300 cells, nothing known before.

Prints medians and the longest of a few runs. The aim for SAW, whose skeletons and hulls are found cell by
cell, is 2 s on two cores.
"""

import argparse
import time

import numpy as np
from scipy import ndimage

from sketchcell.families.weight_maps import class_balance, dwm, saw, unet_weights


def cells(random, size=1024, count=300):
    """Return `count` irregular cells of about 45 px, many of them touching."""
    side = int(np.ceil(np.sqrt(count)))
    step = size / side
    grid = np.stack(np.meshgrid(*[np.arange(side) * step + step / 2] * 2, indexing="ij"), -1).reshape(-1, 2)
    places = grid[random.permutation(len(grid))[:count]] + random.uniform(-step / 5, step / 5, (count, 2))
    seeds = np.ones((size, size), bool)
    numbers = np.zeros((size, size), np.int32)
    rows, columns = np.clip(np.rint(places), 0, size - 1).astype(int).T
    seeds[rows, columns] = False
    numbers[rows, columns] = np.arange(1, count + 1)
    away, (y, x) = ndimage.distance_transform_edt(seeds, return_indices=True)
    rough = ndimage.gaussian_filter(random.normal(size=(size, size)), 4)
    return np.where(away + 60 * rough < 0.45 * step, numbers[y, x], 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    labels = cells(np.random.default_rng(0))
    print(f"{np.unique(labels).size - 1} cells cover {np.count_nonzero(labels) / labels.size:.0%}")
    for function in (class_balance, unet_weights, dwm, saw):
        times = []
        for _ in range(arguments.repeats):
            start = time.perf_counter()
            function(labels)
            times.append(time.perf_counter() - start)
        print(f"{function.__name__:<14} {np.median(times):5.2f} s, at most {max(times):5.2f} s")


if __name__ == "__main__":
    main()
