"""``sketchcell models``: networks that others have trained; what they are, and fetching them."""

from __future__ import annotations

import argparse
import sys

from sketchcell.cli.progress import shown
from sketchcell.errors import SketchcellError
from sketchcell.pretrained.catalogue import CATALOGUE, Pretrained, get_pretrained, licence_note
from sketchcell.pretrained.download import downloading, is_here, known_hash, local_file

_COLUMNS = ("name", "family", "size", "here", "use", "what")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="tell all about one")
    parser.add_argument(
        "--download", action="store_true", help="fetch it, so that it is there without a network"
    )


def run(arguments: argparse.Namespace) -> int:
    """List, describe or fetch."""
    if arguments.name is None:
        if arguments.download:
            raise SketchcellError("Say which one to download: `sketchcell models` lists them.")
        _list()
        return 0
    entry = get_pretrained(arguments.name)
    if arguments.download:
        _fetch(entry)
    else:
        _describe(entry)
    return 0


def _list() -> None:
    rows = [_COLUMNS, *(_row(entry) for entry in CATALOGUE.values())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS) - 1)]
    for row in rows:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]))
    print(
        "\nnc: for non-commercial use. `sketchcell models NAME` tells more; with --download it fetches the "
        "network."
    )


def _row(entry: Pretrained) -> tuple[str, ...]:
    return (
        entry.name,
        entry.family,
        _size(entry),
        "yes" if is_here(entry) else "",
        "nc" if entry.non_commercial else "free",
        entry.title,
    )


def _describe(entry: Pretrained) -> None:
    facts = {
        "name": entry.name,
        "what": entry.title,
        "family": entry.family,
        "network": entry.network,
        "format": entry.format,
        "trained on": entry.trained_on,
        "licence": entry.licence,
        "commercial": "no" if entry.non_commercial else "yes",
        "knows": _knows(entry),
        "size": _size(entry),
        "page": entry.page,
        "address": entry.address or "comes with sketchcell",
        "SHA-256": known_hash(entry) or "not published; that of the first download is kept",
        "here": str(local_file(entry)) if is_here(entry) else "no",
    }
    for name, fact in facts.items():
        print(f"{name:<11} {fact}")


def _fetch(entry: Pretrained) -> None:
    if entry.non_commercial:
        print(f"sketchcell: {licence_note(entry)}", file=sys.stderr)
    path = shown(downloading(entry), f"downloading {entry.name}")
    print(f"{entry.name} is in {path}.")
    if entry.sha256 is None and entry.shipped is None:
        print(f"Its SHA-256 is {known_hash(entry)}; it was not published, and is kept to notice any change.")


def _size(entry: Pretrained) -> str:
    if entry.size is None and is_here(entry) and local_file(entry).is_file():
        return f"{local_file(entry).stat().st_size / 1e6:.0f} MB"
    return "?" if entry.size is None else f"{entry.size / 1e6:.0f} MB"


def _knows(entry: Pretrained) -> str:
    if entry.diameter is None:
        return "objects of the size that its weights say, or of any"
    return f"objects of {entry.diameter:g} pixels" if entry.diameter else "images as they come, at any size"
