"""Sample images that ship with the package, each with its ground truth and a few strokes."""

from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.images import read_image, read_labels, read_mask
from sketchcell.sketch import Sketch

_TITLES = {
    "nuclei": "Fluorescent nuclei with a few strokes",
    "phase-contrast": "Phase contrast cells with a few strokes",
    "bacteria": "Bacteria with a few strokes",
    "he": "Stained tissue (like H&E) with a few strokes",
}
_LICENCES = {"nuclei": "CC0-1.0", "phase-contrast": "MIT", "bacteria": "MIT", "he": "CC0-1.0"}


@dataclass(frozen=True, eq=False)
class Sample:
    """One image with everything that is needed to learn from it and to judge the result.

    Attributes
    ----------
    name, title
        The name for :func:`load_sample`, and one line for people.
    image
        As stored, uint8; (H, W), or (H, W, 3) in colour.
    truth
        (H, W) int32 instance labels, 0 background; drawn by people, except those of the bacteria.
    sketch
        Strokes that paint 3 to 6 % of the pixels, all objects with id 2, lines between some touching ones.
    licence
        SPDX identifier of the image and its truth; its terms and source are in the README beside the image.
    """

    name: str
    title: str
    image: NDArray[Any]
    truth: NDArray[np.int32]
    sketch: Sketch
    licence: str


def samples() -> dict[str, str]:
    """Return the names of all samples, each with its title."""
    return dict(_TITLES)


def load_sample(name: str = "nuclei") -> Sample:
    """Load a sample that ships with the package.

    Parameters
    ----------
    name
        "nuclei", "phase-contrast", "bacteria" or "he".

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
