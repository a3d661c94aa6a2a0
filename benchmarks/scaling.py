"""What a million small images or a whole slide cost: measured small, fitted, checked at a larger size."""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import zarr


def picture(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    tile = np.zeros((256, 256))
    rows, columns = np.ogrid[:256, :256]
    for row in range(12, 250, 26):
        for column in range(12, 250, 26):
            y, x = row + random.uniform(-3, 3), column + random.uniform(-3, 3)
            tile[np.hypot(rows - y, columns - x) < random.uniform(7, 10)] = 3000
    tile = (tile + 500 + random.normal(0, 150, tile.shape)).clip(0).astype(np.uint16)
    return np.tile(tile, (-(-shape[0] // 256), -(-shape[1] // 256)))[: shape[0], : shape[1]]


def model_for():
    from sketchcell.inference import drain
    from sketchcell.pretrained import prior_for

    return drain(prior_for([picture((256, 256))], "flow"))


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def many(count: int) -> dict[str, float]:
    """Segment and measure `count` images of 256²; also the bare network on them in one thread."""
    import tifffile
    import torch

    from sketchcell.batch import Options, Order, find_images, segmenting
    from sketchcell.inference import drain, predict_tiles

    model = model_for()
    with tempfile.TemporaryDirectory() as folder:
        images, out = Path(folder, "images"), Path(folder, "out")
        images.mkdir()
        out.mkdir()
        for number in range(count):
            tifffile.imwrite(images / f"{number:06}.tif", picture((256, 256), number % 20))
        order = Order(
            find_images([str(images)], out=out), out, Options(measured=True), table=out / "cells.csv"
        )
        start = time.process_time()
        drain(segmenting(model, order))
        seconds = time.process_time() - start
        disk = size_of(out)
    torch.set_num_threads(1)
    channels = model.config.normalization.apply(picture((256, 256))[None])
    start = time.process_time()
    for _ in range(few := max(count // 4, 1)):
        drain(predict_tiles(model.network, channels, model.family.activate))
    network = (time.process_time() - start) / few * count
    return {"seconds": seconds, "network": network, "disk": disk}


def slide(side: int) -> dict[str, float]:
    """Segment one image of side² in blocks; also the bare network on as many tiles in one thread."""
    import torch

    from sketchcell.images import Planes
    from sketchcell.inference import tile_grid
    from sketchcell.inference.tiles import run
    from sketchcell.large import segmenting_large

    model = model_for()
    with tempfile.TemporaryDirectory() as folder:
        square = {"shape": (side, side), "chunks": (512, 512)}
        image = zarr.create_array(f"{folder}/image.zarr", dtype="uint16", **square)
        for row in range(0, side, 512):
            image[row : row + 512] = picture((min(512, side - row), side), row)
        out = zarr.create_array(f"{folder}/labels.zarr", dtype="int32", **square)
        disk, start = 0, time.process_time()
        work = Path(folder, "work")
        steps = segmenting_large(model, Planes(image), (), out, work=work)
        for step in steps:
            if step.done == step.total:
                disk = max(disk, size_of(work))
        seconds = time.process_time() - start
        labels = size_of(Path(folder, "labels.zarr"))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    torch.set_num_threads(1)
    grid = tile_grid(model.network, model.working_shape((side, side)))
    window = grid.windows[0]
    sample = np.random.default_rng(0).random(
        (1, *(span.stop - span.start for span in window)), dtype=np.float32
    )
    start = time.process_time()
    for _ in range(few := min(len(grid.windows), 8)):
        run(model.network, sample, model.family.activate)
    network = (time.process_time() - start) / few * len(grid.windows)
    return {"seconds": seconds, "network": network, "disk": disk, "labels": labels, "memory": memory}


def measured(kind: str, size: int) -> dict[str, float]:
    """Measure in a process of its own, whose memory is that of this size."""
    words = [sys.executable, __file__, "--one", kind, str(size)]
    answer = subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    return {name: float(value) for name, value in (pair.split("=") for pair in answer.split())}


def report(kind: str, sizes: list[int], units: list[float], goal: float, name: str) -> None:
    """Print what was measured, and a line through all but the largest size, held against that."""
    found = [measured(kind, size) for size in sizes]
    print(f"\n{name}")
    for size, one in zip(sizes, found, strict=True):
        rest = ", ".join(f"{key} {value / 1e6:.1f} MB" for key, value in one.items() if key not in TIMES)
        share = one["network"] / one["seconds"]
        print(f"  {size:>6}: {one['seconds']:.1f} s, {share:.0%} of it network; {rest}")
    slope, offset = np.polyfit(units[:-1], [one["seconds"] for one in found[:-1]], 1)
    predicted, true = slope * units[-1] + offset, found[-1]["seconds"]
    print(f"  line: {offset:.1f} s + {slope:.3g} s a unit; at {sizes[-1]}, ", end="")
    print(f"{predicted / true:.2f} of what was measured")
    print(f"  {name}: {(slope * goal + offset) / 3600:.1f} core hours; ", end="")
    sums = {key: found[-1][key] / units[-1] * goal / 1e9 for key in found[-1] if key in ("disk", "labels")}
    print(", ".join(f"{key} {value:.0f} GB" for key, value in sums.items()))


TIMES = ("seconds", "network")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    # processor time, which other programs hardly change
    parser.add_argument("--images", type=int, nargs="+", default=[40, 80, 160])
    parser.add_argument("--sides", type=int, nargs="+", default=[1536, 2304, 3072])
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        kind, size = arguments.one
        answer = {"many": many, "slide": slide}[kind](int(size))
        print(" ".join(f"{key}={value}" for key, value in answer.items()))
        return
    counts, sides = sorted(arguments.images), sorted(arguments.sides)
    report("many", counts, [float(count) for count in counts], 1e6, "a million images of 256²")
    report("slide", sides, [side**2 / 1e6 for side in sides], 1e4, "a slide of 100,000²")


if __name__ == "__main__":
    main()
