"""Parameters that all families have."""

from __future__ import annotations

from typing import Any

from sketchcell.families.params import param


def minimum_size() -> Any:
    """Return the field of the smallest area of a cell, in pixels."""
    return param(
        15,
        label="Smallest cell",
        help="Cells with fewer pixels are dropped.",
        stage="decode",
        min=0,
        max=5000,
        step=1,
    )


def speck_size() -> Any:
    """Return the field of the share of the typical area, below which a cell may be a speck."""
    return param(
        0.3,
        label="Specks",
        help="Cells smaller than this share of the typical one are dropped if the network is unsure of them.",
        stage="decode",
        min=0.0,
        max=1.0,
        step=0.02,
    )
