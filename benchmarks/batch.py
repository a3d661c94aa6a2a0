"""Many small images, file to file, against the network alone on the same images in memory.

Images are 256 × 256 parts of the sample, turned and with noise, as TIFF files. In each round all columns run
once, one after the other: the bare network (a forward pass an image, as torch is set, and with one image a
core at once), a batch run (reads files, segments, writes labels), the same with the table of all cells, and
cellpose and stardist where they are installed (their networks and decoders on images in memory, nothing
written, weights as they can be had: with `--random` untrained ones, whose cells mean nothing). Medians of the
rounds; the noise is the span of the ratio. The aim is at least 0.8 of what the bare network does. On a busy
machine look at the processor's time: a program that runs more threads gets more of what others leave.
"""

import argparse
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tifffile
import torch

from sketchcell import load_sample
from sketchcell.batch import Options, Order, find_images, segmenting
from sketchcell.images import as_channels
from sketchcell.inference import drain
from sketchcell.pretrained.prior import prior_model


def make_images(count):
    """Return images as different as parts of one image can be."""
    rng = np.random.default_rng(0)
    image = np.tile(load_sample().image, (2, 2))
    for _ in range(count):
        top, left = rng.integers(0, 256, 2)
        part = np.rot90(image[top : top + 256, left : left + 256], rng.integers(4))
        yield np.clip(part + rng.normal(0, 3, part.shape), 0, 255).astype(np.uint8)


def seconds(work):
    """Return the time on the clock and the processor's."""
    start = np.array([time.perf_counter(), time.process_time()])
    work()
    return np.array([time.perf_counter(), time.process_time()]) - start


class Columns:
    """What is timed, by name."""

    def __init__(self, model, images, folder, workers):
        self._model, self._images, self._folder, self._workers = model, images, folder, workers
        normalize = model.config.normalization.apply
        self._inputs = [torch.from_numpy(normalize(as_channels(image)))[None] for image in images]
        self._number = 0

    def network(self):
        with torch.inference_mode():
            for x in self._inputs:
                self._model.network(x.contiguous(memory_format=torch.channels_last))

    def network_at_once(self):
        def forward(x):
            with torch.inference_mode():
                self._model.network(x.contiguous(memory_format=torch.channels_last))

        before = torch.get_num_threads()
        with ThreadPoolExecutor(os.cpu_count(), initializer=torch.set_num_threads, initargs=(1,)) as pool:
            list(pool.map(forward, self._inputs))
        torch.set_num_threads(before)

    def batch(self, table=False):
        self._number += 1
        out = self._folder / f"out{self._number}"
        out.mkdir()
        path = out / "cells.csv" if table else None
        sources = find_images([self._folder / "in"])
        order = Order(sources, out, Options(measured=table), table=path, workers=self._workers)
        outcomes = drain(segmenting(self._model, order))
        assert all(one.state == "done" for one in outcomes)

    def with_table(self):
        self.batch(table=True)


def others(images, random):
    """Return what of the other programs can be run here."""
    found = {}
    try:
        from stardist.models import Config2D, StarDist2D

        model = StarDist2D(Config2D(), name=None, basedir=None) if random else None
        model = model or StarDist2D.from_pretrained("2D_versatile_fluo")
        inputs = [image.astype(np.float32) / 255 for image in images]
        found["stardist"] = lambda: [model.predict_instances(x) for x in inputs]
    except Exception as error:
        print(f"no stardist: {type(error).__name__}: {str(error).splitlines()[0][:80]}")
    try:
        from cellpose import models

        chosen = {"pretrained_model": False} if random else {"model_type": "nuclei"}
        cellpose = models.CellposeModel(gpu=False, **chosen)
        size = cellpose.diam_mean  # nothing is scaled
        found["cellpose"] = lambda: cellpose.eval(list(images), channels=[0, 0], diameter=size)
    except Exception as error:
        print(f"no cellpose: {type(error).__name__}: {str(error).splitlines()[0][:80]}")
    return found


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=300, help="of images; the aim is said of 1,000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--threads", type=int, help="of torch; its own choice if left out")
    parser.add_argument("--random", action="store_true", help="other programs with untrained weights")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)

    with TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "in").mkdir()
        images = list(make_images(arguments.count))
        for number, image in enumerate(images):
            tifffile.imwrite(folder / "in" / f"{number:05}.tif", image)
        columns = Columns(prior_model("flow", 1), images, folder, arguments.workers)
        works = {
            "network": columns.network,
            "network, an image a core": columns.network_at_once,
            "batch": columns.batch,
            "batch with table": columns.with_table,
        } | others(images, arguments.random)
        print(f"{arguments.count} images, {torch.get_num_threads()} thread(s), {os.cpu_count()} cores")
        columns.network()  # the first run of each shape is slower
        times = {name: [] for name in works}
        for _ in range(arguments.rounds):
            for name, work in works.items():
                times[name].append(seconds(work))
    bare = np.array(times["network"])
    for name, taken in times.items():
        ratio = bare / np.array(taken)
        wall, processor = 1000 * np.median(taken, axis=0) / arguments.count
        print(
            f"{name:<25}{wall:7.1f} ms an image: {np.median(ratio[:, 0]):.2f} of the bare network "
            f"({ratio[:, 0].min():.2f} to {ratio[:, 0].max():.2f});  processor {processor:6.1f} ms: "
            f"{np.median(ratio[:, 1]):.2f} ({ratio[:, 1].min():.2f} to {ratio[:, 1].max():.2f})"
        )


if __name__ == "__main__":
    main()
