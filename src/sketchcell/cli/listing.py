"""``sketchcell families`` and ``sketchcell networks``: what there is, a line each."""

from __future__ import annotations

import argparse

from sketchcell.families import FAMILIES
from sketchcell.networks import NETWORKS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: there is nothing to choose."""


def run(arguments: argparse.Namespace) -> int:
    """Print names and titles."""
    entries = FAMILIES if arguments.command == "families" else NETWORKS
    width = max(map(len, entries))
    for entry in entries.values():
        print(f"{entry.name:<{width}}  {entry.title}")
    return 0
