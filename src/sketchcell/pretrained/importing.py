"""From a file or folder that somebody has to a model: what it is, its weights say, not its name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from torch import Tensor

from sketchcell.errors import SketchcellError
from sketchcell.model import is_package, load_model
from sketchcell.pretrained import cpnet, sam
from sketchcell.pretrained.adapting import with_channels, with_diameter
from sketchcell.pretrained.imported import Imported
from sketchcell.pretrained.weights import read_weights


class Importer(Protocol):
    """A module that knows one kind of weights.

    Attributes
    ----------
    FORMAT
        What it knows, for lists and complaints.
    """

    FORMAT: str

    def recognises(self, state: Mapping[str, Tensor]) -> bool:
        """Tell by names and shapes whether weights are of this kind."""
        ...

    def import_weights(self, state: Mapping[str, Tensor], source: str) -> Imported:
        """Make a model of them; `source` names the file in complaints."""
        ...


IMPORTERS: tuple[Importer, ...] = (cpnet, sam)

# Networks that people try and that no importer knows: a name among their weights, and what they are.
_KNOWN_OTHERS = {
    "encoder.patch_embed.proj.weight": "Cellpose-SAM (Cellpose 4)",
    "W2": "Cellpose-SAM (Cellpose 4)",
    "model.diffusion_model.out.2.weight": "a diffusion model",
}


def import_file(
    path: str | os.PathLike[str], diameter: float | None = None, channels: int | None = None
) -> Imported:
    """Make a model from a file of weights, or load a model folder or a package of ours.

    Parameters
    ----------
    path
        A file that `read_weights` reads, of a format in `IMPORTERS`, or the folder or package of a model.
    diameter
        Of the objects in the images to come, in pixels; None: they are as large as what the network learned
        from, or images are brought to that size when it learns.
    channels
        Of the images to come; None: as the importer or the folder says.

    Returns
    -------
    Imported

    Raises
    ------
    SketchcellError
        When the file cannot be read safely, or nothing knows its format.
    """
    place = Path(path)
    imported = Imported(load_model(place)) if place.is_dir() or is_package(place) else _from_file(place)
    model = imported.model
    if channels is not None:
        model = with_channels(model, channels)
    if diameter is not None:
        model = with_diameter(model, diameter)
    return Imported(model, imported.notes)


def _from_file(path: Path) -> Imported:
    state = read_weights(path)
    importer = next((importer for importer in IMPORTERS if importer.recognises(state)), None)
    if importer is None:
        raise SketchcellError(_unknown(path, state))
    # the name alone: a model's provenance need not tell where on a disk it was
    return importer.import_weights(state, path.name)


def _unknown(path: Path, state: Mapping[str, Tensor]) -> str:
    known = "; ".join(importer.FORMAT for importer in IMPORTERS)
    other = next((what for name, what in _KNOWN_OTHERS.items() if name in state), None)
    first = next(iter(state))
    found = f"{len(state)} weights that begin with '{first[:60]}' {tuple(state[first].shape)}"
    what = f"weights of {other}, which are not supported" if other else f"{found}, of no format that is known"
    return f"'{path}' holds {what}; give weights of: {known}."
