"""``sketchcell families``, with presets, and ``sketchcell networks``: what there is, a line each."""

from __future__ import annotations

import argparse

from sketchcell.families import FAMILIES
from sketchcell.learning.presets import PRESETS
from sketchcell.networks import NETWORKS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: there is nothing to choose."""


def run(arguments: argparse.Namespace) -> int:
    """Print names and titles."""
    if arguments.command == "networks":
        _show({network.name: network.title for network in NETWORKS.values()})
        return 0
    _show({family.name: family.title for family in FAMILIES.values()})
    print("\nThe papers' ways to learn (sketchcell train --preset NAME):")
    _show(
        {
            preset.name: f"{preset.settings.family}, {preset.settings.network}: {preset.title}"
            for preset in PRESETS.values()
        }
    )
    return 0


def _show(titles: dict[str, str]) -> None:
    width = max(map(len, titles))
    for name, title in titles.items():
        print(f"{name:<{width}}  {title}")
