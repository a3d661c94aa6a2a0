"""Processor time of measuring many cells, with one channel of intensities, beside scikit-image.

Cells are discs of different sizes with uneven outlines, many of which touch. The aim is 10 s for 100,000
cells on one processor core. scikit-image measures the same properties object by object, on a part of the
image; the ratio compares times a cell in one run. Values that differ are told.
"""

import argparse
import os
import time
import tracemalloc

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from skimage.measure import regionprops_table

from sketchcell.measure import measure

COLUMNS = {
    "label": "label",
    "area": "area",
    "perimeter": "perimeter",
    "axis_major_length": "major_axis",
    "axis_minor_length": "minor_axis",
    "eccentricity": "eccentricity",
    "orientation": "orientation",
    "solidity": "solidity",
    "feret_diameter_max": "feret_max",
    "extent": "extent",
    "intensity_mean": "intensity_mean",
    "intensity_std": "intensity_std",
    "intensity_min": "intensity_min",
    "intensity_max": "intensity_max",
    "intensity_median": "intensity_median",
}


def many_cells(random, size, count):
    """Return labels ``(size, size)`` with about `count` cells on a shaken grid."""
    side = int(np.ceil(np.sqrt(count)))
    pitch = size / side
    labels = np.zeros((size, size), np.int32)
    for number in range(count):
        row, column = ((np.array(divmod(number, side)) + 0.5) * pitch + random.uniform(-2, 2, 2)).astype(int)
        radius = random.uniform(0.35, 0.55) * pitch
        top, left = max(0, row - int(pitch)), max(0, column - int(pitch))
        part = labels[top : row + int(pitch), left : column + int(pitch)]
        rows, columns = np.ogrid[top : top + part.shape[0], left : left + part.shape[1]]
        angle = np.arctan2(rows - row, columns - column)
        uneven = radius * (1 + 0.15 * np.sin(3 * angle + random.uniform(0, 6)))
        part[((rows - row) ** 2 + (columns - column) ** 2 <= uneven**2) & (part == 0)] = number + 1
    return labels


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=7000)
    parser.add_argument("--cells", type=int, default=100_000)
    parser.add_argument("--distances", type=float, nargs="*", default=[0, 5, 20], help="of neighbours, px")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--part", type=int, default=1000, help="side of what scikit-image measures")
    arguments = parser.parse_args()
    random = np.random.default_rng(0)
    labels = many_cells(random, arguments.size, arguments.cells)
    image = random.integers(0, 4000, labels.shape).astype(np.uint16)
    per_cell = 0.0
    for title, options in [
        (f"neighbours within {distance:g} px", {"neighbour_distance": distance})
        for distance in arguments.distances
    ] + [("pixels of 0.3 × 0.2 µm", {"pixel_size": (0.3, 0.2)})]:
        times = []
        for _ in range(arguments.repeats):
            start = time.process_time()
            table = measure(labels, image, **options)
            times.append(time.process_time() - start)
        per_cell = per_cell or np.median(times) / len(table)
        spread = f"({min(times):.2f} to {max(times):.2f})"
        print(f"{len(table)} cells, {title:<28} {np.median(times):6.2f} s {spread}")
    tracemalloc.start()
    measure(labels, image)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    given = (labels.nbytes + image.nbytes) / 2**20
    print(f"at most {peak:.0f} MB of memory besides {given:.0f} MB of labels and image")

    side = arguments.part
    part, pixels = labels[:side, :side], image[:side, :side]
    start = time.process_time()
    theirs = regionprops_table(part, pixels, properties=tuple(COLUMNS))
    theirs_per_cell = (time.process_time() - start) / len(theirs["label"])
    ours = measure(part, pixels)
    differences = {column: np.abs(theirs[name] - ours[column]) for name, column in COLUMNS.items()}
    turned = differences["orientation"]  # -π/2 and π/2 are one direction
    differences["orientation"] = np.minimum(turned, np.pi - turned)
    worst = max(values.max() for values in differences.values())
    ratio = theirs_per_cell / per_cell
    print(f"scikit-image takes {ratio:.0f} times as long a cell; largest difference {worst:.1e}")


if __name__ == "__main__":
    main()
