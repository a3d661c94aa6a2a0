"""How a large image is divided: into the network's tiles, and into blocks whose cells are found together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sketchcell.errors import SketchcellError
from sketchcell.inference import TileGrid, tile_grid
from sketchcell.model import Model
from sketchcell.sketch import Window
from sketchcell.sketch.window import expand

BLOCK = 2048
"""Side of a block in pixels, if nobody says otherwise."""
_DIAMETERS = 3.0  # of the objects it learned from: how far a model looks beyond a block
_LEAST_HALO = 64  # pixels
_CONTEXT = 16  # working pixels that decoders look at around a cell


@dataclass(frozen=True)
class Plan:
    """How a plane is divided. All lengths are working pixels, in which the network sees it.

    Attributes
    ----------
    shape
        Height and width of the plane in pixels of its own.
    working
        The same in working pixels.
    block
        Side of a block; those at the image's end are smaller.
    halo
        How large a cell may be and still be found as in the whole image.
    grid
        The network's tiles, the same as in a whole image.
    """

    shape: tuple[int, int]
    working: tuple[int, int]
    block: int
    halo: int
    grid: TileGrid

    @cached_property
    def blocks(self) -> tuple[Window, ...]:
        """The windows that the blocks divide the image into, row by row."""
        rows, columns = (
            [slice(start, min(start + self.block, side)) for start in range(0, side, self.block)]
            for side in self.working
        )
        return tuple((one, other) for one in rows for other in columns)

    @property
    def columns(self) -> int:
        """How many blocks there are in a row."""
        return -(-self.working[1] // self.block)

    def around(self, block: Window) -> Window:
        """Return what is looked at to find the cells of a block.

        That is a halo for each cell that reaches into the block, and one more for the cells that it touches.
        """
        return expand(block, 2 * self.halo + _CONTEXT, self.working)


def make_plan(model: Model, shape: tuple[int, int], tile: int | None, halo: int | None) -> Plan:
    """Divide a plane.

    Parameters
    ----------
    model
        That is going to look at it.
    shape
        Height and width in pixels.
    tile, halo
        Side of a block, and how large cells may be, in pixels; None decides by the model.

    Raises
    ------
    SketchcellError
        When they are too small.
    """
    if tile is not None and tile < 16:
        raise SketchcellError(f"Tiles need a side of at least 16 pixels, not {tile}.")
    if halo is not None and halo < 1:
        raise SketchcellError(
            f"The halo is at least 1 pixel, not {halo}: about the size of the largest cell."
        )
    if halo is None:
        halo = max(_LEAST_HALO, round(_DIAMETERS * (model.config.diameter or 0)))
    working = model.working_shape(shape)
    zoom = max(new / old for new, old in zip(working, shape, strict=True))
    return Plan(
        shape,
        working,
        max(1, round((tile or BLOCK) * zoom)),
        max(1, round(halo * zoom)),
        tile_grid(model.network, working),
    )
