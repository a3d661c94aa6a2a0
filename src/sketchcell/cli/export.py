"""``sketchcell export``: a model → a file for other programs, checked in theirs."""

from __future__ import annotations

import argparse
from pathlib import Path

from sketchcell.cli.progress import shown
from sketchcell.errors import SketchcellError
from sketchcell.export import FORMATS, About, Author, exporting, title_from
from sketchcell.images import read_image
from sketchcell.model import load_model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("model", metavar="MODEL", type=Path, help="folder of a model, or a package of ours")
    parser.add_argument(
        "--format",
        required=True,
        choices=tuple(FORMATS),
        help="; ".join(f"{one.name}: {one.title.partition(': ')[2]}" for one in FORMATS.values()),
    )
    suffixes = ", ".join(f"{one.suffix} for {one.name}" for one in FORMATS.values())
    parser.add_argument(
        "--out", metavar="FILE", type=Path, required=True, help=f"the file to write: {suffixes}"
    )
    parser.add_argument(
        "--image", metavar="IMAGE", type=Path, help="to check with, and to show in a package (a sample)"
    )
    parser.add_argument(
        "--decoder", action="store_true", help="find the cells inside the exported graph, too (flow only)"
    )
    parser.add_argument(
        "--normalised",
        action="store_true",
        help="the exported graph takes normalised images: for programs that part large ones",
    )
    _add_about(parser)


def _add_about(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--title", default="", help="what the model is called, 5 to 128 letters (default: as MODEL is)"
    )
    parser.add_argument(
        "--author",
        metavar="NAME[; AFFILIATION[; ORCID]]",
        action="append",
        default=[],
        help="who made it; once for each",
    )
    parser.add_argument("--licence", metavar="SPDX", default="", help="as in CC-BY-4.0")
    parser.add_argument("--description", metavar="TEXT", default="", help="what it is for")
    parser.add_argument("--citation", metavar="TEXT", default="", help="what to cite")
    parser.add_argument("--doi", default="", help="of what to cite")
    parser.add_argument("--tag", metavar="WORD", action="append", default=[], help="to find it by")


def run(arguments: argparse.Namespace) -> int:
    """Export, and print what the check found."""
    about = About(
        title=arguments.title or title_from(arguments.model.resolve().name.removesuffix(".zip")),
        authors=tuple(Author.of(words) for words in arguments.author),
        licence=arguments.licence,
        description=arguments.description,
        citation=arguments.citation,
        doi=arguments.doi,
        tags=tuple(arguments.tag),
    )
    model = load_model(arguments.model)
    image = None if arguments.image is None else read_image(arguments.image)
    if arguments.image and arguments.out.exists() and arguments.out.samefile(arguments.image):
        raise SketchcellError(f"{arguments.out} is the image; write to another place.")
    steps = exporting(
        model,
        arguments.out,
        arguments.format,
        about,
        image,
        decoder=arguments.decoder,
        normalised=arguments.normalised,
    )
    print(shown(steps, "exporting"))
    return 0
