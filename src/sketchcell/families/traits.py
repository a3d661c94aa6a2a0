"""What maps are like as a whole: what decoders judge a cell by that does not lie in or around it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MapTraits:
    """What the maps of an image are like as a whole.

    All else that a decoder looks at lies in and around a cell: with the same traits, a part of an image gives
    the same cells as the whole of it.

    Attributes
    ----------
    exact
        From 0, maps that a network has learned, to 1, the exact maps of some cells.
    level
        How high the map is in cells, in a unit of the family's own.
    """

    exact: float
    level: float = 1.0
