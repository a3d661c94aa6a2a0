"""``sketchcell segment``: a model and images → instance labels for each, and a table of all cells."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from tqdm import tqdm

from sketchcell.batch import (
    FORMATS,
    LINKS,
    Options,
    Order,
    Outcome,
    find_images,
    segmenting,
    summary,
    with_params,
)
from sketchcell.cli.cluster import add_cluster_arguments, chosen_scheduler, performing
from sketchcell.cli.measure import claim_table
from sketchcell.cli.outputs import claim_folder, folder_for_results
from sketchcell.cli.params import add_param_options, chosen_params
from sketchcell.cli.parser import positive_int
from sketchcell.inference import Progress
from sketchcell.model import load_model
from sketchcell.networks import pick_device

_BAR = "{desc}: {percentage:3.0f}% |{bar}| {elapsed}, {remaining} left{postfix}"
_SOME_FAILED = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("model", metavar="MODEL", type=Path, help="folder of a model")
    parser.add_argument(
        "images",
        metavar="IMAGE",
        nargs="+",
        help="files, folders of images, OME-Zarr images, or patterns such as 'day*/*.tif'",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        required=True,
        help="folder for the labels: DIR/NAME.tif for NAME.*; what is done there already is skipped",
    )
    parser.add_argument("--recursive", action="store_true", help="look in the folders of folders, too")
    parser.add_argument(
        "--again", action="store_true", help="replace labels that another model or other options made"
    )
    parser.add_argument("--format", choices=list(FORMATS), default="tiff", help="of the labels (tiff)")
    parser.add_argument(
        "--table",
        metavar="FILE",
        type=Path,
        help="table of all cells, .csv or .parquet; one of images is written beside it",
    )
    parser.add_argument(
        "--confidence",
        action="store_true",
        help="look twice; a column of the table says how sure cells are",
    )
    parser.add_argument(
        "--link",
        choices=LINKS,
        default="auto",
        help="join planes in depth (z), in time (t), or not; auto: in depth if the file names an axis z",
    )
    parser.add_argument(
        "--channels", metavar="N", nargs="+", type=int, help="which ones the model sees, in order, from 0"
    )
    parser.add_argument(
        "--tile", metavar="PX", type=positive_int, help="segment larger images in tiles of this side"
    )
    parser.add_argument(
        "--halo", metavar="PX", type=positive_int, help="how large cells in tiles may be (by the model)"
    )
    parser.add_argument("--workers", metavar="N", type=positive_int, help="images at once (all cores)")
    parser.add_argument("--device", metavar="NAME", default="auto", help="auto (default), cpu, cuda or mps")
    add_cluster_arguments(parser)
    add_param_options(parser, "decode")


def run(arguments: argparse.Namespace) -> int:
    """Segment every image."""
    device = pick_device(arguments.device)
    model = load_model(arguments.model)
    params = chosen_params(arguments, model.family, "decode", model.config.params)
    channels = None if arguments.channels is None else tuple(arguments.channels)
    table = arguments.table
    options = Options(
        arguments.format,
        arguments.link,
        channels,
        measured=table is not None,
        confidence=arguments.confidence,
        tile=arguments.tile,
        halo=arguments.halo,
    )
    sources = find_images(arguments.images, recursive=arguments.recursive, out=arguments.out)
    claim_folder(arguments.out)
    if table is not None:
        claim_table(table, [source.path for source in sources])
    scheduler = chosen_scheduler(arguments)
    if scheduler is None:
        model.network.to(device)
    order = Order(
        sources, arguments.out, options, again=arguments.again, table=table, workers=arguments.workers
    )
    with folder_for_results(arguments.out), performing(scheduler, arguments) as perform:
        outcomes = _shown(segmenting(with_params(model, params), order, perform))
    print(summary(outcomes), file=sys.stderr)
    return _SOME_FAILED if any(one.state == "failed" for one in outcomes) else 0


def _shown(steps: Generator[Progress | Outcome, None, list[Outcome]]) -> list[Outcome]:
    what = ""
    with closing(steps), tqdm(total=1, disable=None, bar_format=_BAR, smoothing=0.05) as bar:
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                outcomes: list[Outcome] = end.value
                return outcomes
            if isinstance(step, Outcome):
                _tell(bar, step)
                continue
            if step.what != what:
                # What was done before says nothing about the time that is left.
                what = step.what
                bar.set_description(what, refresh=False)
                bar.reset(step.total)
                bar.initial = bar.n = step.done
            bar.update(step.done - bar.n)


def _tell(bar: tqdm[None], outcome: Outcome) -> None:
    if outcome.state == "failed":
        # what is wrong with a file mostly names it
        place = "" if str(outcome.image) in outcome.reason else f"{outcome.image}: "
        bar.write(f"sketchcell: {place}{outcome.reason}", file=sys.stderr)
    elif outcome.state != "running":
        before = ", done before" if outcome.state == "skipped" else ""
        bar.write(f"{outcome.output}: {outcome.cells} objects{before}")
    for warning in outcome.warnings:
        bar.write(f"sketchcell: {outcome.output}: {warning}", file=sys.stderr)
