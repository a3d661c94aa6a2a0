"""``sketchcell measure``: labels, and images if there are any → a table with one row a cell."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas

from sketchcell.cli.inputs import about
from sketchcell.cli.outputs import claim_file, folder_for_results
from sketchcell.errors import SketchcellError
from sketchcell.images import read_image, read_labels
from sketchcell.measure import measure, write_table

_FIRST_COLUMNS = "file,label,"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("labels", metavar="LABELS", nargs="+", type=Path, help="instance labels")
    parser.add_argument(
        "--image",
        metavar="IMAGE",
        nargs="+",
        type=Path,
        default=[],
        help="one an image of labels, for intensities",
    )
    parser.add_argument("--out", metavar="CSV", type=Path, required=True, help="the table, comma separated")


def run(arguments: argparse.Namespace) -> int:
    """Measure and write the table."""
    labels, images = arguments.labels, arguments.image
    if images and len(images) != len(labels):
        raise SketchcellError(
            f"There are {len(labels)} file(s) of labels and {len(images)} image(s); give one image for "
            "each, or none."
        )
    claim_table(arguments.out, [*labels, *images])
    tables = [_measure(path, images[index] if images else None) for index, path in enumerate(labels)]
    table = pandas.concat(tables, ignore_index=True)
    with folder_for_results(arguments.out.parent):
        write_table(arguments.out, table)
    print(f"{arguments.out}: {len(table)} cells")
    return 0


def claim_table(path: Path, inputs: Sequence[Path] = ()) -> None:
    """Make sure that a cell table can be written without losing anything; see `claim_file`."""
    claim_file(path, inputs, ours=_is_table)


def _measure(labels_path: Path, image_path: Path | None) -> pandas.DataFrame:
    labels = read_labels(labels_path)
    image = None if image_path is None else read_image(image_path)
    with about(image_path or labels_path):
        table = measure(labels, image)
    table.insert(0, "file", str(labels_path))
    return table


def _is_table(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_FIRST_COLUMNS)) == _FIRST_COLUMNS.encode()
