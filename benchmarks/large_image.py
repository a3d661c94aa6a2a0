"""Segmenting an image larger than memory: memory, the network's share of the work, time against area.

An image of each size is made of the nuclei sample, turned and mirrored at random, as chunks of a zarr array;
each run is a fresh process. The network's share is that of processor time in all threads, from the first look
at the image to the last label. With `--workers 1 2` runs with one and two threads alternate.
"""

import argparse
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import zarr

CHUNK = 1024


def make(path, side):
    """Write an image of side × side pixels, chunk by chunk."""
    from sketchcell.samples import load_sample

    nuclei = np.asarray(load_sample("nuclei").image)
    rng = np.random.default_rng(0)
    image = zarr.create_array(str(path), shape=(side, side), chunks=(CHUNK, CHUNK), dtype=nuclei.dtype)
    repeat = CHUNK // nuclei.shape[0]
    for top in range(0, side, CHUNK):
        for left in range(0, side, CHUNK):
            tiles = [
                [np.rot90(nuclei, rng.integers(4))[:, :: rng.choice([-1, 1])] for _ in range(repeat)]
                for _ in range(repeat)
            ]
            image[top : top + CHUNK, left : left + CHUNK] = np.block(tiles)[: side - top, : side - left]


def run(path, family, workers, tile):
    """Segment; print figures as JSON."""
    from sketchcell.images import Planes
    from sketchcell.inference import drain
    from sketchcell.large import Threads, segmenting, segmenting_large
    from sketchcell.pretrained import prior_model

    network = []
    bare = segmenting.run

    def timed(*arguments):
        start = time.thread_time()
        maps = bare(*arguments)
        network.append(time.thread_time() - start)
        return maps

    segmenting.run = timed
    model = prior_model(family, 1)
    image = zarr.open_array(str(path), mode="r")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        out = zarr.create_array(
            f"{folder}/labels.zarr", shape=image.shape, chunks=image.chunks, dtype=np.int32
        )
        wall, cpu = time.perf_counter(), time.process_time()
        work = Path(folder) / "work"
        steps = segmenting_large(
            model, Planes(image), (), out, work=work, tile=tile, workers=Threads(workers)
        )
        found = drain(steps)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = {"wall": wall, "cpu": cpu, "network": sum(network), "cells": found.count}
    print(json.dumps(figures | {"peak_mb": peak / 1e3, "before_mb": before / 1e3}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sides", type=int, nargs="+", default=[2000, 5000, 10_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[2])
    parser.add_argument("--tile", type=int)
    parser.add_argument("--family", default="flow")
    parser.add_argument("--image", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.image:
        run(arguments.image, arguments.family, arguments.workers[0], arguments.tile)
        return
    titles = ("side", "workers", "cells", "wall s", "cpu s", "cpu s/Mpx", "network", "peak MB")
    print(" ".join(f"{title:>9}" for title in titles))
    for side in arguments.sides:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "image.zarr"
            make(path, side)
            for workers in arguments.workers:
                command = [__file__, "--image", path, "--workers", workers, "--family", arguments.family]
                command += [] if arguments.tile is None else ["--tile", arguments.tile]
                command = [sys.executable, *map(str, command)]
                output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
                one = json.loads(output.splitlines()[-1])
                row = (side, workers, f"{one['cells']:,}", f"{one['wall']:.1f}", f"{one['cpu']:.1f}")
                row += (f"{one['cpu'] / side**2 * 1e6:.3f}", f"{one['network'] / one['cpu']:.0%}")
                print(" ".join(f"{value:>9}" for value in (*row, f"{one['peak_mb']:.0f}")), flush=True)


if __name__ == "__main__":
    main()
