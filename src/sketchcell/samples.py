"""Sample images that ship with the package, each with its ground truth and a few strokes."""

from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.images import read_image, read_labels, read_mask
from sketchcell.sketch import Sketch

_TITLES = {"nuclei": "Fluorescent nuclei with a few strokes"}
_LICENCES = {"nuclei": "CC0-1.0"}


@dataclass(frozen=True, eq=False)
class Sample:
    """One image with everything that is needed to learn from it and to judge the result.

    Attributes
    ----------
    name, title
        The name for :func:`load_sample`, and one line for people.
    image
        (H, W) as stored, uint8.
    truth
        (H, W) int32 instance labels drawn by people, 0 background.
    sketch
        Strokes that paint about 3 % of the pixels, all objects with id 2, lines between some touching ones.
    licence
        SPDX identifier of the image and its truth.
    """

    name: str
    title: str
    image: NDArray[Any]
    truth: NDArray[np.int32]
    sketch: Sketch
    licence: str


def load_sample(name: str = "nuclei") -> Sample:
    """Load a sample that ships with the package.

    Parameters
    ----------
    name
        There is one so far: "nuclei".

    Raises
    ------
    SketchcellError
        If there is no sample of that name.
    """
    if name not in _TITLES:
        raise SketchcellError(f"There is no sample {name!r}: choose one of {', '.join(_TITLES)}.")
    with as_file(files("sketchcell") / "data" / name) as folder:
        return Sample(
            name=name,
            title=_TITLES[name],
            image=read_image(folder / "image.png"),
            truth=read_labels(folder / "truth.png"),
            sketch=Sketch(read_labels(folder / "sketch.png"), read_mask(folder / "boundaries.png")),
            licence=_LICENCES[name],
        )
