"""From what a person asks for, by name or by path, to a model that can start."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from sketchcell.errors import SketchcellError
from sketchcell.inference.progress import Progress, drain
from sketchcell.model import Model
from sketchcell.pretrained.adapting import with_diameter
from sketchcell.pretrained.catalogue import PRIOR, Pretrained, get_pretrained, licence_note
from sketchcell.pretrained.download import downloading
from sketchcell.pretrained.imported import Imported
from sketchcell.pretrained.importing import import_file
from sketchcell.pretrained.prior import prior_model


def resolve(init: str, diameter: float | None = None, channels: int | None = None) -> Imported:
    """Return the model that a word stands for; blocks while it is downloaded. See `resolving`."""
    return drain(resolving(init, diameter, channels))


def resolving(
    init: str, diameter: float | None = None, channels: int | None = None
) -> Generator[Progress, None, Imported]:
    """Find, download if need be, and import what a word stands for.

    Parameters
    ----------
    init
        The path of a file of weights or of a model folder, or else a name of the catalogue.
    diameter, channels
        Of the objects and of the images to come; see `import_file`.

    Yields
    ------
    Progress
        Of a download, in bytes.

    Returns
    -------
    Imported
        For a name of the catalogue, its notes begin with the licence.

    Raises
    ------
    SketchcellError
        When it is neither, or cannot be downloaded or imported.
    """
    if init == PRIOR:
        return Imported(prior_model("flow", channels or 1))
    if Path(init).exists():
        return import_file(init, diameter, channels)
    if "/" in init or "\\" in init or Path(init).suffix:
        raise SketchcellError(
            f"There is no file or folder '{init}'; check the path, or choose a name from `sketchcell models`."
        )
    entry = get_pretrained(init)
    path = yield from downloading(entry)
    imported = import_file(path, channels=channels)
    model = _described(imported.model, entry)
    if diameter is not None:
        model = with_diameter(model, diameter)
    return Imported(model, (licence_note(entry), *imported.notes))


def _described(model: Model, entry: Pretrained) -> Model:
    """Add what the catalogue knows and the file does not say."""
    provenance = model.config.provenance | {
        "start": entry.name,
        "address": entry.address,
        "licence": entry.licence,
    }
    config = replace(model.config, provenance=provenance)
    if entry.diameter is not None:
        config = replace(config, diameter=entry.diameter or None)
    return Model(config, model.network)
