"""``sketchcell simulate``: a ground truth → a sketch, as a person would paint it."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path

from sketchcell.cli.inputs import LABEL_SUFFIXES, about
from sketchcell.cli.outputs import claim_file, folder_for_results
from sketchcell.cli.parser import seed, share
from sketchcell.errors import SketchcellError
from sketchcell.images import read_labels, write_labels
from sketchcell.sketch import KINDS, simulate_sketch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("truth", metavar="TRUTH", type=Path, help="instance labels")
    parser.add_argument("--out", metavar="SKETCH", type=Path, required=True, help="the sketch, .tif or .png")
    parser.add_argument(
        "--boundaries-out", metavar="MASK", type=Path, help="the lines between touching objects, .tif or .png"
    )
    parser.add_argument(
        "--share",
        metavar="S",
        type=share,
        default=0.03,
        help="share of the pixels to paint (default: 0.03)",
    )
    parser.add_argument(
        "--kind", metavar="NAME", default=KINDS[0], help=f"one of: {', '.join(KINDS)} (default: {KINDS[0]})"
    )
    parser.add_argument(
        "--seed", metavar="N", type=seed, default=0, help="of the random numbers (default: 0)"
    )
    parser.add_argument("--one-id", action="store_true", help="paint all objects with one id")


def run(arguments: argparse.Namespace) -> int:
    """Draw and write the sketch."""
    outputs = [path for path in (arguments.out, arguments.boundaries_out) if path is not None]
    if len({path.resolve() for path in outputs}) < len(outputs):
        raise SketchcellError("--out and --boundaries-out name the same file; give two names.")
    if arguments.kind not in KINDS:
        raise SketchcellError(
            f"There are no sketches of the kind '{arguments.kind}'; choose from {', '.join(KINDS)}."
        )
    for path in outputs:
        if path.suffix.lower() not in LABEL_SUFFIXES:
            raise SketchcellError(f"{path} is no name for labels; end it in {' or '.join(LABEL_SUFFIXES)}.")
        claim_file(path, [arguments.truth])
    truth = read_labels(arguments.truth)
    with about(arguments.truth):
        sketch = simulate_sketch(
            truth, arguments.share, kind=arguments.kind, seed=arguments.seed, one_id=arguments.one_id
        )
    with ExitStack() as folders:
        for path in outputs:
            folders.enter_context(folder_for_results(path.parent))
        write_labels(arguments.out, sketch.labels)
        if arguments.boundaries_out is not None:
            write_labels(arguments.boundaries_out, sketch.boundaries)
    print(f"{arguments.out}: {(sketch.labels > 0).mean():.1%} painted")
    if arguments.boundaries_out is not None:
        print(f"{arguments.boundaries_out}: {int(sketch.boundaries.sum())} pixels of boundary lines")
    elif sketch.boundaries.any():
        print("The sketch has boundary lines; keep them too with --boundaries-out.")
    return 0
