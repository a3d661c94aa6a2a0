"""``sketchcell distill``: a large model and images → a small model that says the same."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from sketchcell.cli.inputs import about, checked_image
from sketchcell.cli.outputs import claim_model, folder_for_results, require_space
from sketchcell.cli.progress import BAR, StopRequest, stop_on_interrupt
from sketchcell.cli.train import add_limit_arguments
from sketchcell.errors import SketchcellError
from sketchcell.learning import FitSettings
from sketchcell.learning.distill import Distillation
from sketchcell.measure import compare, pooled_accuracy
from sketchcell.model import Model, load_model
from sketchcell.networks import NETWORKS, pick_device

SECONDS = 120.0
_ENOUGH = 4  # images, from which some are held out
_HELD_OUT = 4  # every fourth


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("big", metavar="BIG", type=Path, help="folder of the model to imitate")
    parser.add_argument(
        "--images",
        metavar="IMAGE",
        nargs="+",
        type=Path,
        required=True,
        help="of the kind that it segments well; TIFF, PNG or JPEG, one plane each",
    )
    parser.add_argument("--out", metavar="SMALL", type=Path, required=True, help="folder for the small model")
    parser.add_argument(
        "--network",
        metavar="NAME",
        default="compact",
        help=f"of the small model, one of: {', '.join(NETWORKS)} (default: compact)",
    )
    add_limit_arguments(parser, SECONDS)


def run(arguments: argparse.Namespace) -> int:
    """Teach the small model, save it, and tell how far both agree."""
    if arguments.network not in NETWORKS:
        raise SketchcellError(
            f"There is no network '{arguments.network}'; choose from {', '.join(NETWORKS)}."
        )
    pick_device(arguments.device)
    claim_model(arguments.out)
    big = load_model(arguments.big)
    if arguments.out.is_dir() and arguments.out.samefile(arguments.big):
        raise SketchcellError(f"{arguments.out} is the large model itself; choose another name.")
    images = [_image(path, big) for path in arguments.images]
    held_out = set(range(_HELD_OUT - 1, len(images), _HELD_OUT)) if len(images) >= _ENOUGH else set()
    settings = FitSettings(
        family=big.config.family,
        network=arguments.network,
        steps=arguments.steps,
        seconds=None if arguments.steps else arguments.seconds or SECONDS,
        device=arguments.device,
        seed=arguments.seed,
    )
    taught = [image for number, image in enumerate(images) if number not in held_out]
    distillation = Distillation(big, taught, settings)
    weights = distillation.network.parameters()
    require_space(arguments.out, sum(4 * weight.numel() for weight in weights) + 1_000_000)
    with stop_on_interrupt() as stop:
        loss = _learn(distillation, stop)
        if loss is None:
            print("sketchcell: Stopped before the first step; nothing was saved.", file=sys.stderr)
            return 130
        small = distillation.model()
        with folder_for_results(arguments.out.parent):
            small.save(arguments.out)
    done = f"{distillation.steps} steps in {distillation.elapsed:.0f} s, loss {loss:.3f}"
    if stop:
        print(
            f"sketchcell: Stopped after {done}; what was learned is saved in {arguments.out}.",
            file=sys.stderr,
        )
        return 130
    print(f"Learned {done}; the model is saved in {arguments.out}.")
    _report(small, taught, distillation.labels, "the images that it learned from")
    if held_out:
        others = [images[number] for number in sorted(held_out)]
        big.network.to(pick_device(arguments.device))
        _report(small, others, _labels(big, others, "asking the large model"), "images that it never saw")
    return 0


def _learn(distillation: Distillation, stop: StopRequest) -> float | None:
    """Run to the limit or until a stop is asked for; return the last loss, None without a step."""
    with tqdm(total=100, desc="asking the large model", disable=None, bar_format=BAR) as bar:
        for progress in distillation.look():
            if stop:
                return None
            bar.update(100 * progress.done / progress.total - bar.n)
    loss = None
    with tqdm(total=100, desc="learning", disable=None, bar_format=BAR) as bar:
        while distillation.share < 1 and not stop:
            loss = distillation.step()
            bar.set_postfix_str(f"step {distillation.steps}, loss {loss:.3f}", refresh=False)
            bar.update(100 * distillation.share - bar.n)
    return loss


def _report(
    small: Model, images: Sequence[NDArray[Any]], expected: Sequence[NDArray[np.int32]], which: str
) -> None:
    found = _labels(small, images, "comparing")
    pairs = zip(expected, found, strict=True)
    accuracy = pooled_accuracy([compare(large, little) for large, little in pairs])
    print(
        f"Agreement with the large model on {which} ({len(images)}): AP50 {accuracy.ap50:.3f}; "
        f"{accuracy.predicted_objects} objects instead of {accuracy.true_objects}."
    )


def _labels(model: Model, images: Sequence[NDArray[Any]], what: str) -> list[NDArray[np.int32]]:
    bar = tqdm(images, desc=what, disable=None, bar_format=BAR)
    return [model.segment(image) for image in bar]


def _image(path: Path, big: Model) -> NDArray[Any]:
    image, channels, _ = checked_image(path)
    if channels != big.config.image_channels:
        with about(path):
            raise SketchcellError(
                f"The image has {channels} channel(s), but the model learned from images with "
                f"{big.config.image_channels}; give images of the same kind."
            )
    return image
