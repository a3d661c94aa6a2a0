"""The label planes of one image, and what other programs call the axes between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError

if TYPE_CHECKING:
    import pandas


class PlaneSource(Protocol):
    """Label planes that are counted and asked for one by one: a list, an array, something that reads."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, number: int, /) -> Any:
        """Return one, ``(H, W)``."""


_ROLES = {"z": "z", "depth": "z", "t": "t", "time": "t"}


@dataclass(frozen=True)
class Place:
    """Where a plane lies in its stack.

    Attributes
    ----------
    number
        Counted in the order of the leading axes, from 0.
    index
        Along each leading axis.
    z, t
        Depth and time, 0 where the image has no such axis.
    """

    number: int
    index: tuple[int, ...]
    z: int
    t: int


@dataclass(frozen=True, eq=False)
class LabelPlanes:
    """The cells of one image.

    Parameters
    ----------
    name
        Of the image; with the ending of its file where that is known.
    planes
        Each ``(H, W)``, whole numbers that are not negative, 0 background; in the order of the leading axes.
        Anything with a length and indices: each is asked for when its turn comes.
    leading
        Lengths of the axes that are stepped through; () for a single plane.
    axes
        A name for each of them. ``z`` and ``t`` are depth and time; another name takes what is free of the
        two, depth first.
    pixel_size
        µm by axis (``z``, ``y``, ``x``) where known.
    table
        Measurements, one row a cell: the column ``label``, of a stack also ``plane`` (or ``plane_0``,
        ``plane_1`` along the leading axes, or ``z`` and ``t``), the others are passed on where they hold
        numbers.

    Raises
    ------
    SketchcellError
        If there are no planes, their number does not fit `leading`, there are more than two leading axes or
        two of one meaning.
    """

    name: str
    planes: PlaneSource
    leading: tuple[int, ...] = ()
    axes: tuple[str, ...] = ()
    pixel_size: Mapping[str, float] = field(default_factory=dict)
    table: pandas.DataFrame | None = None

    def __post_init__(self) -> None:
        if not len(self.planes) or len(self.planes) != prod(self.leading):
            raise SketchcellError(
                f"There are {len(self.planes)} planes of labels for a stack of {self.leading}; give all."
            )
        _ = self.roles

    @property
    def roles(self) -> tuple[str, ...]:
        """What each leading axis is: ``z`` or ``t``."""
        names = (*self.axes, *("" for _ in self.leading))[: len(self.leading)]
        roles = [_ROLES.get(name.lower(), "") for name in names]
        free = [role for role in ("z", "t") if role not in roles]
        if len(roles) > 2 or len(set(filter(None, roles))) < len([*filter(None, roles)]):
            raise SketchcellError(
                f"These labels have the axes {list(names)} besides rows and columns; only depth and time can "
                "be exported: choose a part of the image."
            )
        # the last unnamed axis is depth: so are stacks of time and depth stored
        for place in reversed(range(len(roles))):
            roles[place] = roles[place] or free.pop(0)
        return tuple(roles)

    @property
    def places(self) -> list[Place]:
        """Where each plane lies, in their order."""
        found = []
        for number, index in enumerate(np.ndindex(*self.leading)):
            where = dict(zip(self.roles, index, strict=True))
            found.append(Place(number, index, where.get("z", 0), where.get("t", 0)))
        return found

    def plane(self, number: int) -> NDArray[np.integer[Any]]:
        """Read a plane.

        Raises
        ------
        SketchcellError
            If it is no plane of labels.
        """
        labels = np.asarray(self.planes[number])
        if labels.ndim != 2 or not labels.size or labels.dtype.kind not in "bui" or labels.min() < 0:
            raise SketchcellError(
                "Labels must be planes of whole numbers that are not negative, not "
                f"{labels.dtype} of shape {labels.shape}."
            )
        return labels.astype(np.uint8) if labels.dtype.kind == "b" else labels
