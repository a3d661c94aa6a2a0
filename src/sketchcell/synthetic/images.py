"""A drawn image and its truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.synthetic.looks import LOOKS
from sketchcell.synthetic.packing import scatter, tessellate
from sketchcell.synthetic.shapes import SHAPES

_USUAL = {"round": 0.45, "ragged": 0.2, "rod": 0.25, "filament": 0.1}  # how often


@dataclass(frozen=True, eq=False)
class SyntheticImage:
    """An image of cells that never were.

    Attributes
    ----------
    pixels
        float32, shape (C, H, W): one channel, or three for stained tissue.
    labels
        int32, shape (H, W): ids 1…n, 0 background.
    look
        Its name in `LOOKS`.
    """

    pixels: NDArray[np.float32]
    labels: NDArray[np.int32]
    look: str


def draw_cells(
    random: np.random.Generator,
    shape: tuple[int, int] = (256, 256),
    diameter: float = 20.0,
    look: str | None = None,
) -> SyntheticImage:
    """Draw a field of cells: of any form, scattered or dense, as some microscope would show them.

    Parameters
    ----------
    random
        Where the chances come from: the same one draws the same image.
    shape
        Height and width, in pixels.
    diameter
        Of the disk that has a typical cell's area, in pixels.
    look
        In `LOOKS`; None: any.

    Raises
    ------
    SketchcellError
        When there is no such look.
    """
    if look is None:
        look = str(random.choice(list(LOOKS), p=[0.3, 0.35, 0.1, 0.25]))
    if look not in LOOKS:
        raise SketchcellError(f"There is no look '{look}'; choose from {', '.join(LOOKS)}.")
    labels = _cells(random, shape, diameter, look)
    pixels = LOOKS[look](random, labels)
    return SyntheticImage(pixels if pixels.ndim == 3 else pixels[None], labels, look)


def _cells(
    random: np.random.Generator, shape: tuple[int, int], diameter: float, look: str
) -> NDArray[np.int32]:
    if look != "stained" and random.uniform() < 0.2:
        return tessellate(random, shape, diameter, cover=random.uniform(0.4, 1))
    usual = _USUAL if look != "stained" else {"round": 0.85, "ragged": 0.15}
    kind = str(random.choice(list(usual), p=list(usual.values())))
    assert kind in SHAPES
    cover = random.uniform(0.03, 0.75)
    return scatter(random, shape, diameter, kind, cover, clumped=random.uniform(0, 0.9))
