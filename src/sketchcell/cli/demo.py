"""``sketchcell demo``: the main job, from sample image and sample strokes to a measured result."""

from __future__ import annotations

import argparse
from pathlib import Path

from sketchcell.cli.measure import claim_table
from sketchcell.cli.outputs import claim_file, claim_model
from sketchcell.cli.train import add_limit_arguments, learn_and_save
from sketchcell.images import write_labels, write_png
from sketchcell.inference import drain
from sketchcell.learning import FitSettings
from sketchcell.learning.learner import Learner
from sketchcell.learning.start import starting
from sketchcell.measure import evaluate, measure, overlay, write_table
from sketchcell.networks import pick_device
from sketchcell.pretrained import PRIOR
from sketchcell.samples import load_sample

SECONDS = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=Path("sketchcell-demo"),
        help="folder for the results (default: sketchcell-demo)",
    )
    add_limit_arguments(parser, SECONDS)


def run(arguments: argparse.Namespace) -> int:
    """Train, segment, measure, and tell how good it is."""
    out: Path = arguments.out
    names = {name: out / name for name in ("labels.tif", "cells.csv", "overlay.png", "model")}
    pick_device(arguments.device)
    claim_file(names["labels.tif"])
    claim_file(names["overlay.png"])
    claim_table(names["cells.csv"])
    claim_model(names["model"])

    sample = load_sample()
    painted = (sample.sketch.labels > 0).mean()
    print(
        f"A sample image of {sample.image.shape[0]} × {sample.image.shape[1]} pixels, {painted:.1%} painted."
    )
    settings = FitSettings(
        steps=arguments.steps,
        seconds=None if arguments.steps else arguments.seconds or SECONDS,
        device=arguments.device,
        seed=arguments.seed,
    )
    start = drain(starting(PRIOR, [sample.image], settings))
    learner = Learner([sample.image], [sample.sketch], settings, start.model if start else None)
    model, code = learn_and_save(learner, names["model"])
    if model is None:
        return code

    labels = model.segment(sample.image)
    cells = measure(labels, sample.image)
    cells.insert(0, "file", "labels.tif")
    write_labels(names["labels.tif"], labels)
    write_table(names["cells.csv"], cells)
    write_png(names["overlay.png"], overlay(sample.image, labels))

    accuracy = evaluate(sample.truth, labels)
    print(f"Found {accuracy.predicted_objects} cells; the ground truth has {accuracy.true_objects}.")
    print(f"Accuracy: AP50 {accuracy.ap50:.3f}, PQ {accuracy.panoptic_quality:.3f}, SEG {accuracy.seg:.3f}.")
    what = {
        "labels.tif": "instance labels",
        "cells.csv": "one row a cell",
        "overlay.png": "outlines on the image",
    }
    for name, path in names.items():
        print(f"  {path}: {what.get(name, 'the model')}")
    return code
