"""Which plane of which image something is about."""

from __future__ import annotations

from dataclasses import dataclass

from sketchcell.sketch import Window
from sketchcell.ui.frame import Plane


@dataclass(frozen=True)
class Spot:
    """A plane of an image of the project.

    Attributes
    ----------
    entry
        The image's id in the project.
    plane
        Steps along the image's leading axes.
    """

    entry: str
    plane: Plane


@dataclass(frozen=True)
class Painted:
    """Where something was painted, erased, undone or corrected."""

    spot: Spot
    window: Window
