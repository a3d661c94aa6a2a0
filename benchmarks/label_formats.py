"""Seconds to write 100,000 cells in each format, and the size of what is written.

Cells are discs of random size in a plane of 7,000 × 7,000 px. Processor time of one thread, the median of
`--times`; on a busy machine, too, that is what the work costs. Memory is the peak of the whole process.
"""

import argparse
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from sketchcell.export.labels import LABEL_FORMATS, LabelPlanes, exporting_labels, outlines
from sketchcell.inference import drain


def discs(side, count):
    """Return a plane of about `count` discs."""
    cells = int(np.sqrt(count))
    pitch = side / cells
    radii = np.random.default_rng(0).uniform(0.3, 0.49, (cells, cells)) * pitch
    place = np.arange(side)
    cell = (place / pitch).astype(int).clip(max=cells - 1)
    off = place + 0.5 - (cell + 0.5) * pitch
    labels = (np.arange(1, cells * cells + 1, dtype=np.int32).reshape(cells, cells))[np.ix_(cell, cell)]
    labels[off[:, None] ** 2 + off[None] ** 2 > radii[np.ix_(cell, cell)] ** 2] = 0
    return labels


def seconds(work, times):
    """Return the median processor time of a piece of work."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return float(np.median(taken))


def size(path):
    """Return the bytes of a file, or of the files in a folder."""
    return sum(file.stat().st_size for file in [path, *path.rglob("*")] if file.is_file())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=7000)
    parser.add_argument("--cells", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=3)
    arguments = parser.parse_args()
    labels = discs(arguments.side, arguments.cells)
    cells = LabelPlanes("cells", [labels])
    print(f"{labels.max():,} cells in {arguments.side} × {arguments.side} px")
    print(f"outlines alone  {seconds(lambda: outlines(labels), arguments.times):5.1f} s")
    with TemporaryDirectory() as folder:
        for name, form in LABEL_FORMATS.items():
            path = Path(folder) / f"cells{form.suffix}"
            taken = seconds(lambda p=path, n=name: drain(exporting_labels(cells, p, n)), arguments.times)
            print(f"{name:14}  {taken:5.1f} s  {size(path) / 1e6:6.1f} MB")
    print(f"peak memory     {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:5.1f} GB")


if __name__ == "__main__":
    main()
