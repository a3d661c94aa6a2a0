"""``sketchcell evaluate``: predicted labels and a ground truth → all accuracy measures."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sketchcell.cli.inputs import label_files
from sketchcell.errors import SketchcellError
from sketchcell.images import read_label_stack
from sketchcell.measure import Accuracy, Comparison, compare, mean_accuracy, pooled_accuracy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "predicted", metavar="PREDICTED", type=Path, help="label image, stack, or folder of them"
    )
    parser.add_argument(
        "truth",
        metavar="TRUTH",
        type=Path,
        help="label image, stack, or folder with files of the same names (stems)",
    )
    parser.add_argument(
        "--planes",
        action="store_true",
        help="judge every plane of a stack by itself; without it, a stack is one volume",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the measures."""
    pairs = _pairs(arguments.predicted, arguments.truth)
    compared: dict[str, Comparison] = {}
    for name, (predicted, truth) in pairs.items():
        for suffix, found, true in _images(predicted, truth, arguments.planes):
            compared[name + suffix] = compare(true, found)
    results = {name: comparison.accuracy() for name, comparison in compared.items()}
    if not arguments.predicted.is_dir() and [*results] == [*pairs]:
        (result,) = results.values()
        print(json.dumps(result.to_dict(), indent=2) if arguments.json else as_table(result))
        return 0
    mean, pooled = mean_accuracy([*results.values()]), pooled_accuracy([*compared.values()])
    if arguments.json:
        images = {name: result.to_dict() for name, result in results.items()}
        print(json.dumps({"images": images, "mean": mean, "pooled": pooled.to_dict()}, indent=2))
        return 0
    for name, result in results.items():
        print(f"{name}: AP50 {result.ap50:.3f}, PQ {result.panoptic_quality:.3f}, SEG {_shown(result.seg)}")
    print(f"\nMean of {len(results)} images, and all their objects pooled")
    print(as_table(Accuracy.from_dict(mean), pooled))
    return 0


def as_table(*columns: Accuracy) -> str:
    """Return one line a measure, with the values of one or more accuracies side by side."""
    counts = f"{columns[0].predicted_objects} predicted, {columns[0].true_objects} true objects"
    names = [name for name, _ in columns[0].rows()]
    values = zip(*([value for _, value in column.rows()] for column in columns), strict=True)
    rows = [
        f"{name:<26} {'  '.join(f'{_shown(value):<5}' for value in row)}".rstrip()
        for name, row in zip(names, values, strict=True)
    ]
    return "\n".join([counts, *rows])


def _shown(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


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


def _images(
    predicted: Path, truth: Path, planes: bool
) -> Iterator[tuple[str, NDArray[np.int32], NDArray[np.int32]]]:
    """Yield what is judged by itself: a suffix for its name, the prediction and the truth."""
    (found, found_axes), (true, true_axes) = read_label_stack(predicted), read_label_stack(truth)
    if found.shape != true.shape:
        raise SketchcellError(
            f"{predicted} has {_size(found.shape)} pixels and {truth} {_size(true.shape)}; they must be "
            "equal."
        )
    # Ids that run through time are tracks; what is judged here are the objects of each time point.
    in_time = "T" in (found_axes[0], true_axes[0])
    apart = true.ndim - 2 if planes else int(in_time)
    for index in np.ndindex(true.shape[:apart]):
        yield f"[{', '.join(map(str, index))}]" if index else "", found[index], true[index]


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
