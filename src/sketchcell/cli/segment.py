"""``sketchcell segment``: a model and images → one file of instance labels an image."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from tqdm import tqdm

from sketchcell.cli.inputs import about, checked_image
from sketchcell.cli.outputs import claim_file, folder_for_results
from sketchcell.cli.params import add_param_options, chosen_params
from sketchcell.cli.progress import BAR
from sketchcell.errors import SketchcellError
from sketchcell.images import read_image, write_labels
from sketchcell.model import Model, load_model
from sketchcell.networks import pick_device


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("model", metavar="MODEL", type=Path, help="folder of a model")
    parser.add_argument(
        "images", metavar="IMAGE", nargs="+", type=Path, help="TIFF, PNG or JPEG, one plane each"
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        required=True,
        help="folder for the labels: DIR/NAME.tif for NAME.*",
    )
    parser.add_argument("--device", metavar="NAME", default="auto", help="auto (default), cpu, cuda or mps")
    add_param_options(parser, "decode")


def run(arguments: argparse.Namespace) -> int:
    """Segment every image."""
    device = pick_device(arguments.device)
    model = load_model(arguments.model)
    params = chosen_params(arguments, model.family, "decode", model.config.params)
    outputs = _outputs(arguments.images, arguments.out)
    for image, output in zip(arguments.images, outputs, strict=True):
        _check(image, model)
        claim_file(output, arguments.images)
    model.network.to(device)
    with folder_for_results(arguments.out):
        _segment_all(model, params, arguments.images, outputs)
    return 0


def _segment_all(model: Model, params: Any, images: Sequence[Path], outputs: Sequence[Path]) -> None:
    with tqdm(total=len(outputs), desc="segmenting", disable=None, bar_format=BAR) as bar:
        for number, (path, output) in enumerate(zip(images, outputs, strict=True)):
            bar.set_postfix_str(path.name)
            with about(path):
                labels = _segment(model, read_image(path), params, bar, number)
            write_labels(output, labels)
            bar.write(f"{output}: {labels.max()} objects")


def _segment(model: Model, image: NDArray[Any], params: Any, bar: tqdm[Any], number: int) -> NDArray[Any]:
    steps = model.predicting(image)
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            labels = model.decode(end.value, params)
            bar.update(number + 1 - bar.n)
            return labels
        bar.update(number + 0.9 * progress.done / progress.total - bar.n)


def _check(path: Path, model: Model) -> None:
    _, channels, _ = checked_image(path)
    if channels != model.config.image_channels:
        raise SketchcellError(
            f"{path} has {channels} channel(s), but the model learned from images with "
            f"{model.config.image_channels}; give images of the same kind."
        )


def _outputs(images: Sequence[Path], folder: Path) -> list[Path]:
    taken: dict[str, Path] = {}
    for image in images:
        # Some file systems do not tell upper from lower case.
        other = taken.setdefault(image.stem.casefold(), image)
        if other is not image:
            raise SketchcellError(
                f"{other} and {image} would both become {folder / image.stem}.tif; segment them into two "
                "folders."
            )
    return [folder / f"{image.stem}.tif" for image in images]
