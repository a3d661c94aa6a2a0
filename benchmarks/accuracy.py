"""Accuracy on folders of images with ground truth, beside a random forest given the same strokes.

    python accuracy.py FOLDER … [--shares 0.03 0.1] [--seconds 60] [--forest forest.py]

A folder holds `NAME_img.*` and `NAME_masks.*`. For each image and share a robot annotator draws a
sketch; the model learns from it, from random weights, and segments the image. The forest is any Python
file with a function `segment(img, sketch)` that returns labels. AP at IoU 0.5 and 0.75 against the whole
truth; means a folder.
"""

import argparse
import importlib.util
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import time
from pathlib import Path

import numpy as np
import torch

from sketchcell import SketchcellError, evaluate, simulate_sketch, train
from sketchcell.images import read_image, read_labels


def pairs(folder, count):
    """Yield names, images and truths of a folder, `count` of them, evenly picked."""
    images = sorted(folder.glob("*_img.*"))
    if not images:
        raise SystemExit(f"There is no *_img.* in {folder}.")
    picked = np.unique(np.linspace(0, len(images) - 1, min(count, len(images))).round().astype(int))
    for image in (images[index] for index in picked):
        name = image.stem.removesuffix("_img")
        truth = next(folder.glob(f"{name}_masks.*"))
        yield name, read_image(image), read_labels(truth)


def load_forest(path):
    """Return the function `segment` of a Python file."""
    spec = importlib.util.spec_from_file_location("forest", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.segment


def scored(segment, truth):
    """Return AP50, AP75 and seconds of a segmentation."""
    start = time.perf_counter()
    labels = segment()
    seconds = time.perf_counter() - start
    accuracy = evaluate(truth, np.asarray(labels))
    return accuracy.ap50, accuracy.ap[accuracy.thresholds.index(0.75)], seconds


def line(name, share, scores):
    cells = "   ".join(f"{ap50:5.2f} {ap75:5.2f} {seconds:6.1f} s" for ap50, ap75, seconds in scores)
    print(f"{name[:32]:<32} {share:>5.0%}   {cells}", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--shares", nargs="+", type=float, default=[0.03, 0.1])
    parser.add_argument("--seconds", type=float, default=60, help="of learning")
    parser.add_argument("--count", type=int, default=2, help="images of each folder")
    parser.add_argument("--kind", default="strokes", help="of sketch: strokes, dabs, scribbles, cells, field")
    parser.add_argument("--one-id", action="store_true", help="paint all objects with one id")
    parser.add_argument("--family", default="flow")
    parser.add_argument("--network", default="compact")
    parser.add_argument("--start", default="random", help="random, prior, or another start")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, help="of torch; its own choice if left out")
    parser.add_argument("--forest", type=Path, help="a Python file with segment(img, sketch)")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    forest = load_forest(arguments.forest) if arguments.forest else None

    print(f"{'':<41}{'model':<23}{'forest' if forest else ''}")
    print(f"{'image':<32} share   " + "   ".join([" AP50  AP75   time  "] * (2 if forest else 1)))
    for folder in arguments.folders:
        means = {share: [] for share in arguments.shares}
        for name, image, truth in pairs(folder, arguments.count):
            for share in arguments.shares:
                sketch = simulate_sketch(truth, share, arguments.kind, arguments.seed, arguments.one_id)

                def learned(image=image, sketch=sketch):
                    model = train(
                        image,
                        sketch,
                        family=arguments.family,
                        network=arguments.network,
                        seconds=arguments.seconds,
                        seed=arguments.seed,
                        device=arguments.device,
                        init=arguments.start,
                    )
                    return model.segment(image)

                try:
                    scores = [scored(learned, truth)]
                except SketchcellError as error:
                    print(f"{name[:32]:<32} {share:>5.0%}   {error}")
                    continue
                if forest:
                    scores.append(scored(lambda i=image, s=sketch: forest(i, s.labels), truth))
                means[share].append(scores)
                line(name, share, scores)
        for share, scores in means.items():
            if scores:
                line(f"= {folder.name}", share, np.mean(scores, axis=0))


if __name__ == "__main__":
    main()
