"""``sketchcell evaluate``: predicted labels and a ground truth → all accuracy measures."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

from sketchcell.cli.inputs import label_files
from sketchcell.errors import SketchcellError
from sketchcell.images import read_labels
from sketchcell.measure import Accuracy, evaluate, mean_accuracy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "predicted", metavar="PREDICTED", type=Path, help="label image, or folder of label images"
    )
    parser.add_argument(
        "truth",
        metavar="TRUTH",
        type=Path,
        help="label image, or folder with files of the same names (stems)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the measures."""
    pairs = _pairs(arguments.predicted, arguments.truth)
    results = {name: _evaluate(predicted, truth) for name, (predicted, truth) in pairs.items()}
    if not arguments.predicted.is_dir():
        (result,) = results.values()
        print(json.dumps(result.to_dict(), indent=2) if arguments.json else as_table(result))
    elif arguments.json:
        images = {name: result.to_dict() for name, result in results.items()}
        print(json.dumps({"images": images, "mean": mean_accuracy([*results.values()])}, indent=2))
    else:
        for name, result in results.items():
            print(f"{name}: AP50 {result.ap50:.3f}, PQ {result.panoptic_quality:.3f}, SEG {result.seg:.3f}")
        print(f"\nMean of {len(results)} images")
        print(as_table(Accuracy.from_dict(mean_accuracy([*results.values()]))))
    return 0


def as_table(accuracy: Accuracy) -> str:
    """Return one line a measure."""
    counts = f"{accuracy.predicted_objects} predicted, {accuracy.true_objects} true objects"
    rows = [f"{name:<26} {'-' if math.isnan(value) else f'{value:.3f}'}" for name, value in accuracy.rows()]
    return "\n".join([counts, *rows])


def _pairs(predicted: Path, truth: Path) -> dict[str, tuple[Path, Path]]:
    for path in (predicted, truth):
        if not path.exists():
            raise SketchcellError(f"{path} does not exist.")
    if predicted.is_dir() != truth.is_dir():
        raise SketchcellError("One is a folder and the other a file; give two files or two folders.")
    if not predicted.is_dir():
        return {predicted.stem: (predicted, truth)}
    ours, theirs = label_files(predicted), label_files(truth)
    for found, other in ((ours, truth), (theirs, predicted)):
        alone = sorted(found.keys() ^ (ours.keys() & theirs.keys()))
        if alone:
            raise SketchcellError(
                f"{len(alone)} file(s) have no partner of the same name in {other}, the first is "
                f"{found[alone[0]]}."
            )
    return {name: (ours[name], theirs[name]) for name in ours}


def _evaluate(predicted: Path, truth: Path) -> Accuracy:
    found, true = read_labels(predicted), read_labels(truth)
    if found.shape != true.shape:
        raise SketchcellError(
            f"{predicted} has {found.shape[0]} × {found.shape[1]} pixels and {truth} {true.shape[0]} × "
            f"{true.shape[1]}; they must be equal."
        )
    return evaluate(true, found)
