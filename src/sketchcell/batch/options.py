"""What is to be done with each image, as plain values that can be sent to another process."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sketchcell.errors import SketchcellError
from sketchcell.families import params_to_dict
from sketchcell.model import Model, encode_weights

LINKS = ("auto", "z", "t", "none")
#: Formats of labels, and the endings of their names.
FORMATS = {"tiff": ".tif", "ome-zarr": ".zarr"}


@dataclass(frozen=True)
class Options:
    """How images are segmented.

    Attributes
    ----------
    format
        Of the labels: ``tiff`` or ``ome-zarr``.
    link
        What belongs together in a stack: sections in depth (``z``), the same cell in time (``t``), nothing
        (``none``); ``auto``: in depth where an axis is called z.
    channels
        Which ones of the image the model sees, in this order, from 0; None: all.
    measured
        Whether a table of the cells is made.
    confidence
        Whether the table says how likely each cell is to be right: planes are looked at twice for that. Large
        ones, in tiles, are not.
    tile, halo
        Side of the tiles of large planes, and how large cells may be, in pixels. None: chosen; with a tile,
        all planes that are longer or wider are segmented in tiles.
    """

    format: str = "tiff"
    link: str = "auto"
    channels: tuple[int, ...] | None = None
    measured: bool = False
    confidence: bool = False
    tile: int | None = None
    halo: int | None = None

    def __post_init__(self) -> None:
        for value, known, what in ((self.format, FORMATS, "format"), (self.link, LINKS, "link")):
            if value not in known:
                raise SketchcellError(f"There is no {what} '{value}'; choose from {', '.join(known)}.")
        if self.confidence and not self.measured:
            raise SketchcellError("Confidence is a column of the table: ask for a table, too.")


@dataclass(frozen=True)
class Task:
    """One image.

    Attributes
    ----------
    image, scene
        Which one it is.
    name
        Of its labels, below the folder of results, with ``/``.
    staged
        Where they are written; they are moved to their place when all is on the disk.
    work
        A folder for tiles of a large image that are done; a run that was stopped goes on there.
    labels
        Labels that are there and only need to be measured; None: segment.
    """

    image: Path
    scene: int
    name: str
    staged: Path
    work: Path
    labels: Path | None = None


def with_params(model: Model, params: Any) -> Model:
    """Return a model that decodes with other parameters; the weights are the same ones."""
    return Model(replace(model.config, params=params), model.network)


def run_key(model: Model, options: Options) -> str:
    """Return a hash of all that decides which labels an image gets: weights, parameters, options."""
    config = asdict(model.config)
    del config["provenance"], config["diameter"]
    config["params"] = params_to_dict(model.config.params)
    chosen = asdict(options)
    del chosen["measured"]
    if not options.confidence:
        del chosen["confidence"]
    described = json.dumps([config, chosen], sort_keys=True, default=str)
    return hashlib.sha256(encode_weights(model.network) + described.encode()).hexdigest()
